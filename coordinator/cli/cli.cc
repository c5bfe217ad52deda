#include "coordinator/cli/cli.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/certs_command.h"
#include "coordinator/cli/clean_command.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/env_files.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/history_command.h"
#include "coordinator/cli/lint_command.h"
#include "coordinator/cli/query_commands.h"
#include "coordinator/cli/replay_command.h"
#include "coordinator/cli/run_command.h"
#include "coordinator/cli/serve_command.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/cli/token_command.h"
#include "coordinator/cli/verify_command.h"
#include "shared/grpc_support/grpc_log.h"
#include "shared/logging.h"
#include "shared/version.h"

namespace smokemesh::coordinator {
namespace {

std::string ReadEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The environment whose files a command reads; nothing when it reads none.
std::optional<std::string> EnvironmentOf(const CommandLine& command_line) {
  if (const auto* run = std::get_if<RunArguments>(&command_line.command)) return run->env;
  if (const auto* clean = std::get_if<CleanArguments>(&command_line.command)) return clean->env;
  return std::nullopt;
}

struct Carry {
  const EnvFiles& env_files;

  int operator()(const PrintAndExit& print) const {
    Print(STDOUT_FILENO, print.out);
    Print(STDERR_FILENO, print.err);
    return print.exit_code;
  }
  int operator()(const RunArguments& arguments) const {
    return RunPlan(arguments, ReadEnvironment, env_files);
  }
  int operator()(const CleanArguments& arguments) const {
    return Clean(arguments, ReadEnvironment);
  }
  int operator()(const ServeArguments& arguments) const { return Serve(arguments); }
  int operator()(const LintArguments& arguments) const { return Lint(arguments); }
  int operator()(const AgentsArguments& arguments) const { return ListAgents(arguments); }
  int operator()(const RunsArguments& arguments) const { return ListRuns(arguments); }
  int operator()(const VerdictArguments& arguments) const { return ShowVerdict(arguments); }
  int operator()(const ReplayArguments& arguments) const { return ReplayRuns(arguments); }
  int operator()(const VerifyArguments& arguments) const { return VerifyRun(arguments); }
  int operator()(const HistoryArguments& arguments) const { return ShowHistory(arguments); }
  int operator()(const CertsArguments& arguments) const { return Certs(arguments); }
  int operator()(const TokenArguments& arguments) const { return CreateToken(arguments); }
  int operator()(const VersionArguments&) const {
    Print(STDOUT_FILENO, absl::StrCat("smokemesh ", std::string(shared::BuildVersion()), "\n"));
    return 0;
  }

  static void Print(int descriptor, const std::string& text) {
    Terminal terminal;
    terminal.descriptor = descriptor;
    Write(terminal, text);
  }
};

}  // namespace

int Main(int argc, char** argv) {
  // A reader that closes the pipe (`smokemesh runs | head -1`) must not change the exit code.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  CommandLine command_line = ParseCommandLine(arguments, ReadEnvironment);
  EnvFiles env_files;
  if (const std::optional<std::string> env = EnvironmentOf(command_line)) {
    absl::StatusOr<EnvFiles> loaded = LoadEnvFiles(".", *env);
    if (!loaded.ok()) {
      Complain(std::string(loaded.status().message()));
      return kExitUsage;
    }
    env_files = *std::move(loaded);
    // The files may set variables that the command line reads.
    if (!env_files.set.empty()) command_line = ParseCommandLine(arguments, ReadEnvironment);
  }
  if (!command_line.log_level.empty()) {
    const absl::Status status = shared::SetLogLevel(command_line.log_level);
    if (!status.ok()) {
      Complain(std::string(status.message()));
      return kExitUsage;
    }
  }
  shared::TakeGrpcLog();
  return std::visit(Carry{env_files}, command_line.command);
}

}  // namespace smokemesh::coordinator
