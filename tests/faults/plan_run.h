#ifndef SMOKEMESH_TESTS_FAULTS_PLAN_RUN_H_
#define SMOKEMESH_TESTS_FAULTS_PLAN_RUN_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/clock.h"

namespace smokemesh::testing {

// How one check of a run ended.
struct CheckRun {
  std::string name;
  std::string suite;
  std::string outcome;  // PASSED, FAILED, …
  std::string message;  // what the report says about it; empty when it passed
  // Of the first thing that was not as expected.
  std::string expected;
  std::string seen;
  std::string target;
  std::string hint;
  std::string blocked_by;  // BLOCKED only: the outcome at the root of the chain

  bool failed() const { return outcome == "FAILED"; }
  // It passed, or was left out on purpose.
  bool quiet() const { return outcome == "PASSED" || outcome == "SKIPPED"; }
};

// One run of a plan, from its JSON report.
struct PlanRun {
  int exit_code = -1;
  std::string decision;  // PROMOTE, ROLLBACK, HOLD, INCONCLUSIVE
  std::vector<CheckRun> checks;
  shared::Duration took{};  // wall time of the whole process
};

// Reads what `smokemesh run --output json` printed. INVALID_ARGUMENT when it is no report.
absl::StatusOr<PlanRun> ParsePlanRun(std::string_view json);

// Runs `program run plan --output json` with `environment`. DEADLINE_EXCEEDED when it does not end
// within `limit`; it is killed then.
absl::StatusOr<PlanRun> RunPlan(const std::string& program, const std::string& plan,
                                const std::map<std::string, std::string>& environment,
                                shared::Duration limit);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_FAULTS_PLAN_RUN_H_
