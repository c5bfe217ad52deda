#ifndef SMOKEMESH_COORDINATOR_CLI_DEPLOYMENT_H_
#define SMOKEMESH_COORDINATOR_CLI_DEPLOYMENT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// The version that a run judges, by service; `*` stands for every other service.
using Deployment = std::map<std::string, std::string>;

// Reads values of `--deployment`: VERSION (the same as `*=VERSION`) or SERVICE=VERSION. What stands
// before the first `=` is a service if it is written like one. INVALID_ARGUMENT, for people: an
// empty version, one with spaces or control characters or of more than 256 bytes, or two for one
// service.
absl::StatusOr<Deployment> ReadDeployment(const std::vector<std::string>& values);

// INVALID_ARGUMENT, for people, when it names a service that no check of the plan can run beside: a
// misspelt one would leave the real one unjudged. Plans with a check that may run on any agent
// pass.
absl::Status CheckDeployment(const Deployment& deployment, const v1::Plan& plan);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_DEPLOYMENT_H_
