#ifndef SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_BUS_STEP_RUNNER_H_
#define SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_BUS_STEP_RUNNER_H_

#include <memory>

#include "agent/checks/step_runner.h"
#include "agent/policy/policy.h"

namespace smokemesh::agent {

// Makes the runner of event bus steps (v1::EventBusStep). Thread-safe.
//
// Sessions are as those of Redis steps: connections of their own, never reconnected in silence.
// Only the commands that an event bus itself sends are sent. Where the server refuses one
// (`NOPERM`, `READONLY`, `OOM`, …) the step fails whatever else it expects, with what to look at.
std::unique_ptr<StepRunner> MakeEventBusStepRunner();

// Makes runners that do what `policy` lets them; without, what Policy::Default does.
StepRunnerFactory EventBusStepRunners(std::shared_ptr<const Policy> policy);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_BUS_STEP_RUNNER_H_
