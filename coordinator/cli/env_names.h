#ifndef SMOKEMESH_COORDINATOR_CLI_ENV_NAMES_H_
#define SMOKEMESH_COORDINATOR_CLI_ENV_NAMES_H_

#include <set>
#include <string>

#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// The environment variables that the checks of a plan may read: every `${NAME}` in a template or an
// expectation, those in defaults too.
std::set<std::string> EnvironmentNames(const v1::Plan& plan);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_ENV_NAMES_H_
