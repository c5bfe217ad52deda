#ifndef SMOKEMESH_AGENT_CHECKS_STEP_EXECUTION_H_
#define SMOKEMESH_AGENT_CHECKS_STEP_EXECUTION_H_

#include <string>

#include "absl/status/status.h"
#include "agent/checks/check.h"
#include "agent/checks/repetition.h"
#include "agent/checks/step_preparation.h"
#include "agent/checks/step_report.h"
#include "agent/checks/step_runners.h"
#include "agent/checks/variables.h"
#include "shared/expectation/expectation.h"
#include "smokemesh/v1/agent_session.pb.h"

namespace smokemesh::agent {

// What a step is carried out with.
struct StepCall {
  int number = 0;              // of the step, from 1
  std::string role;            // of a flow, whose sessions are its own; else empty
  Captures captures;           // of the steps before
  shared::Duration budget{0};  // the whole time that the steps were given, for people
};

// Carries out the steps of one check: decides `when`, expands, runs, judges and captures, as often
// as `repeat` and `until` say. Execute may be called by several threads at once, but not for steps
// that share a session.
class StepExecution {
 public:
  // The arguments must outlive this.
  StepExecution(const v1::Assignment& assignment, const StepRunnerFactories& factories,
                const Variables* variables);

  StepReport Execute(const v1::Step& step, const StepCall& call, const CheckContext& context);

  // The name of a step for people, expanded with what is known so far; as it stands in the plan
  // where that cannot be.
  std::string DisplayName(const v1::Step& step, const Captures& captures) const;

  // What two steps must share to have to keep their order: kind, connection and session. Empty for
  // a step that shares with nobody.
  std::string SessionKey(const v1::Step& step) const;

  // Cleans up after every runner that was used, also when one of them fails.
  absl::Status CleanUp(const CheckContext& context) { return runners_.CleanUp(context); }

  // Drops the scratch schema on every server on which a step of the check names it, whoever made
  // it.
  absl::Status RemoveScratchSchemas(const CheckContext& context);

 private:
  // Whether `when` lets the step be carried out; otherwise `report` says why not.
  bool Decide(const v1::Step& step, const StepCall& call, StepReport* report) const;
  // Carries `step` out once. `step` has no `when` any more.
  StepReport Attempt(const v1::Step& step, const StepCall& call, const AttemptOptions& options,
                     const CheckContext& context);
  void Judge(const PreparedStep& prepared, const shared::Observation& observation,
             StepReport* report) const;
  void Capture(const PreparedStep& prepared, const shared::Observation& observation,
               StepReport* report) const;
  bool NamesSchema(const v1::Step& step) const;

  const v1::Assignment& assignment_;
  const Variables& variables_;
  StepRunners runners_;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_STEP_EXECUTION_H_
