#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_REDIS_COMMANDS_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_REDIS_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace smokemesh::agent {

// Whether a step may send `command`. Only known commands may be sent, and none that could harm a
// server which others use or show its passwords: those that empty, stop, reconfigure, block or copy
// it, or run scripts on it. INVALID_ARGUMENT names the command.
absl::Status CheckRedisCommand(const std::vector<std::string>& command);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_REDIS_COMMANDS_H_
