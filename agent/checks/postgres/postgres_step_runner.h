#ifndef SMOKEMESH_AGENT_CHECKS_POSTGRES_POSTGRES_STEP_RUNNER_H_
#define SMOKEMESH_AGENT_CHECKS_POSTGRES_POSTGRES_STEP_RUNNER_H_

#include <memory>

#include "agent/checks/step_runner.h"
#include "agent/policy/policy.h"

namespace smokemesh::agent {

// Makes the runner of PostgreSQL steps (v1::PostgresStep). Thread-safe.
//
// Each named session is a connection of its own, opened by the first step that names it and never
// reconnected in silence: the step that finds it lost fails, and the next one that names it opens a
// new one. Run and CleanUp return at most 150 ms after the deadline or the cancellation, whatever
// the server does; a statement that runs then is cancelled on the server. At most 64 sessions at a
// time.
std::unique_ptr<StepRunner> MakePostgresStepRunner();

// Makes runners that do what `policy` lets them; without, what Policy::Default does: no superuser.
StepRunnerFactory PostgresStepRunners(std::shared_ptr<const Policy> policy);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_POSTGRES_POSTGRES_STEP_RUNNER_H_
