#include "coordinator/cli/command_line.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/command_line_definitions.h"
#include "coordinator/cli/command_line_parts.h"
#include "coordinator/cli/exit_code.h"
#include "shared/command_line/help.h"
#include "shared/command_line/parser.h"
#include "shared/text.h"
#include "shared/version.h"

namespace smokemesh::coordinator {
namespace {

PrintAndExit UsageError(const std::string& name, const std::string& escaped) {
  PrintAndExit result;
  result.exit_code = kExitUsage;
  result.err = absl::StrCat("smokemesh: ", escaped, "; see `", name, " --help`\n");
  return result;
}

shared::Command MainCommand() {
  shared::Command main;
  main.name = "smokemesh";
  main.help = "Smoke checks where the services run, judged by one verdict";
  main.options = {{.name = "version", .help = "Show the version", .group = kOther},
                  shared::HelpOption()};
  main.examples = {
      {"smokemesh run plan.yaml", "check from here, nothing to deploy"},
      {"smokemesh serve --listen 127.0.0.1:7070", "a coordinator for agents"},
      {"smokemesh run plan.yaml --coordinator 127.0.0.1:7070", "run the plan on the agents"},
      {"smokemesh verdict latest", "what came out, with its exit code"},
      {"smokemesh history", "how the checks went in the last runs"},
      {"smokemesh clean plan.yaml", "remove what killed runs left"}};
  main.exit_codes = VerdictCodes();
  return main;
}

shared::Program ProgramOf(const std::vector<CommandDefinition>& definitions) {
  shared::Program program;
  program.main = MainCommand();
  program.version = std::string(shared::BuildVersion());
  for (const CommandDefinition& definition : definitions) {
    program.commands.push_back(definition.command);
  }
  program.environment = {
      {"SMOKEMESH_COORDINATOR", "HOST:PORT of the coordinator, where --coordinator says none"}};
  Append(shared::ClientSecurityVariables(/*tokens=*/true), &program.environment);
  Append({{"SMOKEMESH_STORE", "Store of `serve`, where --store says none"},
          {"NO_COLOR", "No colours, whatever its value"},
          {"LC_ALL, LC_CTYPE, LANG",
           "Signs beyond ASCII are shown unless these name another encoding"},
          {"SMOKE_TEST_TIMEOUT", "Longest time for a run, where --timeout says none"},
          {"GITHUB_ACTIONS, GITHUB_STEP_SUMMARY, GITHUB_OUTPUT", "What `run --github` writes to"},
          {"XDG_STATE_HOME", "Where one-shot runs leave their notes for `smokemesh clean`"}},
         &program.environment);
  return program;
}

ParsedCommand ParseCommand(const std::vector<CommandDefinition>& definitions,
                           const std::vector<std::string>& arguments,
                           const Environment& environment, std::string* log_level) {
  const shared::Program program = ProgramOf(definitions);
  const shared::ParsedLine line = shared::ParseLine(program, arguments);
  const std::string name = shared::FullName(program, *line.command);
  if (line.help) {
    PrintAndExit help;
    help.out = shared::HelpText(program, *line.command);
    return help;
  }
  if (!line.problem.empty()) return UsageError(name, line.problem);
  if (line.command == &program.main) {
    if (line.values.Has("version")) return VersionArguments{};
    PrintAndExit result = UsageError(name, "a command is missing");
    absl::StrAppend(&result.err, "\n", shared::HelpText(program, program.main));
    return result;
  }
  *log_level = line.values.Get("log-level");
  const auto index = static_cast<size_t>(line.command - program.commands.data());
  absl::StatusOr<ParsedCommand> command = definitions[index].read(line.values, environment);
  if (command.ok()) return *std::move(command);
  return UsageError(name, shared::EscapeControl(std::string(command.status().message())));
}

}  // namespace

std::vector<CommandDefinition> DefineCommands() {
  std::vector<CommandDefinition> definitions = {
      DefineRun(),   DefineClean(),   DefineServe(),  DefineLint(),   DefineAgents(),
      DefineRuns(),  DefineVerdict(), DefineReplay(), DefineVerify(), DefineHistory(),
      DefineCerts(), DefineToken(),   DefineVersion()};
  std::vector<std::string> names;
  for (const CommandDefinition& definition : definitions) names.push_back(definition.command.name);
  names.insert(names.end(), {"help", "man", "completion"});
  definitions.push_back(DefineHelp(names));
  definitions.push_back(DefineMan(names));
  definitions.push_back(DefineCompletion());
  return definitions;
}

shared::Program SmokemeshProgram() { return ProgramOf(DefineCommands()); }

CommandLine ParseCommandLine(const std::vector<std::string>& arguments,
                             const Environment& environment) {
  CommandLine result;
  result.command = ParseCommand(DefineCommands(), arguments, environment, &result.log_level);
  return result;
}

}  // namespace smokemesh::coordinator
