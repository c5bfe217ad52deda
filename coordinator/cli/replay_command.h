#ifndef SMOKEMESH_COORDINATOR_CLI_REPLAY_COMMAND_H_
#define SMOKEMESH_COORDINATOR_CLI_REPLAY_COMMAND_H_

#include "coordinator/cli/command_line.h"

namespace smokemesh::coordinator {

// `smokemesh replay`. Returns the exit code: for one run that of its verdict now; for several 0
// when all could be judged.
int ReplayRuns(const ReplayArguments& arguments);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_REPLAY_COMMAND_H_
