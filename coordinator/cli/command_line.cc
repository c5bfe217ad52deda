#include "coordinator/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/cli/address.h"
#include "coordinator/cli/exit_code.h"
#include "shared/duration.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kDefaultCoordinator[] = "127.0.0.1:7070";
constexpr char kCoordinatorVariable[] = "SMOKEMESH_COORDINATOR";

constexpr char kMainFooter[] = R"(Examples:
  smokemesh run plan.yaml                                   check from this machine, nothing to deploy
  smokemesh serve --listen 127.0.0.1:7070                   start a coordinator for agents
  smokemesh run plan.yaml --coordinator 127.0.0.1:7070      run the plan on the agents
  smokemesh verdict latest                                  what came out, with the exit code of it
  smokemesh clean plan.yaml                                 remove what killed runs left behind

Exit codes: 0 PROMOTE, 1 ROLLBACK, 2 usage or configuration, 3 coordinator unreachable,
            4 INCONCLUSIVE, 5 HOLD, 130/143 stopped by a signal.
`smokemesh COMMAND --help` tells more about a command.)";

constexpr char kRunFooter[] = R"(Examples:
  smokemesh run deploy/plans/aura.yaml
  smokemesh run plan.yaml -m "database and not slow"        checks by tag
  smokemesh run plan.yaml -k "login or token"               checks by a part of their name
  smokemesh run plan.yaml --quick                           the critical path only
  smokemesh run plan.yaml --coordinator 127.0.0.1:7070 --report out/
  smokemesh run plan.yaml --output json | jq .verdict.decision

Without --coordinator and SMOKEMESH_COORDINATOR the checks run in this process (one-shot).
Exit codes: 0 PROMOTE, 1 ROLLBACK, 2 usage or configuration, 3 coordinator unreachable,
            4 INCONCLUSIVE, 5 HOLD, 130/143 stopped by a signal.)";

constexpr char kCleanFooter[] = R"(Examples:
  smokemesh clean plan.yaml                                 after one-shot runs that were killed here
  smokemesh clean plan.yaml --coordinator 127.0.0.1:7070    after runs whose agents were killed
  smokemesh clean plan.yaml --run 20261122-115030-4f9a1c    after this run, whatever became of it

It carries out what the checks say under `finally` and drops their scratch schemas, with the names
that they had in those runs. Nothing is proved by it: it gives no verdict.
Exit codes: 0 all clean, 1 something could not be removed, 2 usage or configuration, or a run that
            is still going on, 3 coordinator unreachable, 4 an agent was missing.)";

constexpr char kServeFooter[] = R"(Examples:
  smokemesh serve
  smokemesh serve --listen 127.0.0.1:0 --store /var/lib/smokemesh/runs.db   any free port

It prints `listening on HOST:PORT` when it is ready. SIGTERM stops it; open runs go on when it
starts again with the same store.)";

constexpr char kLintFooter[] = R"(Examples:
  smokemesh lint plan.yaml
  smokemesh lint deploy/plans/*.yaml

Prints every problem as FILE:LINE:COLUMN. Exit codes: 0 no problems, 2 problems.)";

constexpr char kAgentsFooter[] = R"(Example:
  smokemesh agents --coordinator 127.0.0.1:7070)";

constexpr char kRunsFooter[] = R"(Example:
  smokemesh runs --limit 5)";

constexpr char kVerdictFooter[] = R"(Examples:
  smokemesh verdict latest
  smokemesh verdict 7f0c41d2-93aa-4f6e-8a51-2f6d0b7c9e10 --output json

Exit codes: those of `smokemesh run`; 4 while the run is open; 2 when there is no such run.)";

PrintAndExit UsageError(const std::string& command, const std::string& sentence) {
  PrintAndExit result;
  result.exit_code = kExitUsage;
  const std::string help =
      command.empty() ? "smokemesh --help" : "smokemesh " + command + " --help";
  result.err = absl::StrCat("smokemesh: ", shared::EscapeControl(sentence), "; see `", help, "`\n");
  return result;
}

// Reads the command line into one object: CLI11 writes into its members.
class Parser {
 public:
  Parser(const std::vector<std::string>& arguments, const Environment& environment)
      : arguments_(arguments), environment_(environment) {
    app_.description("Smoke checks where the services run, judged by one verdict.");
    app_.get_formatter()->column_width(32);
    app_.footer(kMainFooter);
    app_.require_subcommand(0, 1);
    app_.allow_extras();
    app_.set_help_flag("-h,--help", "Show this help");
    app_.add_flag("--version", version_flag_, "Show the version");
    AddRun();
    AddClean();
    AddServe();
    AddLint();
    AddAgents();
    AddRuns();
    AddVerdict();
    AddCommand("version", "Show the version", "Example:\n  smokemesh version");
  }

  CommandLine Parse() {
    CommandLine result;
    result.command = ParseCommand();
    result.log_level = log_level_;
    return result;
  }

 private:
  using Command = decltype(CommandLine::command);

  CLI::App* AddCommand(const char* name, const char* description, const char* footer) {
    CLI::App* command = app_.add_subcommand(name, description);
    command->footer(footer);
    // What is left over is reported here, with a suggestion.
    command->allow_extras();
    command->set_help_flag("-h,--help", "Show this help");
    command
        ->add_option("--log-level", log_level_,
                     "Least level of log lines on standard error (default warn)")
        ->type_name("LEVEL")
        ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}));
    return command;
  }

  void AddCoordinator(CLI::App* command, std::string* target, const char* description) {
    command->add_option("--coordinator", *target, description)->type_name("HOST:PORT");
  }

  void AddOutput(CLI::App* command) {
    command->add_option("--output", output_, "What to print: text (default) or json")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "json"}));
  }

  void AddRunOutput(CLI::App* command) {
    command->add_option("--output", output_, "What to print: text (default), json, tap or github")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "json", "tap", "github"}));
    command->add_flag("-v,--verbose", run_.verbose, "Show every check with its steps");
    command->add_flag("--github", run_.github,
                      "Also write the step summary, annotations and outputs of GitHub Actions");
  }

  void AddRunWays(CLI::App* command) {
    command
        ->add_option("--env", run_.env,
                     "Read .env.NAME and .env from the working directory (default .env alone)")
        ->type_name("NAME");
    command->add_flag("--fail-fast", run_.fail_fast, "End the run when a ROLLBACK is certain");
    // A flag: only `--parallel=N` carries a value, so that it does not swallow what follows.
    command->add_flag("--parallel{0}", parallel_,
                      "Most checks at once, 1 to 1000 (default and without N: as many as the "
                      "agents take)");
    AddDuration(command, "--bake", &bake_, "Judge rounds over this time together");
    AddDuration(command, "--every", &every_,
                "From the start of a round of --bake to the next (default 30s)");
  }

  void AddDuration(CLI::App* command, const char* name, std::string* target,
                   const char* description) {
    command->add_option(name, *target, description)->type_name("DURATION");
  }

  void AddRun() {
    CLI::App* command = AddCommand("run", "Run a plan and judge it", kRunFooter);
    command->add_option("PLAN", run_.plan, "Plan file (YAML)")->required()->type_name("");
    AddCoordinator(command, &run_.coordinator,
                   "Run on the agents of this coordinator (also SMOKEMESH_COORDINATOR)");
    command->add_option("-m,--select", run_.select, "Only checks whose tags match")
        ->type_name("EXPR");
    command->add_option("-k,--match", run_.match, "Only checks whose names match")
        ->type_name("EXPR");
    command->add_flag("--quick", run_.quick, "Only the critical path: checks tagged critical");
    AddRunTimes(command);
    command
        ->add_option("--report", run_.report,
                     "Write report.html, junit.xml, report.json and report.txt into this folder")
        ->type_name("DIR");
    AddRunOutput(command);
    AddRunWays(command);
    command
        ->add_option("--request-id", run_.request_id,
                     "The same id with the same plan is the same run (default: a random one)")
        ->type_name("ID");
    command->add_option("--store", run_.store, "Keep the record of a one-shot run in this file")
        ->type_name("PATH");
    command->add_flag("--no-color", no_color_, "No colours (also NO_COLOR)");
  }

  void AddRunTimes(CLI::App* command) {
    AddDuration(command, "--timeout", &timeout_, "Longest time for the run, instead of the plan's");
    AddDuration(command, "--agent-wait", &agent_wait_,
                "How long to wait for agents that the plan names (default 10s)");
    AddDuration(command, "--connect-timeout", &connect_timeout_,
                "How long to try to reach the coordinator (default 5s)");
  }

  void AddClean() {
    CLI::App* command =
        AddCommand("clean", "Remove what killed runs of a plan left behind", kCleanFooter);
    command->add_option("PLAN", clean_.plan, "Plan file (YAML)")->required()->type_name("");
    command
        ->add_option("--run", clean_.runs,
                     "Clean up after this run; may be given again (default: all that may have left "
                     "something behind)")
        ->type_name("RUN")
        ->take_all()
        ->expected(1)
        ->allow_extra_args(false);
    AddCoordinator(command, &clean_.coordinator,
                   "Clean on the agents of this coordinator (also SMOKEMESH_COORDINATOR)");
    command->add_option("-m,--select", clean_.select, "Only checks whose tags match")
        ->type_name("EXPR");
    command->add_option("-k,--match", clean_.match, "Only checks whose names match")
        ->type_name("EXPR");
    AddRunTimes(command);
    command->add_flag("--no-color", no_color_, "No colours (also NO_COLOR)");
  }

  void AddServe() {
    CLI::App* command = AddCommand("serve", "Start a coordinator", kServeFooter);
    command
        ->add_option("--listen", serve_.listen,
                     "Where to listen (default 127.0.0.1:7070); port 0 takes a free one")
        ->type_name("HOST:PORT");
    command->add_option("--store", serve_.store, "SQLite file for runs (default smokemesh.db)")
        ->type_name("PATH");
    AddDuration(command, "--heartbeat", &heartbeat_,
                "Longest silence of an agent; three of them end its session (default 5s)");
    AddDuration(command, "--agent-grace", &agent_grace_,
                "How long a run waits for an agent that was lost (default 15s)");
    command->add_flag("--insecure", serve_.insecure,
                      "Listen without encryption on an address that others can reach");
  }

  void AddLint() {
    CLI::App* command = AddCommand("lint", "Check plans without running them", kLintFooter);
    command->add_option("PLAN", lint_.plans, "Plan files")->required()->type_name("");
  }

  void AddAgents() {
    AddCoordinator(AddCommand("agents", "List the agents of a coordinator", kAgentsFooter),
                   &coordinator_, "Coordinator to ask (default SMOKEMESH_COORDINATOR)");
  }

  void AddRuns() {
    CLI::App* command = AddCommand("runs", "List the runs of a coordinator", kRunsFooter);
    AddCoordinator(command, &coordinator_, "Coordinator to ask (default SMOKEMESH_COORDINATOR)");
    command->add_option("--limit", runs_.limit, "Greatest number of runs (default 20)")
        ->type_name("N")
        ->check(CLI::Range(1, 1000));
  }

  void AddVerdict() {
    CLI::App* command = AddCommand("verdict", "Show a run and exit with its code", kVerdictFooter);
    AddCoordinator(command, &coordinator_, "Coordinator to ask (default SMOKEMESH_COORDINATOR)");
    command->add_option("RUN", verdict_.run_id, "Identifier of the run, or latest")
        ->required()
        ->type_name("");
    AddOutput(command);
    command->add_flag("--no-color", no_color_, "No colours (also NO_COLOR)");
  }

  Command ParseCommand() {
    if (std::optional<PrintAndExit> unknown = UnknownCommand()) return *unknown;
    std::vector<std::string> reversed(arguments_.rbegin(), arguments_.rend());
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
      PrintAndExit help;
      help.out = Chosen() == nullptr ? app_.help() : HelpOf(Chosen());
      return help;
    } catch (const CLI::ParseError& error) {
      if (std::optional<PrintAndExit> unknown = UnknownOption()) return *unknown;
      return UsageError(ChosenName(), error.what());
    }
    if (std::optional<PrintAndExit> unknown = UnknownOption()) return *unknown;
    if (version_flag_) return VersionArguments{};
    if (Chosen() == nullptr) {
      PrintAndExit result = UsageError("", "a command is missing");
      absl::StrAppend(&result.err, "\n", app_.help());
      return result;
    }
    return Finish();
  }

  // Values that CLI11 does not check.
  Command Finish() {
    std::string problem;
    const auto duration = [&](const char* name, const std::string& text, auto* target) {
      if (text.empty() || !problem.empty()) return;
      const absl::StatusOr<shared::Duration> value = shared::ParseDuration(text);
      if (!value.ok() || value->count() <= 0) {
        problem = absl::StrCat(name, " \"", text, "\" is not a duration such as 250ms, 30s or 5m");
      } else {
        *target = *value;
      }
    };
    const std::string name = ChosenName();
    duration("--timeout", timeout_, &run_.timeout);
    duration("--agent-wait", agent_wait_, &run_.agent_wait);
    duration("--connect-timeout", connect_timeout_, &run_.connect_timeout);
    duration("--bake", bake_, &run_.bake);
    duration("--every", every_, &run_.every);
    clean_.timeout = run_.timeout;
    clean_.agent_wait = run_.agent_wait;
    clean_.connect_timeout = run_.connect_timeout;
    duration("--heartbeat", heartbeat_, &serve_.heartbeat);
    duration("--agent-grace", agent_grace_, &serve_.agent_grace);
    if (name == "run" && run_.coordinator.empty()) {
      run_.coordinator = environment_(kCoordinatorVariable);
    }
    if (clean_.coordinator.empty()) clean_.coordinator = environment_(kCoordinatorVariable);
    if (coordinator_.empty()) coordinator_ = environment_(kCoordinatorVariable);
    if (coordinator_.empty()) coordinator_ = kDefaultCoordinator;
    const auto address = [&](const char* option, const std::string& text) {
      const absl::Status status = ParseAddress(text).status();
      if (problem.empty() && !status.ok()) {
        problem = absl::StrCat(option, " ",
                               std::string(status.message().data(), status.message().size()));
      }
    };
    if (name == "run" && !run_.coordinator.empty()) address("--coordinator", run_.coordinator);
    if (name == "clean" && !clean_.coordinator.empty()) {
      address("--coordinator", clean_.coordinator);
    }
    if (name == "agents" || name == "runs" || name == "verdict") {
      address("--coordinator", coordinator_);
    }
    if (name == "serve") address("--listen", serve_.listen);
    if (name == "run" && problem.empty()) problem = RunProblem();
    if (!problem.empty()) return UsageError(name, problem);
    return Arguments(name);
  }

  std::string RunProblem() {
    if (!run_.store.empty() && !run_.coordinator.empty()) {
      return "--store is for one-shot runs: with a coordinator, its own store keeps the run";
    }
    if (run_.request_id.size() > 128) return "--request-id is longer than 128 characters";
    if (std::string problem = ParallelProblem(); !problem.empty()) return problem;
    return BakeProblem();
  }

  std::string ParallelProblem() {
    if (parallel_.empty()) return "";
    if (!absl::SimpleAtoi(parallel_, &run_.parallel) || run_.parallel < 0 || run_.parallel > 1000) {
      return absl::StrCat("--parallel \"", parallel_, "\" is not a number from 1 to 1000");
    }
    return "";
  }

  std::string BakeProblem() {
    constexpr auto kShortest = std::chrono::milliseconds(100);
    constexpr int kMostRounds = 1000;       // as many as a coordinator lists
    constexpr size_t kLongestBakeId = 120;  // `.1000` comes behind it
    if (!run_.bake) {
      return every_.empty() ? "" : "--every is the time between the rounds of --bake: say both";
    }
    if (every_.empty()) run_.every = std::min(run_.every, *run_.bake);
    if (run_.every < kShortest) return "--every is shorter than 100ms";
    if (run_.every > *run_.bake) return "--every is longer than --bake";
    if (*run_.bake / run_.every > kMostRounds) {
      return absl::StrCat("--bake ", bake_, " makes more than ", kMostRounds,
                          " rounds: say a longer --every");
    }
    if (run_.request_id.size() > kLongestBakeId) {
      return absl::StrCat("--request-id is longer than ", kLongestBakeId,
                          " characters, which is too long for a bake");
    }
    return "";
  }

  Command Arguments(const std::string& name) {
    Output output = Output::kText;
    if (output_ == "json") output = Output::kJson;
    if (output_ == "tap") output = Output::kTap;
    if (output_ == "github") output = Output::kGithub;
    if (!environment_("NO_COLOR").empty()) no_color_ = true;
    if (name == "run") {
      run_.output = output;
      run_.no_color = no_color_;
      return run_;
    }
    if (name == "clean") {
      clean_.no_color = no_color_;
      return clean_;
    }
    if (name == "serve") return serve_;
    if (name == "lint") return lint_;
    if (name == "agents") return AgentsArguments{coordinator_};
    if (name == "runs") {
      runs_.coordinator = coordinator_;
      return runs_;
    }
    if (name == "verdict") {
      verdict_.coordinator = coordinator_;
      verdict_.output = output;
      verdict_.no_color = no_color_;
      return verdict_;
    }
    return VersionArguments{};
  }

  CLI::App* Chosen() {
    const std::vector<CLI::App*> chosen = app_.get_subcommands();
    return chosen.empty() ? nullptr : chosen.front();
  }

  std::string ChosenName() { return Chosen() == nullptr ? "" : Chosen()->get_name(); }

  static std::string HelpOf(CLI::App* command) { return command->help("smokemesh"); }

  std::optional<PrintAndExit> UnknownCommand() {
    if (arguments_.empty() || arguments_[0].empty() || arguments_[0][0] == '-') return std::nullopt;
    std::vector<std::string> names;
    for (const CLI::App* command : app_.get_subcommands([](CLI::App*) { return true; })) {
      names.push_back(command->get_name());
    }
    if (std::find(names.begin(), names.end(), arguments_[0]) != names.end()) return std::nullopt;
    const std::string near = shared::DidYouMean(arguments_[0], names);
    return UsageError(
        "", absl::StrCat("unknown command \"", arguments_[0], "\"",
                         near.empty() ? ": commands are " + absl::StrJoin(names, ", ") : near));
  }

  std::optional<PrintAndExit> UnknownOption() {
    CLI::App* command = Chosen() == nullptr ? &app_ : Chosen();
    const std::vector<std::string> left = app_.remaining(/*recurse=*/true);
    if (left.empty()) return std::nullopt;
    const auto option = std::find_if(left.begin(), left.end(), [](const std::string& text) {
      return text.size() > 1 && text[0] == '-';
    });
    if (option == left.end()) {
      return UsageError(ChosenName(), absl::StrCat("unexpected argument \"", left.front(), "\""));
    }
    std::vector<std::string> names;
    for (const CLI::Option* known : command->get_options()) {
      for (const std::string& name : known->get_lnames()) names.push_back("--" + name);
    }
    const std::string given = option->substr(0, option->find('='));
    return UsageError(ChosenName(), absl::StrCat("unknown option \"", given, "\"",
                                                 shared::DidYouMean(given, names)));
  }

  const std::vector<std::string>& arguments_;
  const Environment& environment_;
  CLI::App app_{"", "smokemesh"};
  bool version_flag_ = false;
  bool no_color_ = false;
  std::string log_level_;
  std::string output_;
  std::string coordinator_;
  std::string timeout_;
  std::string agent_wait_;
  std::string connect_timeout_;
  std::string bake_;
  std::string every_;
  std::string parallel_;
  std::string heartbeat_;
  std::string agent_grace_;
  RunArguments run_;
  CleanArguments clean_;
  ServeArguments serve_;
  LintArguments lint_;
  RunsArguments runs_;
  VerdictArguments verdict_;
};

}  // namespace

CommandLine ParseCommandLine(const std::vector<std::string>& arguments,
                             const Environment& environment) {
  return Parser(arguments, environment).Parse();
}

}  // namespace smokemesh::coordinator
