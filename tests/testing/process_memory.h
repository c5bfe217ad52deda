#ifndef SMOKEMESH_TESTS_TESTING_PROCESS_MEMORY_H_
#define SMOKEMESH_TESTS_TESTING_PROCESS_MEMORY_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace smokemesh::testing {

// Which of `needles` stand in what a core of this child process would hold: its writable memory.
// The process goes on running meanwhile. PERMISSION_DENIED where the kernel does not let us look.
absl::StatusOr<std::vector<std::string>> FindInMemory(pid_t pid,
                                                      const std::vector<std::string>& needles);

// The command line of a process as `ps` shows it to everybody, with spaces between the arguments.
std::string CommandLineOf(pid_t pid);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_PROCESS_MEMORY_H_
