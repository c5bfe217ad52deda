#include "agent/checks/step_runners.h"

namespace smokemesh::agent {

StepRunner& StepRunners::For(const std::string& kind) {
  shared::MutexLock lock(&mutex_);
  std::unique_ptr<StepRunner>& runner = runners_[kind];
  if (runner == nullptr) runner = factories_.at(kind)();  // the factory of checks knows every kind
  return *runner;
}

absl::Status StepRunners::CleanUp(const CheckContext& context) {
  shared::MutexLock lock(&mutex_);
  absl::Status first;
  for (auto& [kind, runner] : runners_) first.Update(runner->CleanUp(context));
  return first;
}

}  // namespace smokemesh::agent
