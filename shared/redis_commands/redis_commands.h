#ifndef SMOKEMESH_SHARED_REDIS_COMMANDS_REDIS_COMMANDS_H_
#define SMOKEMESH_SHARED_REDIS_COMMANDS_REDIS_COMMANDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace smokemesh::shared {

// The command's name in upper case.
std::string CommandName(const std::vector<std::string>& command);

// Whether a step may send `command` by the built-in list. Only known commands may be sent, and none
// that could harm a server which others use or show its passwords: those that empty, stop,
// reconfigure, block or copy it, or run scripts on it. INVALID_ARGUMENT names the command and says
// why.
absl::Status CheckRedisCommand(const std::vector<std::string>& command);

// Whether a step may send `command` whatever an agent's policy says: INVALID_ARGUMENT for what
// breaks the order of commands and replies on a session (`MONITOR`, `HELLO`, `CLIENT REPLY`, …),
// and for what is not whole.
absl::Status CheckRedisSession(const std::vector<std::string>& command);

// The built-in list, sorted: `GET`, `CONFIG GET`. For documents.
std::vector<std::string> AllowedRedisCommands();

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_REDIS_COMMANDS_REDIS_COMMANDS_H_
