#ifndef SMOKEMESH_COORDINATOR_CLI_RUN_COMMAND_H_
#define SMOKEMESH_COORDINATOR_CLI_RUN_COMMAND_H_

#include "coordinator/cli/command_line.h"

namespace smokemesh::coordinator {

// `smokemesh run`: runs a plan, shows it, reports it. Returns the exit code. Watches for signals,
// so no thread may exist before it is called.
int RunPlan(const RunArguments& arguments, const Environment& environment);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_RUN_COMMAND_H_
