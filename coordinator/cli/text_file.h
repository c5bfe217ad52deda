#ifndef SMOKEMESH_COORDINATOR_CLI_TEXT_FILE_H_
#define SMOKEMESH_COORDINATOR_CLI_TEXT_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace smokemesh::coordinator {

// Reads a file that the command line names; `-` is standard input. At most 1 MiB and a byte: who
// takes less sees that it is too long, and an endless file does no harm. `what` is how messages
// call it: `plan`. INVALID_ARGUMENT: a folder; NOT_FOUND: it cannot be read.
absl::StatusOr<std::string> ReadTextFile(const std::string& path, std::string_view what);

// How messages call the file: its path, or `stdin` for `-`.
std::string NameOfFile(const std::string& path);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_TEXT_FILE_H_
