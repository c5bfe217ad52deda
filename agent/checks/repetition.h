#ifndef SMOKEMESH_AGENT_CHECKS_REPETITION_H_
#define SMOKEMESH_AGENT_CHECKS_REPETITION_H_

#include <functional>
#include <optional>
#include <string>

#include "agent/checks/check.h"
#include "agent/checks/step_report.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// How one attempt at a step is made.
struct AttemptOptions {
  std::string session;
  bool fresh_session = false;
  std::optional<std::string> iteration;  // of a step that is repeated; `0` in warm-up
  bool judged = true;                    // false: any answer will do, and nothing is captured
};

// Makes one attempt. Called by several threads at once for different sessions.
using AttemptFunction = std::function<StepReport(const AttemptOptions& options)>;

// Does a step as often as `repeat` says and judges all times together: see plan.proto. Goes on
// after a time that failed, so that the report can say how many did; stops when one could not be
// carried out or judged at all. `session` is the step's.
StepReport RepeatStep(const v1::Repeat& repeat, const std::string& session,
                      const AttemptFunction& attempt);

// Does a step until it passes: see plan.proto. Also an attempt that got no answer is followed by
// another; one that is ERRORED or ABORTED is not.
StepReport AwaitStep(const v1::Until& until, const std::string& session,
                     const AttemptFunction& attempt, const CheckContext& context);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REPETITION_H_
