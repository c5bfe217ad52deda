#ifndef SMOKEMESH_COORDINATOR_CLI_RUN_COMMAND_H_
#define SMOKEMESH_COORDINATOR_CLI_RUN_COMMAND_H_

#include "coordinator/cli/command_line.h"
#include "coordinator/cli/env_files.h"

namespace smokemesh::coordinator {

// `smokemesh run`: runs a plan, shows it, reports it. Returns the exit code. Watches for signals,
// so no thread may exist before it is called. `env_files`: what was read into the environment.
int RunPlan(const RunArguments& arguments, const Environment& environment,
            const EnvFiles& env_files);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_RUN_COMMAND_H_
