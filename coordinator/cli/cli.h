#ifndef SMOKEMESH_COORDINATOR_CLI_CLI_H_
#define SMOKEMESH_COORDINATOR_CLI_CLI_H_

namespace smokemesh::coordinator {

// Carries out the command line of `smokemesh`. Returns the process's exit code. Called by main
// before any other thread exists.
int Main(int argc, char** argv);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_CLI_H_
