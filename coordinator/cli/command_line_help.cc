#include <string>
#include <vector>

#include "coordinator/cli/command_line_definitions.h"
#include "coordinator/cli/command_line_parts.h"
#include "shared/command_line/completion.h"
#include "shared/command_line/help.h"
#include "shared/command_line/man_page.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kGroup[] = "About";

shared::Argument CommandArgument(const std::vector<std::string>& names) {
  return {.name = "COMMAND",
          .help = "A command; without one, smokemesh itself",
          .kind = shared::ValueKind::kChoice,
          .choices = names,
          .required = false};
}

PrintAndExit Printed(std::string text) {
  PrintAndExit print;
  print.out = std::move(text);
  return print;
}

// The command that COMMAND names, else the main one.
const shared::Command& Named(const shared::Program& program, const shared::Values& values) {
  const shared::Command* command = shared::FindCommand(program, values.Get("COMMAND"));
  return command == nullptr ? program.main : *command;
}

}  // namespace

CommandDefinition DefineVersion() {
  shared::Command command;
  command.name = "version";
  command.help = "Show the version";
  command.group = kGroup;
  command.examples = {{"smokemesh version", ""}};
  AddCommonOptions(&command);
  return {command, [](const shared::Values&, const Environment&) -> absl::StatusOr<ParsedCommand> {
            return VersionArguments{};
          }};
}

CommandDefinition DefineHelp(const std::vector<std::string>& names) {
  shared::Command command;
  command.name = "help";
  command.help = "Show the help of a command";
  command.group = kGroup;
  command.arguments = {CommandArgument(names)};
  command.examples = {{"smokemesh help run", ""}};
  AddCommonOptions(&command);
  return {command,
          [](const shared::Values& values, const Environment&) -> absl::StatusOr<ParsedCommand> {
            const shared::Program program = SmokemeshProgram();
            return Printed(shared::HelpText(program, Named(program, values)));
          }};
}

CommandDefinition DefineMan(const std::vector<std::string>& names) {
  shared::Command command;
  command.name = "man";
  command.help = "Print a manual page";
  command.group = kGroup;
  command.arguments = {CommandArgument(names)};
  command.examples = {{"smokemesh man run | man -l -", ""}};
  AddCommonOptions(&command);
  return {command,
          [](const shared::Values& values, const Environment&) -> absl::StatusOr<ParsedCommand> {
            const shared::Program program = SmokemeshProgram();
            return Printed(shared::ManPage(program, Named(program, values)));
          }};
}

CommandDefinition DefineCompletion() {
  shared::Command command;
  command.name = "completion";
  command.help = "Print a script for the shell that completes commands and options";
  command.group = kGroup;
  command.arguments = {{.name = "SHELL",
                        .help = "bash, zsh or fish",
                        .kind = shared::ValueKind::kChoice,
                        .choices = {"bash", "zsh", "fish"}}};
  command.examples = {{"source <(smokemesh completion bash)", "in ~/.bashrc"},
                      {"source <(smokemesh completion zsh)", "in ~/.zshrc, after compinit"},
                      {"smokemesh completion fish | source", "in config.fish"}};
  AddCommonOptions(&command);
  return {command,
          [](const shared::Values& values, const Environment&) -> absl::StatusOr<ParsedCommand> {
            const shared::Program program = SmokemeshProgram();
            const std::string shell = values.Get("SHELL");
            if (shell == "zsh") return Printed(shared::ZshCompletion(program));
            if (shell == "fish") return Printed(shared::FishCompletion(program));
            return Printed(shared::BashCompletion(program));
          }};
}

}  // namespace smokemesh::coordinator
