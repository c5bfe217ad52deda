#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_COMMAND_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_COMMAND_H_

#include <string>
#include <vector>

#include "shared/redis_commands/redis_commands.h"

namespace smokemesh::agent {

// What a command does to a session.
enum class CommandMode { kPlain, kSubscribe, kUnsubscribe, kPing };
CommandMode ModeOf(const std::vector<std::string>& command);

using shared::CommandName;

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_COMMAND_H_
