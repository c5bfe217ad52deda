#include "coordinator/cli/leftovers.h"

#include <algorithm>

#include "coordinator/verdict/clean_up_verdict.h"

namespace smokemesh::coordinator {
namespace {

bool MayHaveLeftSomething(const v1::Task& task) {
  if (task.agent_id().empty()) return false;
  if (!task.result().cleanup_error().empty()) return true;
  switch (task.outcome()) {
    case v1::OUTCOME_BLOCKED:
      return false;
    case v1::OUTCOME_ABORTED:
    case v1::OUTCOME_MISSING:
      return true;
    default:
      return !task.has_result() && task.outcome() != v1::OUTCOME_SKIPPED;
  }
}

}  // namespace

bool MayHaveLeftSomething(const v1::Run& run) {
  if (IsCleanUp(run)) return false;
  return std::any_of(run.checks().begin(), run.checks().end(), [](const v1::CheckRecord& check) {
    return std::any_of(check.tasks().begin(), check.tasks().end(),
                       [](const v1::Task& task) { return MayHaveLeftSomething(task); });
  });
}

std::vector<std::string> CleanedBy(const v1::Run& run) {
  const bool whole = IsCleanUp(run) && CleanUpExitCode(run) == 0 &&
                     std::none_of(run.checks().begin(), run.checks().end(),
                                  [](const v1::CheckRecord& check) { return check.deselected(); });
  std::vector<std::string> runs;
  if (!whole) return runs;
  for (const v1::CleanRun& cleaned : run.options().clean_runs()) {
    // With agents named by hand, others may be left.
    if (cleaned.agent_ids().empty()) runs.push_back(cleaned.run_id());
  }
  return runs;
}

}  // namespace smokemesh::coordinator
