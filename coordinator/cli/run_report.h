#ifndef SMOKEMESH_COORDINATOR_CLI_RUN_REPORT_H_
#define SMOKEMESH_COORDINATOR_CLI_RUN_REPORT_H_

#include "coordinator/cli/command_line.h"
#include "coordinator/cli/terminal.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Where what `smokemesh run` shows while it goes belongs: standard output, unless that is for the
// one document of `--output`.
Terminal ProgressTerminal(const RunArguments& arguments);

// Where the commands of `--github` to its runner belong: standard output, unless that is for a
// document which is not GitHub's. The runner reads both.
Terminal GithubTerminal(const RunArguments& arguments);

// Writes what `--report` and `--github` ask for, then prints the run as `--output` says. What
// cannot be written is said on standard error; it changes nothing about the verdict and the exit
// code.
void ReportRun(const v1::Run& run, const RunArguments& arguments, const Environment& environment);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_RUN_REPORT_H_
