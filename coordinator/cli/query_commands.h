#ifndef SMOKEMESH_COORDINATOR_CLI_QUERY_COMMANDS_H_
#define SMOKEMESH_COORDINATOR_CLI_QUERY_COMMANDS_H_

#include "coordinator/cli/command_line.h"

namespace smokemesh::coordinator {

// Commands that ask one thing and print the answer. They return the exit code.

// `smokemesh agents`
int ListAgents(const AgentsArguments& arguments);

// `smokemesh runs`
int ListRuns(const RunsArguments& arguments);

// `smokemesh verdict`: the exit code is the verdict's.
int ShowVerdict(const VerdictArguments& arguments);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_QUERY_COMMANDS_H_
