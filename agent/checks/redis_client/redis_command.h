#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_COMMAND_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_COMMAND_H_

#include <string>
#include <vector>

namespace smokemesh::agent {

// What a command does to a session.
enum class CommandMode { kPlain, kSubscribe, kUnsubscribe, kPing };
CommandMode ModeOf(const std::vector<std::string>& command);

// The command's name in upper case.
std::string CommandName(const std::vector<std::string>& command);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_COMMAND_H_
