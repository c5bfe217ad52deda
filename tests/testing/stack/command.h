#ifndef SMOKEMESH_TESTS_TESTING_STACK_COMMAND_H_
#define SMOKEMESH_TESTS_TESTING_STACK_COMMAND_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace smokemesh::testing {

// Makes SIGINT and SIGTERM wait until RunCommand takes them. Call first in main, before threads.
void HoldSignals();

// Whether one of them has come since HoldSignals; it stays for RunCommand.
bool SignalPending();

// Runs `argv` with our standard input and outputs and `environment` on top of ours. SIGINT and
// SIGTERM are handed on to it. Returns its exit code, or 128 + signal. In a terminal the command is
// in the foreground alone: Ctrl-C reaches it and not the servers that it still needs to clean up.
absl::StatusOr<int> RunCommand(const std::vector<std::string>& argv,
                               const std::map<std::string, std::string>& environment);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_STACK_COMMAND_H_
