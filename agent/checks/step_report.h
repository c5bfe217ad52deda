#ifndef SMOKEMESH_AGENT_CHECKS_STEP_REPORT_H_
#define SMOKEMESH_AGENT_CHECKS_STEP_REPORT_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "agent/checks/check.h"
#include "agent/checks/variables.h"
#include "shared/clock.h"
#include "shared/expectation/expectation.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

// What became of one step, or of one attempt at it. Texts are as they came: not redacted, not
// shortened.
struct StepReport {
  std::string name;  // for people, expanded where that is possible
  // PASSED, FAILED, ERRORED, ABORTED, or SKIPPED when `when` leaves the step out.
  v1::Outcome outcome = v1::OUTCOME_PASSED;
  std::vector<v1::Failure> failures;  // why it is not PASSED; empty when ABORTED or SKIPPED
  std::string observed;
  shared::Duration duration{0};
  shared::SteadyTime ended{};
  bool began = false;             // the target may have been asked
  bool answered = false;          // the target did answer
  bool lacks_feature = false;     // the server does not have what the step uses
  std::set<std::string> missing;  // variables that are not set, which is why it did not begin
  Captures captures;              // what it captured

  // For a step that is repeated: what the answer says of time, and the expectations that are about
  // all answers together.
  std::optional<shared::Duration> answer_time;
  std::optional<shared::Duration> connect_time;
  std::vector<shared::Expectation> over_all;
};

// Adds why a step did not pass. ERRORED outweighs FAILED: a step that could not be judged is no
// evidence.
void AddFailure(StepReport* report, v1::Outcome outcome, std::string expected, std::string actual,
                std::string hint = "");

// Adds that the time of the check, `budget`, was used up; the step had `had` of it.
void AddDeadlineFailure(StepReport* report, shared::Duration budget, shared::Duration had,
                        std::string_view detail);

// Says what a runner's error means: see step_runner.h.
void AddRunnerError(const absl::Status& status, shared::Duration budget, shared::Duration had,
                    const CheckContext& context, StepReport* report);

// Adds that the agent's policy forbids the step: `status` is a ForbiddenError.
void AddForbidden(const absl::Status& status, StepReport* report);

// Makes `report` say that the check was cancelled.
void SetAborted(StepReport* report);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_STEP_REPORT_H_
