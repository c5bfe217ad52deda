#include <string>

#include "coordinator/cli/command_line_definitions.h"
#include "coordinator/cli/command_line_parts.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kGroup[] = "Records";
constexpr char kWhich[] = "Which runs";
constexpr int kMostRuns = 1000;     // as many as a coordinator lists
constexpr int kMostHistory = 100;   // whole runs are read
constexpr int kMostReplayed = 200;  // whole records are read

shared::Argument RunArgument(const std::string& help) {
  return {.name = "RUN", .help = help, .kind = shared::ValueKind::kHint, .choices = {"latest"}};
}

shared::Option PlanNameOption(const std::string& help) {
  return {.name = "plan", .value = "NAME", .help = help, .group = kWhich};
}

shared::Option LimitOption(const std::string& help) {
  return {.name = "limit", .value = "N", .help = help, .group = kWhich};
}

shared::Command RunsCommand() {
  shared::Command command;
  command.name = "runs";
  command.help = "List runs, the newest first";
  command.group = kGroup;
  command.options = {
      PlanNameOption("Only runs of the plan of this name"),
      {.name = "bake", .value = "ID", .help = "Only rounds of this bake", .group = kWhich},
      LimitOption("Greatest number of runs, 1 to 1000 (default 20)")};
  Append(SourceOptions(), &command.options);
  Append({OutputOption({"text", "json"})}, &command.options);
  command.examples = {{"smokemesh runs --limit 5", ""},
                      {"smokemesh runs --plan aura --store smokemesh.db", "of a file"}};
  command.exit_codes = {{"0", "they are listed"},
                        {"2", "usage, or the store cannot be read"},
                        {"3", "no coordinator answers"}};
  AddCommonOptions(&command);
  return command;
}

absl::StatusOr<ParsedCommand> ReadRuns(const shared::Values& values,
                                       const Environment& environment) {
  ValueReader reader(values, environment);
  RunsArguments runs;
  runs.source = reader.Source();
  runs.plan_name = reader.Text("plan");
  runs.bake_id = reader.Text("bake");
  reader.ReadNumber("limit", 1, kMostRuns, &runs.limit);
  runs.output = reader.OutputOf();
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(runs));
}

shared::Command VerdictCommand() {
  shared::Command command;
  command.name = "verdict";
  command.help = "Show a run or a bake and exit with its code";
  command.group = kGroup;
  command.arguments = {RunArgument("Identifier of a run or of a bake, or latest")};
  command.options = SourceOptions();
  Append({OutputOption({"text", "json", "tap"}), VerboseOption(), NoColorOption()},
         &command.options);
  command.examples = {{"smokemesh verdict latest", ""},
                      {"smokemesh verdict 20261122-115030-4f9a1c --output json", ""},
                      {"smokemesh verdict latest --store smokemesh.db", "of a file"}};
  command.exit_codes = VerdictCodes();
  command.exit_codes.pop_back();
  AddCommonOptions(&command);
  return command;
}

absl::StatusOr<ParsedCommand> ReadVerdict(const shared::Values& values,
                                          const Environment& environment) {
  ValueReader reader(values, environment);
  VerdictArguments verdict;
  verdict.source = reader.Source();
  verdict.run_id = reader.Text("RUN");
  verdict.output = reader.OutputOf();
  verdict.verbose = reader.Flag("verbose");
  verdict.no_color = reader.NoColor();
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(verdict));
}

shared::Command ReplayCommand() {
  shared::Command command;
  command.name = "replay";
  command.help = "Judge recorded runs again by another policy";
  command.group = kGroup;
  command.description =
      "Nothing is run: the outcomes are those of the record. The policy file is a policy, or a "
      "plan, of which only the policy is read. With one run the report is shown as the policy "
      "would "
      "have made it; with several a table of the verdicts then and now. Runs that are open or only "
      "clean up are refused where they are named, and passed over by --last.";
  command.arguments = {RunArgument("Identifiers of runs, or latest")};
  command.arguments[0].required = false;
  command.arguments[0].repeated = true;
  command.options = {{.name = "policy",
                      .value = "FILE",
                      .help = "Policy to judge by, or a plan with one (required)",
                      .group = kWhich,
                      .kind = shared::ValueKind::kFile},
                     {.name = "last",
                      .value = "N",
                      .help = "The newest N runs that were judged, 1 to 200",
                      .group = kWhich},
                     PlanNameOption("Of --last: only runs of the plan of this name")};
  Append(SourceOptions(), &command.options);
  Append({OutputOption({"text", "json"}), VerboseOption(), NoColorOption()}, &command.options);
  command.examples = {
      {"smokemesh replay latest --policy stricter.yaml", ""},
      {"smokemesh replay --last 20 --plan aura --policy new.yaml", "what would have changed"}};
  command.exit_codes = {
      {"0, 1, 4, 5", "one run: the code of the verdict now"},
      {"0", "several: all could be judged"},
      {"2", "usage, no such run, a run that cannot be judged, or the policy is wrong"},
      {"3", "no coordinator answers"}};
  AddCommonOptions(&command);
  return command;
}

absl::StatusOr<ParsedCommand> ReadReplay(const shared::Values& values,
                                         const Environment& environment) {
  ValueReader reader(values, environment);
  ReplayArguments replay;
  replay.source = reader.Source();
  replay.runs = reader.All("RUN");
  replay.policy = reader.Text("policy");
  reader.ReadNumber("last", 1, kMostReplayed, &replay.last);
  replay.plan_name = reader.Text("plan");
  if (replay.policy.empty()) {
    reader.Wrong("--policy FILE is required: the policy to judge by, or a plan with one");
  }
  if (replay.runs.empty() && !reader.Flag("last")) {
    reader.Wrong("RUN is required: identifiers of runs, latest, or --last N");
  }
  if (replay.runs.size() > kMostReplayed) reader.Wrong("more than 200 runs are named");
  if (!replay.plan_name.empty() && !reader.Flag("last")) {
    reader.Wrong("--plan narrows --last N: say both");
  }
  replay.output = reader.OutputOf();
  replay.verbose = reader.Flag("verbose");
  replay.no_color = reader.NoColor();
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(replay));
}

shared::Command VerifyCommand() {
  shared::Command command;
  command.name = "verify";
  command.help = "Make a recorded verdict again from its evidence and compare";
  command.group = kGroup;
  command.arguments = {RunArgument("Identifier of a run, or latest")};
  command.options = SourceOptions();
  Append({OutputOption({"text", "json"})}, &command.options);
  command.examples = {{"smokemesh verify latest", ""},
                      {"smokemesh verify latest --store smokemesh.db", "of a file"}};
  command.exit_codes = {{"0", "verified: the record holds"},
                        {"1", "the record does not hold: each problem is printed"},
                        {"2", "usage, no such run, or a clean-up, which has no verdict"},
                        {"3", "no coordinator answers"},
                        {"4", "the run is still open"}};
  AddCommonOptions(&command);
  return command;
}

absl::StatusOr<ParsedCommand> ReadVerify(const shared::Values& values,
                                         const Environment& environment) {
  ValueReader reader(values, environment);
  VerifyArguments verify;
  verify.source = reader.Source();
  verify.run_id = reader.Text("RUN");
  verify.output = reader.OutputOf();
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(verify));
}

shared::Command HistoryCommand() {
  shared::Command command;
  command.name = "history";
  command.help = "Show how the checks of a plan went in its last runs";
  command.group = kGroup;
  command.description =
      "A row for each check, a column for each run, the newest on the right: passed, flaky, not "
      "passed, no evidence, skipped or not in the run; the legend tells the signs. Beside it the "
      "median and the last time of the check, and what is new.";
  command.arguments = {{.name = "CHECK",
                        .help = "Only checks whose names contain one of these",
                        .required = false,
                        .repeated = true}};
  command.options = {PlanNameOption("Runs of the plan of this name (default: that of the newest)"),
                     LimitOption("Greatest number of runs, 1 to 100 (default 20)")};
  Append(SourceOptions(), &command.options);
  Append({OutputOption({"text", "json"}), NoColorOption()}, &command.options);
  command.examples = {{"smokemesh history", ""},
                      {"smokemesh history login token --plan aura --limit 50", ""}};
  command.exit_codes = {{"0", "it is shown"},
                        {"2", "usage, no such check, or the store cannot be read"},
                        {"3", "no coordinator answers"}};
  AddCommonOptions(&command);
  return command;
}

absl::StatusOr<ParsedCommand> ReadHistory(const shared::Values& values,
                                          const Environment& environment) {
  ValueReader reader(values, environment);
  HistoryArguments history;
  history.source = reader.Source();
  history.checks = reader.All("CHECK");
  history.plan_name = reader.Text("plan");
  reader.ReadNumber("limit", 1, kMostHistory, &history.limit);
  history.output = reader.OutputOf();
  history.no_color = reader.NoColor();
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(history));
}

}  // namespace

CommandDefinition DefineRuns() { return {RunsCommand(), ReadRuns}; }
CommandDefinition DefineVerdict() { return {VerdictCommand(), ReadVerdict}; }
CommandDefinition DefineReplay() { return {ReplayCommand(), ReadReplay}; }
CommandDefinition DefineVerify() { return {VerifyCommand(), ReadVerify}; }
CommandDefinition DefineHistory() { return {HistoryCommand(), ReadHistory}; }

}  // namespace smokemesh::coordinator
