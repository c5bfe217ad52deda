#ifndef SMOKEMESH_COORDINATOR_CLI_CLEAN_COMMAND_H_
#define SMOKEMESH_COORDINATOR_CLI_CLEAN_COMMAND_H_

#include "coordinator/cli/command_line.h"

namespace smokemesh::coordinator {

// `smokemesh clean`: removes what earlier runs of a plan have left behind. Returns the exit code: 0
// all clean, 1 something could not be removed, 4 nobody looked; 2 and 3 as everywhere. Watches for
// signals, so no thread may exist before it is called.
int Clean(const CleanArguments& arguments, const Environment& environment);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_CLEAN_COMMAND_H_
