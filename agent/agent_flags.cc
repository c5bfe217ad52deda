#include "agent/agent_flags.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/command_line/completion.h"
#include "shared/command_line/help.h"
#include "shared/command_line/man_page.h"
#include "shared/command_line/parser.h"
#include "shared/duration.h"
#include "shared/text.h"
#include "shared/version.h"

namespace smokemesh::agent {
namespace {

constexpr char kCoordinatorVariable[] = "SMOKEMESH_COORDINATOR";
constexpr char kDeploymentVariable[] = "SMOKEMESH_DEPLOYMENT";
constexpr char kStateVariable[] = "STATE_DIRECTORY";
constexpr char kConnection[] = "Connection";
constexpr char kSecurity[] = "Security";
constexpr char kWork[] = "Work";
constexpr char kOther[] = "Other";

std::vector<shared::Option> Options() {
  using shared::ValueKind;
  std::vector<shared::Option> options = {
      {.name = "coordinator",
       .value = "HOST:PORT",
       .help = "Where the coordinator listens (required; also SMOKEMESH_COORDINATOR); of several "
               "replicas HOST:PORT,HOST:PORT",
       .group = kConnection},
      {.name = "service",
       .value = "NAME",
       .help = "Service that the agent stands beside, which `on: {service: …}` selects (required)",
       .group = kConnection},
      {.name = "id",
       .value = "ID",
       .help = "Identifier, stable over restarts, unique in the mesh (default: the name in the "
               "certificate of --tls-cert; without one SERVICE@HOSTNAME, with #2, #3, … for "
               "further agents beside it on this machine)",
       .group = kConnection},
      {.name = "label",
       .value = "KEY=VALUE",
       .help = "Label for selectors; may be given again",
       .group = kConnection,
       .repeated = true},
      {.name = "deployment",
       .value = "VERSION",
       .help = "Version of what stands beside it, which a run of `--deployment VERSION` asks for; "
               "also SMOKEMESH_DEPLOYMENT",
       .group = kConnection}};
  const std::vector<shared::Option> security =
      shared::ClientSecurityOptions(kSecurity, /*tokens=*/false);
  options.insert(options.end(), security.begin(), security.end());
  const std::vector<shared::Option> rest = {
      {.name = "max-parallel",
       .value = "N",
       .help = "Greatest number of checks at once (default 16)",
       .group = kWork},
      {.name = "drain-timeout",
       .value = "DURATION",
       .help = "How long a signal lets running checks finish before they are cancelled (default "
               "10s)",
       .group = kWork},
      {.name = "state",
       .value = "DIR",
       .help = "Folder of this agent alone in which results survive its end until the coordinator "
               "has them; also STATE_DIRECTORY. Without either they are in memory only",
       .group = kWork,
       .kind = ValueKind::kFolder},
      {.name = "env-file",
       .value = "PATH",
       .help = "Set variables from this file (NAME=value) that the environment does not have",
       .group = kWork,
       .kind = ValueKind::kFile},
      {.name = "policy",
       .value = "FILE",
       .help = "What plans may make this agent do: kinds, servers, variables, commands, roles (see "
               "docs/agent-policy.md)",
       .group = kWork,
       .kind = ValueKind::kFile},
      {.name = "log-level",
       .value = "LEVEL",
       .help = "Least level of log lines on standard error (default info)",
       .group = kOther,
       .kind = ValueKind::kChoice,
       .choices = {"debug", "info", "warn", "error", "off"}},
      {.name = "completion",
       .value = "SHELL",
       .help = "Print a script for the shell that completes these options",
       .group = kOther,
       .kind = ValueKind::kChoice,
       .choices = {"bash", "zsh", "fish"}},
      {.name = "man", .help = "Print the manual page", .group = kOther},
      {.name = "version", .help = "Show the version", .group = kOther},
      shared::HelpOption()};
  options.insert(options.end(), rest.begin(), rest.end());
  return options;
}

ParsedAgentFlags Printed(std::string text) {
  ParsedAgentFlags parsed;
  parsed.exit_code = 0;
  parsed.text = std::move(text);
  return parsed;
}

// What is printed instead of running; nothing when the agent is to run.
std::optional<ParsedAgentFlags> ToPrint(const shared::Program& program,
                                        const shared::ParsedLine& line) {
  if (line.help) return Printed(shared::HelpText(program, program.main));
  if (!line.problem.empty()) return std::nullopt;
  if (line.values.Has("version")) return Printed("smokemesh-agent " + program.version + "\n");
  if (line.values.Has("man")) return Printed(shared::ManPage(program, program.main));
  const std::string shell = line.values.Get("completion");
  if (shell == "bash") return Printed(shared::BashCompletion(program));
  if (shell == "zsh") return Printed(shared::ZshCompletion(program));
  if (shell == "fish") return Printed(shared::FishCompletion(program));
  return std::nullopt;
}

// The value of an environment variable; empty when it is not set.
std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Returns what is wrong with a label, or nothing.
std::string AddLabel(const std::string& label, AgentFlags* flags) {
  const size_t equals = label.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::StrCat("--label \"", shared::EscapeControl(label),
                        "\" is not of the form KEY=VALUE");
  }
  if (!flags->labels.emplace(label.substr(0, equals), label.substr(equals + 1)).second) {
    return absl::StrCat("--label \"", shared::EscapeControl(label.substr(0, equals)),
                        "\" is given twice");
  }
  return "";
}

// Reads what was given into `flags`. Returns what is wrong with it, or nothing.
std::string Read(const shared::Values& values, AgentFlags* flags) {
  flags->coordinator = values.Get("coordinator");
  if (flags->coordinator.empty()) flags->coordinator = FromEnvironment(kCoordinatorVariable);
  flags->service = values.Get("service");
  flags->id = values.Get("id");
  flags->deployment =
      values.Has("deployment") ? values.Get("deployment") : FromEnvironment(kDeploymentVariable);
  flags->state = values.Get("state");
  if (values.Has("state") && flags->state.empty()) return "--state names no folder";
  if (flags->state.empty()) {
    // systemd lists all folders of the unit, joined by colons.
    flags->state = FromEnvironment(kStateVariable);
    flags->state.resize(std::min(flags->state.size(), flags->state.find(':')));
  }
  flags->policy = values.Get("policy");
  flags->security = shared::ReadClientSecurity(values, FromEnvironment, /*tokens=*/false);
  if (values.Has("log-level")) flags->log_level = values.Get("log-level");
  if (flags->coordinator.empty()) {
    return "--coordinator HOST:PORT is required (or the variable SMOKEMESH_COORDINATOR)";
  }
  if (flags->service.empty()) return "--service NAME is required";
  if (values.Has("max-parallel") &&
      (!absl::SimpleAtoi(values.Get("max-parallel"), &flags->max_parallel) ||
       flags->max_parallel < 1)) {
    return absl::StrCat("--max-parallel must be at least 1, and is \"",
                        shared::EscapeControl(values.Get("max-parallel")), "\"");
  }
  for (const std::string& label : values.All("label")) {
    if (std::string problem = AddLabel(label, flags); !problem.empty()) return problem;
  }
  if (values.Has("drain-timeout")) {
    const absl::StatusOr<shared::Duration> timeout =
        shared::ParseDuration(values.Get("drain-timeout"));
    if (!timeout.ok()) return absl::StrCat("--drain-timeout: ", timeout.status().message());
    flags->drain_timeout = *timeout;
  }
  return "";
}

}  // namespace

shared::Program AgentProgram() {
  shared::Program program;
  shared::Command& main = program.main;
  main.name = "smokemesh-agent";
  main.help = "Runs checks beside a service for a smokemesh coordinator";
  main.description =
      "It connects out and opens no port. Values of ${NAME} in a plan come from this process's "
      "environment and stay here. What is set there wins over the file of --env-file, which may "
      "hold what this process reads itself, too.\n\n"
      "SIGTERM and SIGINT drain: no new checks, wait for the running ones, deliver, leave. A "
      "second "
      "signal ends the process at once.";
  main.options = Options();
  main.examples = {
      {"smokemesh-agent --coordinator 127.0.0.1:7070 --service gateway", ""},
      {"smokemesh-agent --coordinator 127.0.0.1:7070 --service identity --label zone=b", ""},
      {"smokemesh-agent --coordinator mesh:7070 --service a --tls-ca ca.crt --tls-cert my.crt "
       "--tls-key my.key",
       "over the network"}};
  main.exit_codes = {{"0", "left with everything delivered, or kept in --state for the next start"},
                     {"1", "could not start, or left something undone"},
                     {"2", "wrong command line"}};
  program.environment = {
      {kCoordinatorVariable, "HOST:PORT of the coordinator, where --coordinator says none"},
      {kDeploymentVariable, "Version of what stands beside it, where --deployment says none"},
      {kStateVariable, "Folder for results, where --state says none; set by systemd"}};
  for (shared::Note& note : shared::ClientSecurityVariables(/*tokens=*/false)) {
    program.environment.push_back(std::move(note));
  }
  program.version = std::string(shared::BuildVersion());
  return program;
}

ParsedAgentFlags ParseAgentFlags(int argc, const char* const* argv) {
  const shared::Program program = AgentProgram();
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const shared::ParsedLine line = shared::ParseLine(program, arguments);
  if (std::optional<ParsedAgentFlags> printed = ToPrint(program, line)) return *printed;
  ParsedAgentFlags parsed;
  std::string problem = line.problem;
  if (problem.empty()) {
    parsed.flags.env_file = line.values.Get("env-file");
    problem = Read(line.values, &parsed.flags);
  }
  if (!problem.empty()) {
    parsed.exit_code = 2;
    parsed.text = absl::StrCat("smokemesh-agent: ", problem,
                               "\nSee smokemesh-agent --help for the options.\n");
  }
  return parsed;
}

}  // namespace smokemesh::agent
