#ifndef SMOKEMESH_COORDINATOR_CLI_VERIFY_COMMAND_H_
#define SMOKEMESH_COORDINATOR_CLI_VERIFY_COMMAND_H_

#include "coordinator/cli/command_line.h"

namespace smokemesh::coordinator {

// `smokemesh verify`. Returns the exit code: 0 the record holds, 1 it does not, 4 the run is open.
int VerifyRun(const VerifyArguments& arguments);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_VERIFY_COMMAND_H_
