#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/command_line_definitions.h"
#include "coordinator/cli/command_line_parts.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kMostParallel = 1000;
constexpr int kMostRounds = 1000;  // as many as a coordinator lists
constexpr size_t kLongestRequestId = 128;
constexpr size_t kLongestBakeId = 120;  // `.1000` comes behind it

shared::Option EnvOption() {
  return {.name = "env",
          .value = "NAME",
          .help = "Read .env.NAME and .env from the working directory (default: .env alone)",
          .group = kWhere};
}

shared::Option AgentPolicyOption() {
  return {.name = "agent-policy",
          .value = "FILE",
          .help = "One-shot: what the plan may make this process do, as smokemesh-agent --policy",
          .group = kWhere,
          .kind = shared::ValueKind::kFile};
}

std::string ReadAgentPolicy(const std::string& coordinator, ValueReader* reader) {
  std::string file = reader->Text("agent-policy");
  if (!file.empty() && !coordinator.empty()) {
    reader->Wrong("--agent-policy is for one-shot runs: agents have policies of their own");
  }
  return file;
}

shared::Command RunCommand() {
  shared::Command command;
  command.name = "run";
  command.help = "Run a plan and judge it";
  command.group = "Checks";
  command.description =
      "Without --coordinator and SMOKEMESH_COORDINATOR the checks run in this process (one-shot), "
      "and ${NAME} in the plan reads its environment, .env.NAME and .env. With a coordinator they "
      "run on its agents, each with the environment of its own.\n\n"
      "With --bake the plan is run in rounds, which are judged together: rules of the policy may "
      "ask for k of the last n rounds. No round follows a ROLLBACK.";
  command.arguments = {PlanArgument()};
  command.options = SelectionOptions();
  Append({{.name = "quick",
           .help = "Only the quick checks of the plan: those tagged critical, if it says no other",
           .group = kWhat},
          {.name = "fail-fast", .help = "End the run when a ROLLBACK is certain", .group = kWhat},
          {.name = "parallel",
           .value = "N",
           .help = "Most checks at once, 1 to 1000; without N as many as the agents take (default)",
           .group = kWhat,
           .optional_value = true},
          {.name = "deployment",
           .value = "VERSION",
           .help = "The version to judge, of all services, or SERVICE=VERSION of one; may be given "
                   "again. An agent that says another, or none, is no witness",
           .group = kWhat,
           .repeated = true},
          CoordinatorOption("Run on the agents of this coordinator (also SMOKEMESH_COORDINATOR)"),
          EnvOption(),
          AgentPolicyOption(),
          {.name = "store",
           .value = "PATH",
           .help = "Keep the record of a one-shot run in this file",
           .group = kWhere,
           .kind = shared::ValueKind::kFile}},
         &command.options);
  Append(SecurityOptions(), &command.options);
  Append(RunTimeOptions(), &command.options);
  Append({DurationOption("bake", "Run rounds of the plan over this time and judge them together",
                         kTime),
          DurationOption("every",
                         "From the start of a round to that of the next (default 30s, or the time "
                         "of --bake if that is shorter)",
                         kTime),
          OutputOption({"text", "json", "tap", "github"}),
          VerboseOption(),
          {.name = "report",
           .value = "DIR",
           .help = "Write the reports into this folder: HTML, JUnit, JSON, Markdown, TAP, text",
           .group = kShown,
           .kind = shared::ValueKind::kFolder},
          {.name = "github",
           .help = "Also write the step summary, annotations and outputs of GitHub Actions",
           .group = kShown},
          NoColorOption(),
          {.name = "request-id",
           .value = "ID",
           .help = "The same id with the same plan is the same run (default: a random one)",
           .group = kOther}},
         &command.options);
  command.examples = {
      {"smokemesh run deploy/plans/aura.yaml", ""},
      {"smokemesh run plan.yaml -m \"database and not slow\"", "checks by tag"},
      {"smokemesh run plan.yaml -k \"login or token\"", "checks by a part of their name"},
      {"smokemesh run plan.yaml --quick --fail-fast", "the critical path only"},
      {"smokemesh run plan.yaml --env staging", "variables from .env.staging"},
      {"smokemesh run plan.yaml --coordinator 127.0.0.1:7070", "on the agents"},
      {"smokemesh run plan.yaml --coordinator 127.0.0.1:7070 --deployment 1.4.2",
       "only beside this version"},
      {"smokemesh run plan.yaml --bake 10m --every 1m", "ten minutes, round after round"},
      {"smokemesh run plan.yaml --report out --github", "in a pipeline"},
      {"smokemesh run plan.yaml --output json | jq .verdict.decision", "for a program"}};
  command.exit_codes = VerdictCodes();
  AddCommonOptions(&command);
  return command;
}

void ReadBake(ValueReader* reader, RunArguments* run) {
  constexpr auto kShortest = std::chrono::milliseconds(100);
  reader->ReadDuration("bake", &run->bake);
  reader->ReadDuration("every", &run->every);
  if (!run->bake) {
    if (reader->Flag("every")) {
      reader->Wrong("--every is the time between the rounds of --bake: say both");
    }
    return;
  }
  if (!reader->Flag("every")) run->every = std::min(run->every, *run->bake);
  if (run->every < kShortest) reader->Wrong("--every is shorter than 100ms");
  if (run->every > *run->bake) reader->Wrong("--every is longer than --bake");
  if (*run->bake / run->every > kMostRounds) {
    reader->Wrong(absl::StrCat("--bake ", reader->Text("bake"), " makes more than ", kMostRounds,
                               " rounds: say a longer --every"));
  }
  if (run->request_id.size() > kLongestBakeId) {
    reader->Wrong(absl::StrCat("--request-id is longer than ", kLongestBakeId,
                               " characters, which is too long for a bake"));
  }
}

// NAME of `.env.NAME`: part of a file's name, not a path.
bool IsEnvName(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
}

std::string ReadEnv(ValueReader* reader) {
  std::string env = reader->Text("env");
  if (!IsEnvName(env)) {
    reader->Wrong(absl::StrCat("--env \"", env,
                               "\" is no NAME of a file .env.NAME here: letters, digits, dots, "
                               "underscores and hyphens"));
  }
  return env;
}

Deployment ReadDeploymentOf(const std::string& coordinator, ValueReader* reader) {
  absl::StatusOr<Deployment> deployment = ReadDeployment(reader->All("deployment"));
  if (!deployment.ok()) {
    reader->Wrong(std::string(deployment.status().message()));
    return {};
  }
  std::set<std::string> versions;
  for (const auto& [service, version] : *deployment) versions.insert(version);
  if (coordinator.empty() && versions.size() > 1) {
    reader->Wrong(
        "--deployment names several versions, and without a coordinator one agent stands for all "
        "services: it can stand beside one version only");
  }
  return *std::move(deployment);
}

absl::StatusOr<ParsedCommand> ReadRun(const shared::Values& values,
                                      const Environment& environment) {
  ValueReader reader(values, environment);
  RunArguments run;
  run.plan = reader.Text("PLAN");
  run.coordinator = reader.Coordinator();
  run.security = reader.Security(run.coordinator);
  run.select = reader.Text("select");
  run.match = reader.Text("match");
  run.quick = reader.Flag("quick");
  run.fail_fast = reader.Flag("fail-fast");
  reader.ReadOptionalNumber("parallel", kMostParallel, &run.parallel);
  run.deployment = ReadDeploymentOf(run.coordinator, &reader);
  run.env = ReadEnv(&reader);
  run.agent_policy = ReadAgentPolicy(run.coordinator, &reader);
  run.store = reader.Text("store");
  if (!run.store.empty() && !run.coordinator.empty()) {
    reader.Wrong("--store is for one-shot runs: with a coordinator, its own store keeps the run");
  }
  reader.ReadDuration("timeout", &run.timeout);
  reader.ReadDuration("agent-wait", &run.agent_wait);
  reader.ReadDuration("connect-timeout", &run.connect_timeout);
  run.request_id = reader.Text("request-id");
  if (run.request_id.size() > kLongestRequestId) {
    reader.Wrong(absl::StrCat("--request-id is longer than ", kLongestRequestId, " characters"));
  }
  ReadBake(&reader, &run);
  run.report = reader.Text("report");
  run.output = reader.OutputOf();
  run.verbose = reader.Flag("verbose");
  run.github = reader.Flag("github");
  run.no_color = reader.NoColor();
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(run));
}

shared::Command CleanCommand() {
  shared::Command command;
  command.name = "clean";
  command.help = "Remove what killed runs of a plan left behind";
  command.group = "Checks";
  command.description =
      "It carries out what the checks say under `finally` and drops their scratch schemas, with "
      "the "
      "names that they had in those runs. Nothing is proved by it: it gives no verdict.";
  command.arguments = {PlanArgument()};
  command.options = {{.name = "run",
                      .value = "RUN",
                      .help = "Clean up after this run, whatever became of it; may be given again "
                              "(default: all that may have left something behind)",
                      .group = kWhat,
                      .repeated = true}};
  Append(SelectionOptions(), &command.options);
  Append({CoordinatorOption("Clean on the agents of this coordinator (also SMOKEMESH_COORDINATOR)"),
          EnvOption(), AgentPolicyOption()},
         &command.options);
  Append(SecurityOptions(), &command.options);
  Append(RunTimeOptions(), &command.options);
  Append({NoColorOption()}, &command.options);
  command.examples = {
      {"smokemesh clean plan.yaml", "after one-shot runs that were killed here"},
      {"smokemesh clean plan.yaml --coordinator 127.0.0.1:7070", "after runs of killed agents"},
      {"smokemesh clean plan.yaml --run 20261122-115030-4f9a1c", "after this run"}};
  command.exit_codes = {{"0", "all clean, or nothing to clean up"},
                        {"1", "something could not be removed"},
                        {"2", "usage or configuration, or a run that is still going on"},
                        {"3", "no coordinator answers"},
                        {"4", "an agent was missing or did not report: nobody looked"},
                        {"130, 143", "stopped by SIGINT, SIGTERM"}};
  AddCommonOptions(&command);
  return command;
}

absl::StatusOr<ParsedCommand> ReadClean(const shared::Values& values,
                                        const Environment& environment) {
  ValueReader reader(values, environment);
  CleanArguments clean;
  clean.plan = reader.Text("PLAN");
  clean.runs = reader.All("run");
  clean.coordinator = reader.Coordinator();
  clean.security = reader.Security(clean.coordinator);
  clean.env = ReadEnv(&reader);
  clean.agent_policy = ReadAgentPolicy(clean.coordinator, &reader);
  clean.select = reader.Text("select");
  clean.match = reader.Text("match");
  reader.ReadDuration("timeout", &clean.timeout);
  reader.ReadDuration("agent-wait", &clean.agent_wait);
  reader.ReadDuration("connect-timeout", &clean.connect_timeout);
  clean.no_color = reader.NoColor();
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(clean));
}

}  // namespace

CommandDefinition DefineRun() { return {RunCommand(), ReadRun}; }
CommandDefinition DefineClean() { return {CleanCommand(), ReadClean}; }

}  // namespace smokemesh::coordinator
