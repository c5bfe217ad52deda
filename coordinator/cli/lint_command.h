#ifndef SMOKEMESH_COORDINATOR_CLI_LINT_COMMAND_H_
#define SMOKEMESH_COORDINATOR_CLI_LINT_COMMAND_H_

#include "coordinator/cli/command_line.h"

namespace smokemesh::coordinator {

// `smokemesh lint`: prints every problem of every plan. Returns the exit code.
int Lint(const LintArguments& arguments);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_LINT_COMMAND_H_
