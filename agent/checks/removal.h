#ifndef SMOKEMESH_AGENT_CHECKS_REMOVAL_H_
#define SMOKEMESH_AGENT_CHECKS_REMOVAL_H_

#include <set>
#include <string>
#include <vector>

#include "agent/checks/check.h"
#include "agent/checks/step_execution.h"
#include "agent/checks/variables.h"
#include "shared/clock.h"
#include "shared/template/template.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

// What became of `finally`. Texts are as they came.
struct Removal {
  std::vector<StepReport> steps;      // one for each step of `finally`
  std::vector<v1::Failure> failures;  // of those that did not do their work
};

// Carries out every `finally` step of `check`, one after the other whatever became of the one
// before. A step that needs a value which no step captured, and which a step of the check could
// have captured, has nothing to remove: it is SKIPPED.
Removal RunFinally(const v1::Check& check, const Captures& captures, shared::Duration budget,
                   const CheckContext& context, StepExecution* execution);

// Says a failure in one sentence.
std::string Sentence(const v1::Failure& failure);

// Clean-up mode: for each of `assignment.clean_up()` carries out `finally` and drops the scratch
// schema, with the names that the check had in that run on that agent. `result` gets one step for
// each `finally` step of each target, and one for what its runners dropped; it is PASSED, or FAILED
// with all that may be left, or ABORTED.
void CleanUpTargets(const v1::Assignment& assignment, const StepRunnerFactories& factories,
                    const shared::Lookup& environment, const Policy& policy,
                    shared::Redactor* redactor, const CheckContext& context,
                    v1::TaskResult* result);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REMOVAL_H_
