#ifndef SMOKEMESH_COORDINATOR_CLI_TOKEN_COMMAND_H_
#define SMOKEMESH_COORDINATOR_CLI_TOKEN_COMMAND_H_

#include "coordinator/cli/command_line.h"

namespace smokemesh::coordinator {

// `smokemesh token create`: adds a token to the file and prints its secret, on standard output and
// nowhere else. Returns the exit code.
int CreateToken(const TokenArguments& arguments);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_TOKEN_COMMAND_H_
