#include "agent/checks/redis_client/redis_command.h"

namespace smokemesh::agent {

CommandMode ModeOf(const std::vector<std::string>& command) {
  const std::string name = CommandName(command);
  if (name == "SUBSCRIBE" || name == "PSUBSCRIBE" || name == "SSUBSCRIBE") {
    return CommandMode::kSubscribe;
  }
  if (name == "UNSUBSCRIBE" || name == "PUNSUBSCRIBE" || name == "SUNSUBSCRIBE") {
    return CommandMode::kUnsubscribe;
  }
  return name == "PING" ? CommandMode::kPing : CommandMode::kPlain;
}

}  // namespace smokemesh::agent
