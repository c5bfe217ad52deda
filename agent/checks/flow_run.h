#ifndef SMOKEMESH_AGENT_CHECKS_FLOW_RUN_H_
#define SMOKEMESH_AGENT_CHECKS_FLOW_RUN_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "agent/checks/check.h"
#include "agent/checks/step_execution.h"
#include "agent/checks/variables.h"
#include "shared/clock.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

// Carries out the roles of a flow that this agent takes, at the same time: `prepare` of all of
// them, then the barrier, once for the agent, then `steps`. Roles do not stop each other, and share
// no session: a session is that of its role. When `prepare` of one does not pass, the agent never
// says that it is ready. There are no further tries: the barrier opens once.
class FlowRun {
 public:
  // INVALID_ARGUMENT when the assignment names no role, one that the flow does not have, or more
  // than 50.
  static absl::Status Validate(const v1::Assignment& assignment);

  // `assignment` is valid and outlives this, as `execution` does. `budget`: the whole time that the
  // check has, for people.
  FlowRun(const v1::Assignment& assignment, StepExecution* execution, shared::Duration budget);
  ~FlowRun();
  FlowRun(const FlowRun&) = delete;
  FlowRun& operator=(const FlowRun&) = delete;

  // Fills outcome, message, failures, steps, roles and tries. Once.
  void Run(const CheckContext& context, v1::TaskResult* result);

  // Something may have been made.
  bool began() const;
  // What all roles captured; of a name that several captured, the value of the last of them in plan
  // order.
  Captures captures() const;

 private:
  struct Part;

  // Carries out the one list of steps or the other of every part, at the same time.
  absl::Status RunLists(bool prepare, const CheckContext& context);
  // Waits for the others. What is not OK is written into the parts that had passed so far.
  bool PassBarrier(const CheckContext& context, shared::SteadyTime start);
  // Makes one result of all parts.
  void Merge(v1::TaskResult* result) const;

  const shared::Duration budget_;
  std::vector<std::unique_ptr<Part>> parts_;  // in plan order
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_FLOW_RUN_H_
