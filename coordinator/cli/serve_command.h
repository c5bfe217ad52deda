#ifndef SMOKEMESH_COORDINATOR_CLI_SERVE_COMMAND_H_
#define SMOKEMESH_COORDINATOR_CLI_SERVE_COMMAND_H_

#include "coordinator/cli/command_line.h"

namespace smokemesh::coordinator {

// `smokemesh serve`: serves until a signal comes. Returns the exit code. Watches for signals, so no
// thread may exist before it is called.
int Serve(const ServeArguments& arguments);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_SERVE_COMMAND_H_
