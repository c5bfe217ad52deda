#ifndef SMOKEMESH_COORDINATOR_CLI_CERTS_COMMAND_H_
#define SMOKEMESH_COORDINATOR_CLI_CERTS_COMMAND_H_

#include "coordinator/cli/command_line.h"

namespace smokemesh::coordinator {

// `smokemesh certs`: makes or shows certificates. Returns the exit code.
int Certs(const CertsArguments& arguments);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_CERTS_COMMAND_H_
