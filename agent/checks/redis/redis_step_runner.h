#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_REDIS_STEP_RUNNER_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_REDIS_STEP_RUNNER_H_

#include <memory>

#include "agent/checks/step_runner.h"
#include "agent/policy/policy.h"

namespace smokemesh::agent {

// Makes the runner of Redis steps (v1::RedisStep). Thread-safe.
//
// Each named session is a connection of its own (RESP2, over TLS for `rediss://`), opened by the
// first step that names it and never reconnected in silence. Commands that could harm a shared
// server are refused. A wait for messages that ends without them is told only of a connection that
// still answers PING; on any other it is UNAVAILABLE. Run and CleanUp return within 50 ms of the
// deadline or the cancellation.
std::unique_ptr<StepRunner> MakeRedisStepRunner();

// Makes runners that do what `policy` lets them; without, what Policy::Default does.
StepRunnerFactory RedisStepRunners(std::shared_ptr<const Policy> policy);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_REDIS_STEP_RUNNER_H_
