#ifndef SMOKEMESH_AGENT_CHECKS_HTTP_HTTP_STEP_RUNNER_H_
#define SMOKEMESH_AGENT_CHECKS_HTTP_HTTP_STEP_RUNNER_H_

#include <memory>

#include "agent/checks/http/http_client.h"
#include "agent/checks/step_runner.h"
#include "agent/policy/policy.h"

namespace smokemesh::agent {

// Runs HTTP steps over libcurl.
std::unique_ptr<StepRunner> MakeHttpStepRunner();

// Makes runners that do what `policy` lets them; without, what Policy::Default does.
StepRunnerFactory HttpStepRunners(std::shared_ptr<const Policy> policy);

// Runs HTTP steps over `client`.
std::unique_ptr<StepRunner> MakeHttpStepRunnerOver(std::unique_ptr<HttpClient> client);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_HTTP_HTTP_STEP_RUNNER_H_
