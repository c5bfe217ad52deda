#ifndef SMOKEMESH_COORDINATOR_CLI_COMMAND_LINE_DEFINITIONS_H_
#define SMOKEMESH_COORDINATOR_CLI_COMMAND_LINE_DEFINITIONS_H_

#include <functional>

#include "absl/status/statusor.h"
#include "coordinator/cli/command_line.h"
#include "shared/command_line/parser.h"
#include "shared/command_line/program.h"

namespace smokemesh::coordinator {

// A command of `smokemesh`: what it takes, and how what was given becomes its arguments.
struct CommandDefinition {
  shared::Command command;
  // INVALID_ARGUMENT: what is wrong with a value, in one sentence.
  std::function<absl::StatusOr<ParsedCommand>(const shared::Values&, const Environment&)> read;
};

CommandDefinition DefineRun();
CommandDefinition DefineClean();
CommandDefinition DefineServe();
CommandDefinition DefineAgents();
CommandDefinition DefineLint();
CommandDefinition DefineRuns();
CommandDefinition DefineVerdict();
CommandDefinition DefineReplay();
CommandDefinition DefineVerify();
CommandDefinition DefineHistory();
CommandDefinition DefineCerts();
CommandDefinition DefineToken();
CommandDefinition DefineVersion();
// These print what is made from all commands; `names` are those of the others.
CommandDefinition DefineHelp(const std::vector<std::string>& names);
CommandDefinition DefineMan(const std::vector<std::string>& names);
CommandDefinition DefineCompletion();

// All of them, in the order in which help lists them.
std::vector<CommandDefinition> DefineCommands();

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_COMMAND_LINE_DEFINITIONS_H_
