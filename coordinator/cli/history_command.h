#ifndef SMOKEMESH_COORDINATOR_CLI_HISTORY_COMMAND_H_
#define SMOKEMESH_COORDINATOR_CLI_HISTORY_COMMAND_H_

#include "coordinator/cli/command_line.h"

namespace smokemesh::coordinator {

// `smokemesh history`. Returns the exit code.
int ShowHistory(const HistoryArguments& arguments);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_HISTORY_COMMAND_H_
