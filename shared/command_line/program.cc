#include "shared/command_line/program.h"

#include <algorithm>

namespace smokemesh::shared {

Option HelpOption() {
  return {.name = "help", .letter = 'h', .help = "Show this help", .group = "Other"};
}

const Command* FindCommand(const Program& program, const std::string& name) {
  for (const Command& command : program.commands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

std::string FullName(const Program& program, const Command& command) {
  return &command == &program.main ? command.name : program.main.name + " " + command.name;
}

std::string UsageOf(const Program& program, const Command& command) {
  const bool names_a_command = &command == &program.main && !program.commands.empty();
  std::string usage = names_a_command ? "COMMAND [OPTIONS]" : "[OPTIONS]";
  for (const Argument& argument : command.arguments) {
    const std::string name = argument.name + (argument.repeated ? "..." : "");
    usage += argument.required ? " " + name : " [" + name + "]";
  }
  return usage;
}

std::vector<std::string> GroupsOf(const Command& command) {
  std::vector<std::string> groups;
  for (const Option& option : command.options) {
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) {
      groups.push_back(option.group);
    }
  }
  return groups;
}

}  // namespace smokemesh::shared
