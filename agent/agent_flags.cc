#include "agent/agent_flags.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/duration.h"
#include "shared/text.h"
#include "shared/version.h"

namespace smokemesh::agent {
namespace {

constexpr char kDescription[] =
    "Runs checks beside a service for a smokemesh coordinator. Connects out; opens no port.";

constexpr char kFooter[] = R"(
Values of ${NAME} in a plan come from this process's environment and stay here. What is set there
wins over the file of --env-file, which may hold what this process reads itself, too.
SIGTERM and SIGINT drain: no new checks, wait for the running ones, deliver, leave. A second
signal ends the process at once.

Exit codes: 0 left with everything delivered, 1 could not start or left something undone,
2 wrong command line.

Examples:
  smokemesh-agent --coordinator 127.0.0.1:7070 --service gateway
  smokemesh-agent --coordinator 127.0.0.1:7070 --service identity --label zone=b --max-parallel 4
  SMOKEMESH_COORDINATOR=10.0.0.5:7070 smokemesh-agent --service engagement --insecure
)";

ParsedAgentFlags Wrong(const std::string& what) {
  ParsedAgentFlags parsed;
  parsed.exit_code = 2;
  parsed.text =
      absl::StrCat("smokemesh-agent: ", what, "\nSee smokemesh-agent --help for the flags.\n");
  return parsed;
}

// Names of all flags, for suggestions.
std::vector<std::string> FlagNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(absl::StrCat("--", name));
  }
  return names;
}

std::string Unknown(const CLI::App& app, const std::string& argument) {
  if (!absl::StartsWith(argument, "-")) {
    return absl::StrCat("unexpected argument \"", shared::EscapeControl(argument),
                        "\": everything is given by flags");
  }
  const std::string flag = argument.substr(0, argument.find('='));
  return absl::StrCat("unknown flag \"", shared::EscapeControl(flag), "\"",
                      shared::DidYouMean(flag, FlagNames(app)));
}

}  // namespace

ParsedAgentFlags ParseAgentFlags(int argc, const char* const* argv) {
  ParsedAgentFlags parsed;
  AgentFlags& flags = parsed.flags;
  std::vector<std::string> labels;
  std::string drain_timeout = "10s";

  CLI::App app(kDescription, "smokemesh-agent");
  app.footer(kFooter);
  // Unknown flags are answered here, with a suggestion, and before what is missing.
  app.allow_extras();
  app.set_help_flag("-h,--help", "Print this and leave");
  app.set_version_flag("--version",
                       absl::StrCat("smokemesh-agent ", std::string(shared::BuildVersion())),
                       "Print the version and leave");
  app.add_option("--coordinator", flags.coordinator, "Where the coordinator listens. Required")
      ->type_name("HOST:PORT")
      ->envname("SMOKEMESH_COORDINATOR");
  app.add_option("--service", flags.service,
                 "Service that the agent stands beside: what `on: {service: …}` selects. Required")
      ->type_name("NAME");
  app.add_option("--id", flags.id,
                 "Identifier, stable over restarts, unique in the mesh. Default: SERVICE@HOSTNAME, "
                 "with #2, #3, … for further agents beside it on this machine")
      ->type_name("ID");
  app.add_option("--label", labels, "Label for selectors; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--max-parallel", flags.max_parallel, "Greatest number of checks at once")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--log-level", flags.log_level, "debug, info, warn, error or off")
      ->type_name("LEVEL")
      ->capture_default_str();
  app.add_option("--drain-timeout", drain_timeout,
                 "How long a signal lets running checks finish before they are cancelled")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--env-file", flags.env_file,
                 "Set variables from this file (NAME=value) that the environment does not have")
      ->type_name("PATH");
  app.add_flag("--insecure", flags.insecure,
               "Talk in plaintext to a coordinator on another machine. Plans and results can then"
               " be read and changed on the way");

  const auto wrong = [&flags](const std::string& what) {
    ParsedAgentFlags answer = Wrong(what);
    answer.flags.env_file = flags.env_file;
    return answer;
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    parsed.exit_code = 0;
    parsed.text = app.help();
    return parsed;
  } catch (const CLI::CallForVersion& e) {
    parsed.exit_code = 0;
    parsed.text = absl::StrCat(e.what(), "\n");
    return parsed;
  } catch (const CLI::ParseError& e) {
    return wrong(shared::EscapeControl(e.what()));
  }

  const std::vector<std::string> extras = app.remaining();
  if (!extras.empty()) return wrong(Unknown(app, extras.front()));
  if (flags.coordinator.empty()) {
    return wrong("--coordinator HOST:PORT is required (or the variable SMOKEMESH_COORDINATOR)");
  }
  if (flags.service.empty()) return wrong("--service NAME is required");
  if (flags.max_parallel < 1) return wrong("--max-parallel must be at least 1");
  for (const std::string& label : labels) {
    const size_t equals = label.find('=');
    if (equals == std::string::npos || equals == 0) {
      return wrong(absl::StrCat("--label \"", shared::EscapeControl(label),
                                "\" is not of the form KEY=VALUE"));
    }
    if (!flags.labels.emplace(label.substr(0, equals), label.substr(equals + 1)).second) {
      return wrong(absl::StrCat("--label \"", shared::EscapeControl(label.substr(0, equals)),
                                "\" is given twice"));
    }
  }
  const absl::StatusOr<shared::Duration> timeout = shared::ParseDuration(drain_timeout);
  if (!timeout.ok()) {
    return wrong(absl::StrCat("--drain-timeout: ", timeout.status().message()));
  }
  flags.drain_timeout = *timeout;
  return parsed;
}

}  // namespace smokemesh::agent
