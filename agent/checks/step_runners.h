#ifndef SMOKEMESH_AGENT_CHECKS_STEP_RUNNERS_H_
#define SMOKEMESH_AGENT_CHECKS_STEP_RUNNERS_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "agent/checks/check.h"
#include "agent/checks/step_runner.h"
#include "shared/mutex.h"

namespace smokemesh::agent {

using StepRunnerFactories = std::map<std::string, StepRunnerFactory>;

// Owns the runners of one check, one for each kind, made when first used.
class StepRunners {
 public:
  // `factories` must outlive this.
  explicit StepRunners(const StepRunnerFactories& factories) : factories_(factories) {}

  // The runner of a kind that has a factory. Thread-safe.
  StepRunner& For(const std::string& kind) ABSL_LOCKS_EXCLUDED(mutex_);

  // Cleans up after every runner that was used, also when one of them fails. While no step is being
  // carried out.
  absl::Status CleanUp(const CheckContext& context) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const StepRunnerFactories& factories_;
  shared::Mutex mutex_;
  std::map<std::string, std::unique_ptr<StepRunner>> runners_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_STEP_RUNNERS_H_
