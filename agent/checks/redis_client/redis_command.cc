#include "agent/checks/redis_client/redis_command.h"

#include "absl/strings/ascii.h"

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

std::string CommandName(const std::vector<std::string>& command) {
  return command.empty() ? "" : absl::AsciiStrToUpper(command[0]);
}

}  // namespace smokemesh::agent
