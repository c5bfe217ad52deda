#ifndef SMOKEMESH_AGENT_CHECKS_STEP_SEQUENCE_H_
#define SMOKEMESH_AGENT_CHECKS_STEP_SEQUENCE_H_

#include <optional>
#include <string>
#include <vector>

#include "agent/checks/check.h"
#include "agent/checks/step_execution.h"
#include "agent/checks/variables.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

// Carries out steps in order and stops at the first one that does not pass; the rest are SKIPPED.
// Steps of one `parallel` group run at the same time. Several lists may follow each other: numbers,
// captures and sessions go on.
class StepSequence {
 public:
  // The arguments must outlive this. `role`: of a flow, else empty. `budget`: the whole time that
  // the steps have, for people.
  StepSequence(const v1::Check& check, StepExecution* execution, std::string role,
               shared::Duration budget);

  // Carries `steps` out and adds to `result` what became of them. Its outcome is PASSED when the
  // first list begins; it, the message and the failures say what ended the sequence.
  void Run(const std::vector<v1::Step>& steps, const CheckContext& context, v1::TaskResult* result);

  // Adds `steps` as not reached.
  void Skip(const std::vector<v1::Step>& steps, v1::TaskResult* result) const;

  // Something may have been made.
  bool began() const { return began_; }
  // Every step so far was left out by its `when`.
  bool all_left_out() const { return all_left_out_; }
  const Captures& captures() const { return captures_; }
  // When the last step that passed had ended.
  std::optional<shared::SteadyTime> last_passed() const { return last_passed_; }

 private:
  // Fills in that a step did not pass. The first one ends the sequence; those that ran at the same
  // time only add what they saw.
  void SetEnd(const StepReport& report, int number, const CheckContext& context,
              v1::TaskResult* result) const;

  const v1::Check& check_;
  StepExecution& execution_;
  const std::string role_;
  const shared::Duration budget_;
  Captures captures_;
  bool began_ = false;
  bool all_left_out_ = true;
  std::optional<shared::SteadyTime> last_passed_;
};

// Says in `result` that the check was cancelled, and why.
void SetAborted(const CheckContext& context, v1::TaskResult* result);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_STEP_SEQUENCE_H_
