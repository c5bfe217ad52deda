#include "coordinator/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace smokemesh::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

CommandLine Parse(const std::vector<std::string>& arguments,
                  const std::map<std::string, std::string>& variables = {}) {
  return ParseCommandLine(arguments, [&](const char* name) {
    const auto it = variables.find(name);
    return it == variables.end() ? std::string() : it->second;
  });
}

// What is printed instead of carrying a command out.
PrintAndExit Printed(const CommandLine& line) {
  const auto* print = std::get_if<PrintAndExit>(&line.command);
  return print == nullptr ? PrintAndExit{.exit_code = -1} : *print;
}

void ExpectUsageError(const std::vector<std::string>& arguments, const std::string& part) {
  const PrintAndExit print = Printed(Parse(arguments));
  EXPECT_EQ(print.exit_code, 2) << part;
  EXPECT_EQ(print.out, "");
  EXPECT_THAT(print.err, StartsWith("smokemesh: "));
  EXPECT_THAT(print.err, HasSubstr(part));
}

TEST(CommandLine, ReadsEveryOptionOfRun) {
  const CommandLine line = Parse({"run",
                                  "plan.yaml",
                                  "--coordinator",
                                  "127.0.0.1:1",
                                  "-m",
                                  "a and b",
                                  "-k",
                                  "c",
                                  "--timeout",
                                  "1m30s",
                                  "--report",
                                  "out",
                                  "--output",
                                  "json",
                                  "--request-id",
                                  "r1",
                                  "--agent-wait",
                                  "3s",
                                  "--connect-timeout",
                                  "250ms",
                                  "--no-color",
                                  "--log-level",
                                  "debug"});
  const auto& run = std::get<RunArguments>(line.command);
  EXPECT_EQ(run.plan, "plan.yaml");
  EXPECT_EQ(run.coordinator, "127.0.0.1:1");
  EXPECT_EQ(run.select, "a and b");
  EXPECT_EQ(run.match, "c");
  EXPECT_EQ(run.timeout, std::chrono::seconds(90));
  EXPECT_EQ(run.report, "out");
  EXPECT_EQ(run.output, Output::kJson);
  EXPECT_EQ(run.request_id, "r1");
  EXPECT_EQ(run.agent_wait, std::chrono::seconds(3));
  EXPECT_EQ(run.connect_timeout, std::chrono::milliseconds(250));
  EXPECT_TRUE(run.no_color);
  EXPECT_EQ(line.log_level, "debug");
}

TEST(CommandLine, AllowsOptionsBeforeThePlan) {
  const CommandLine line = Parse({"run", "-m", "smoke", "plan.yaml"});
  EXPECT_EQ(std::get<RunArguments>(line.command).plan, "plan.yaml");
}

TEST(CommandLine, RunsInThisProcessWhenNoCoordinatorIsNamed) {
  EXPECT_EQ(std::get<RunArguments>(Parse({"run", "p"}).command).coordinator, "");
}

TEST(CommandLine, TakesTheCoordinatorFromTheEnvironmentAndTheOptionBeforeIt) {
  const std::map<std::string, std::string> variables = {{"SMOKEMESH_COORDINATOR", "127.0.0.1:11"}};
  EXPECT_EQ(std::get<RunArguments>(Parse({"run", "p"}, variables).command).coordinator,
            "127.0.0.1:11");
  EXPECT_EQ(std::get<RunArguments>(
                Parse({"run", "p", "--coordinator", "127.0.0.1:22"}, variables).command)
                .coordinator,
            "127.0.0.1:22");
  EXPECT_EQ(std::get<AgentsArguments>(Parse({"agents"}, variables).command).coordinator,
            "127.0.0.1:11");
}

TEST(CommandLine, AsksTheLocalCoordinatorWhenNoneIsNamed) {
  EXPECT_EQ(std::get<AgentsArguments>(Parse({"agents"}).command).coordinator, "127.0.0.1:7070");
  EXPECT_EQ(std::get<VerdictArguments>(Parse({"verdict", "latest"}).command).source.coordinator,
            "127.0.0.1:7070");
}

TEST(CommandLine, PlaintextIsForThisMachine) {
  const std::vector<std::vector<std::string>> commands = {{"run", "p"},
                                                          {"clean", "p"},
                                                          {"agents"},
                                                          {"runs"},
                                                          {"verdict", "latest"},
                                                          {"verify", "latest"},
                                                          {"history"},
                                                          {"replay", "latest", "--policy", "p"}};
  for (const std::vector<std::string>& command : commands) {
    SCOPED_TRACE(command.front());
    std::vector<std::string> far = command;
    far.insert(far.end(), {"--coordinator", "mesh.example:7070"});
    ExpectUsageError(far, "the way there would be plaintext");
    std::vector<std::string> insecure = far;
    insecure.push_back("--insecure");
    EXPECT_EQ(Printed(Parse(insecure)).exit_code, -1);
    std::vector<std::string> half = far;
    half.insert(half.end(), {"--tls-ca", "ca", "--tls-cert", "c"});
    ExpectUsageError(half, "go together");
    std::vector<std::string> secure = far;
    secure.insert(secure.end(), {"--tls-ca", "ca", "--tls-cert", "c", "--tls-key", "k"});
    EXPECT_EQ(Printed(Parse(secure)).exit_code, -1);
    EXPECT_EQ(Printed(Parse(far, {{"SMOKEMESH_TLS_CA", "ca"}})).exit_code, -1);
    std::vector<std::string> token = command;
    token.insert(token.end(), {"--coordinator", "127.0.0.1:1", "--token-file", "t"});
    ExpectUsageError(token, "over TLS only");
  }
}

TEST(CommandLine, ReadsHowACoordinatorIsSpokenTo) {
  const auto run = std::get<RunArguments>(
      Parse({"run", "p", "--coordinator", "mesh.example:1", "--tls-ca", "ca", "--tls-cert", "c",
             "--tls-key", "k", "--tls-server-name", "n", "--token-file", "t"})
          .command);
  EXPECT_EQ(run.security.tls.ca, "ca");
  EXPECT_EQ(run.security.tls.cert, "c");
  EXPECT_EQ(run.security.tls.key, "k");
  EXPECT_EQ(run.security.server_name, "n");
  EXPECT_EQ(run.security.token_file, "t");
  // One-shot runs talk to nobody.
  const auto alone =
      std::get<RunArguments>(Parse({"run", "p"}, {{"SMOKEMESH_TLS_CA", "ca"}}).command);
  EXPECT_FALSE(alone.security.encrypted());
}

TEST(CommandLine, ServeTakesCertificatesAsAWhole) {
  const auto serve = std::get<ServeArguments>(
      Parse({"serve", "--tls-cert", "c", "--tls-key", "k", "--tls-ca", "a", "--tokens", "t"})
          .command);
  EXPECT_EQ(serve.tls.cert, "c");
  EXPECT_EQ(serve.tls.key, "k");
  EXPECT_EQ(serve.tls.ca, "a");
  EXPECT_EQ(serve.tokens, "t");
  ExpectUsageError({"serve", "--tls-cert", "c", "--tls-key", "k"}, "go together");
  ExpectUsageError({"serve", "--tokens", "t"}, "over TLS only");
  ExpectUsageError({"serve", "--tls-cert", "c", "--tls-key", "k", "--tls-ca", "a", "--insecure"},
                   "means plaintext");
}

TEST(CommandLine, ReadsCertsAndToken) {
  const auto init = std::get<CertsArguments>(
      Parse({"certs",         "init", "--dir",         "d",        "--trust-domain", "prod",
             "--coordinator", "h",    "--coordinator", "10.0.0.5", "--agent",        "a",
             "--agent",       "b",    "--runner",      "ci",       "--viewer",       "v",
             "--admin",       "x",    "--replica",     "r",        "--days",         "7"})
          .command);
  EXPECT_EQ(init.action, CertsArguments::Action::kInit);
  EXPECT_EQ(init.dir, "d");
  EXPECT_EQ(init.trust_domain, "prod");
  EXPECT_THAT(init.hosts, ElementsAre("h", "10.0.0.5"));
  EXPECT_THAT(init.agents, ElementsAre("a", "b"));
  EXPECT_THAT(init.runners, ElementsAre("ci"));
  EXPECT_THAT(init.viewers, ElementsAre("v"));
  EXPECT_THAT(init.admins, ElementsAre("x"));
  EXPECT_THAT(init.replicas, ElementsAre("r"));
  EXPECT_EQ(init.days, 7);
  const auto show = std::get<CertsArguments>(Parse({"certs", "show", "f"}).command);
  EXPECT_EQ(show.action, CertsArguments::Action::kShow);
  EXPECT_EQ(show.file, "f");
  ExpectUsageError({"certs"}, "ACTION is required");
  ExpectUsageError({"certs", "shwo", "f"}, "none of init, issue, show");
  ExpectUsageError({"certs", "init"}, "--dir DIR is required");
  ExpectUsageError({"certs", "init", "f", "--dir", "d"}, "takes no FILE");
  ExpectUsageError({"certs", "issue", "--dir", "d"}, "nobody is named");
  ExpectUsageError({"certs", "issue", "--dir", "d", "--agent", "a", "--trust-domain", "t"},
                   "is the authority's");
  ExpectUsageError({"certs", "init", "--dir", "d", "--replica", "r"}, "needs --coordinator");
  ExpectUsageError({"certs", "init", "--dir", "d", "--days", "0"}, "1 to 3650");
  ExpectUsageError({"certs", "show"}, "FILE is required");
  ExpectUsageError({"certs", "show", "f", "--dir", "d"}, "nothing else");

  const auto token = std::get<TokenArguments>(Parse({"token", "create", "--name", "ci", "--role",
                                                     "runner", "--file", "f", "--expires", "90d"})
                                                  .command);
  EXPECT_EQ(token.name, "ci");
  EXPECT_EQ(token.role, "runner");
  EXPECT_EQ(token.file, "f");
  EXPECT_EQ(token.days, 90);
  for (const char* days : {"90", "d", "0d", "-1d", "90h", "9999d", "1.5d"}) {
    ExpectUsageError({"token", "create", "--name", "ci", "--role", "runner", "--file", "f",
                      std::string("--expires=") + days},
                     "is not a number of days");
  }
  ExpectUsageError({"token", "create", "--name", "ci", "--role", "agent", "--file", "f"},
                   "none of runner, viewer, admin");
  ExpectUsageError({"token", "create", "--role", "runner", "--file", "f"}, "--name NAME");
}

TEST(CommandLine, ServesOnLoopbackByDefault) {
  const auto serve = std::get<ServeArguments>(Parse({"serve"}).command);
  EXPECT_EQ(serve.listen, "127.0.0.1:7070");
  EXPECT_EQ(serve.store, "smokemesh.db");
  EXPECT_FALSE(serve.insecure);
}

TEST(CommandLine, ReadsReplicas) {
  const auto serve =
      std::get<ServeArguments>(Parse({"serve", "--store", "postgresql://u@h/d", "--advertise",
                                      "10.0.0.1:7070", "--lease", "3s"})
                                   .command);
  EXPECT_EQ(serve.store, "postgresql://u@h/d");
  EXPECT_EQ(serve.advertise, "10.0.0.1:7070");
  EXPECT_EQ(serve.lease, std::chrono::seconds(3));
  for (const char* lease : {"499ms", "301s", "0s", "soon"}) {
    EXPECT_EQ(std::get<PrintAndExit>(Parse({"serve", "--lease", lease}).command).exit_code, 2)
        << lease;
  }
  EXPECT_EQ(std::get<PrintAndExit>(Parse({"serve", "--advertise", "here"}).command).exit_code, 2);
}

TEST(CommandLine, TakesTheStoreFromTheEnvironment) {
  const std::map<std::string, std::string> variables = {{"SMOKEMESH_STORE", "postgresql://a/b"},
                                                        {"URL", "postgresql://c/d"}};
  EXPECT_EQ(std::get<ServeArguments>(Parse({"serve"}, variables).command).store,
            "postgresql://a/b");
  EXPECT_EQ(std::get<ServeArguments>(Parse({"serve", "--store", "x.db"}, variables).command).store,
            "x.db");
  EXPECT_EQ(
      std::get<ServeArguments>(Parse({"serve", "--store", "${URL}"}, variables).command).store,
      "postgresql://c/d");
  const auto unset = std::get<PrintAndExit>(Parse({"serve", "--store", "${NO}"}).command);
  EXPECT_EQ(unset.exit_code, 2);
  EXPECT_THAT(unset.err, HasSubstr("the variable NO, which is not set"));
}

TEST(CommandLine, ReadsServeAndTheRest) {
  const auto serve =
      std::get<ServeArguments>(Parse({"serve", "--listen", "127.0.0.1:0", "--store", "x.db",
                                      "--heartbeat", "1s", "--agent-grace", "2s", "--insecure"})
                                   .command);
  EXPECT_EQ(serve.listen, "127.0.0.1:0");
  EXPECT_EQ(serve.store, "x.db");
  EXPECT_EQ(serve.heartbeat, std::chrono::seconds(1));
  EXPECT_EQ(serve.agent_grace, std::chrono::seconds(2));
  EXPECT_TRUE(serve.insecure);
  EXPECT_THAT(std::get<LintArguments>(Parse({"lint", "a", "b"}).command).plans,
              ElementsAre("a", "b"));
  EXPECT_EQ(std::get<RunsArguments>(Parse({"runs", "--limit", "3"}).command).limit, 3);
  EXPECT_TRUE(std::holds_alternative<VersionArguments>(Parse({"version"}).command));
  EXPECT_TRUE(std::holds_alternative<VersionArguments>(Parse({"--version"}).command));
}

TEST(CommandLine, ReadsEveryOptionOfClean) {
  const CommandLine line = Parse({"clean",
                                  "plan.yaml",
                                  "--run",
                                  "r1",
                                  "--run",
                                  "r2",
                                  "--coordinator",
                                  "127.0.0.1:1",
                                  "-m",
                                  "a",
                                  "-k",
                                  "b",
                                  "--timeout",
                                  "1m",
                                  "--agent-wait",
                                  "3s",
                                  "--connect-timeout",
                                  "250ms",
                                  "--no-color",
                                  "--env",
                                  "staging"});
  const auto& clean = std::get<CleanArguments>(line.command);
  EXPECT_EQ(clean.plan, "plan.yaml");
  EXPECT_THAT(clean.runs, ElementsAre("r1", "r2"));
  EXPECT_EQ(clean.coordinator, "127.0.0.1:1");
  EXPECT_EQ(clean.select, "a");
  EXPECT_EQ(clean.match, "b");
  EXPECT_EQ(clean.timeout, std::chrono::minutes(1));
  EXPECT_EQ(clean.agent_wait, std::chrono::seconds(3));
  EXPECT_EQ(clean.connect_timeout, std::chrono::milliseconds(250));
  EXPECT_TRUE(clean.no_color);
  EXPECT_EQ(clean.env, "staging");
  EXPECT_EQ(std::get<PrintAndExit>(Parse({"clean", "p", "--env", "a/b"}).command).exit_code, 2);
}

TEST(CommandLine, CleanIsOneShotWithoutACoordinator) {
  EXPECT_EQ(std::get<CleanArguments>(Parse({"clean", "p"}).command).coordinator, "");
  const CommandLine line = Parse({"clean", "p"}, {{"SMOKEMESH_COORDINATOR", "127.0.0.1:2"}});
  EXPECT_EQ(std::get<CleanArguments>(line.command).coordinator, "127.0.0.1:2");
  ExpectUsageError({"clean"}, "PLAN is required");
  ExpectUsageError({"clean", "p", "q"}, "unexpected argument \"q\"");
  ExpectUsageError({"clean", "p", "--run", "r", "q"}, "unexpected argument \"q\"");
  ExpectUsageError({"clean", "p", "--coordinator", "nowhere"}, "has no port");
}

TEST(CommandLine, ReadsQuick) {
  EXPECT_TRUE(std::get<RunArguments>(Parse({"run", "p", "--quick"}).command).quick);
  EXPECT_FALSE(std::get<RunArguments>(Parse({"run", "p"}).command).quick);
}

RunArguments RunOf(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"run", "p"});
  const CommandLine line = Parse(arguments);
  const auto* run = std::get_if<RunArguments>(&line.command);
  EXPECT_NE(run, nullptr) << Printed(line).err;
  return run == nullptr ? RunArguments() : *run;
}

TEST(CommandLine, ReadsTheWaysToRun) {
  const RunArguments run = RunOf({"--env", "staging", "-v", "--fail-fast", "--github"});
  EXPECT_EQ(run.env, "staging");
  EXPECT_TRUE(run.verbose);
  EXPECT_TRUE(run.fail_fast);
  EXPECT_TRUE(run.github);
  EXPECT_TRUE(RunOf({"--verbose"}).verbose);
  const RunArguments plain = RunOf({});
  EXPECT_EQ(plain.env, "");
  EXPECT_FALSE(plain.verbose || plain.fail_fast || plain.github);
}

TEST(CommandLine, ReadsTheVersionToJudge) {
  EXPECT_TRUE(RunOf({}).deployment.empty());
  EXPECT_EQ(RunOf({"--deployment", "1.4"}).deployment, (Deployment{{"*", "1.4"}}));
  EXPECT_EQ(RunOf({"--deployment", "1.4", "--deployment=web=2", "--coordinator", "127.0.0.1:1"})
                .deployment,
            (Deployment{{"*", "1.4"}, {"web", "2"}}));
  ExpectUsageError({"run", "p", "--deployment", "web="}, "names no version");
  ExpectUsageError({"run", "p", "--deployment", "1", "--deployment", "2"}, "second version");
  ExpectUsageError({"run", "p", "--deployment", "1", "--deployment", "web=2"},
                   "--deployment names several versions");
}

TEST(CommandLine, ReadsEveryOutputOfRun) {
  EXPECT_EQ(RunOf({"--output", "text"}).output, Output::kText);
  EXPECT_EQ(RunOf({"--output=json"}).output, Output::kJson);
  EXPECT_EQ(RunOf({"--output", "tap"}).output, Output::kTap);
  EXPECT_EQ(RunOf({"--output", "github"}).output, Output::kGithub);
}

TEST(CommandLine, ParallelTakesAValueOnlyBehindAnEqualsSign) {
  EXPECT_EQ(RunOf({}).parallel, 0);
  EXPECT_EQ(RunOf({"--parallel"}).parallel, 0);
  EXPECT_EQ(RunOf({"--parallel=0"}).parallel, 0);
  EXPECT_EQ(RunOf({"--parallel=1"}).parallel, 1);
  EXPECT_EQ(RunOf({"--parallel=1000"}).parallel, 1000);
  const CommandLine line = Parse({"run", "--parallel", "plan.yaml"});
  EXPECT_EQ(std::get<RunArguments>(line.command).plan, "plan.yaml");
  for (const char* wrong : {"--parallel=1001", "--parallel=-1", "--parallel=x", "--parallel=2x"}) {
    ExpectUsageError({"run", "p", wrong}, "is not a number from 1 to 1000");
  }
}

TEST(CommandLine, ReadsABake) {
  EXPECT_FALSE(RunOf({}).bake);
  const RunArguments bake = RunOf({"--bake", "10m", "--every=1m"});
  EXPECT_EQ(bake.bake, std::chrono::minutes(10));
  EXPECT_EQ(bake.every, std::chrono::minutes(1));
  EXPECT_EQ(RunOf({"--bake", "10m"}).every, std::chrono::seconds(30));
  EXPECT_EQ(RunOf({"--bake", "5s"}).every, std::chrono::seconds(5)) << "not longer than the bake";
  EXPECT_EQ(RunOf({"--bake", "1s", "--every", "100ms"}).every, std::chrono::milliseconds(100));
}

TEST(CommandLine, RefusesABakeThatMakesNoSense) {
  ExpectUsageError({"run", "p", "--every", "5s"}, "--every is the time between the rounds");
  ExpectUsageError({"run", "p", "--bake", "5s", "--every", "6s"}, "--every is longer than --bake");
  ExpectUsageError({"run", "p", "--bake", "5s", "--every", "99ms"}, "shorter than 100ms");
  ExpectUsageError({"run", "p", "--bake", "1h", "--every", "1s"}, "more than 1000 rounds");
  ExpectUsageError({"run", "p", "--bake", "soon"}, "--bake \"soon\" is not a duration");
  ExpectUsageError({"run", "p", "--bake", "5s", "--request-id", std::string(121, 'x')},
                   "too long for a bake");
}

TEST(CommandLine, HonoursNoColor) {
  EXPECT_TRUE(std::get<RunArguments>(Parse({"run", "p"}, {{"NO_COLOR", "1"}}).command).no_color);
}

TEST(CommandLine, SuggestsTheCommandThatWasMeant) {
  ExpectUsageError({"verdcit", "p"}, "unknown command \"verdcit\" (did you mean \"verdict\"?)");
  ExpectUsageError({"frobnicate"},
                   "unknown command \"frobnicate\": commands are run, clean, serve, lint");
}

TEST(CommandLine, SuggestsTheOptionThatWasMeant) {
  ExpectUsageError({"run", "p", "--timeuot", "5s"},
                   "unknown option \"--timeuot\" (did you mean \"--timeout\"?)");
  ExpectUsageError({"run", "--timeuot=5s", "p"},
                   "unknown option \"--timeuot\" (did you mean \"--timeout\"?)");
  ExpectUsageError({"--colour"}, "unknown option \"--colour\"");
}

TEST(CommandLine, RefusesWrongUse) {
  ExpectUsageError({}, "a command is missing");
  ExpectUsageError({"run"}, "PLAN is required");
  ExpectUsageError({"run", "a", "b"}, "unexpected argument \"b\"");
  ExpectUsageError({"run", "p", "--timeout", "5"}, "--timeout \"5\" is not a duration");
  ExpectUsageError({"run", "p", "--timeout", "0s"}, "--timeout \"0s\" is not a duration");
  ExpectUsageError({"run", "p", "--output", "xml"}, "xml");
  ExpectUsageError({"run", "p", "--coordinator", "nowhere"}, "has no port");
  ExpectUsageError({"run", "p", "--coordinator", "127.0.0.1:1", "--store", "x"}, "one-shot");
  ExpectUsageError({"run", "p", "--request-id", std::string(129, 'x')}, "128 characters");
  ExpectUsageError({"serve", "--listen", "7070"}, "--listen");
  ExpectUsageError({"runs", "--limit", "0"}, "--limit");
  ExpectUsageError({"run", "p", "--log-level", "loud"}, "loud");
  ExpectUsageError({"verdict"}, "RUN is required");
}

TEST(CommandLine, PrintsNoControlCharacterOfItsArguments) {
  EXPECT_THAT(Printed(Parse({"a\x1b[2Jb"})).err, HasSubstr("a\\x1b[2Jb"));
}

// Every command that reads records, with what it needs.
const std::vector<std::vector<std::string>> kRecordCommands = {
    {"runs"}, {"verdict", "r"}, {"replay", "r", "--policy", "f"}, {"verify", "r"}, {"history"}};

RecordSource SourceOf(const CommandLine& line) {
  return std::visit(
      [&](const auto& arguments) -> RecordSource {
        if constexpr (requires { arguments.source; }) return arguments.source;
        ADD_FAILURE() << Printed(line).err;
        return {};
      },
      line.command);
}

TEST(CommandLine, RecordsAreACoordinatorsOrAFiles) {
  const std::map<std::string, std::string> variables = {{"SMOKEMESH_COORDINATOR", "127.0.0.1:11"}};
  for (const std::vector<std::string>& command : kRecordCommands) {
    SCOPED_TRACE(command[0]);
    EXPECT_EQ(SourceOf(Parse(command)).coordinator, "127.0.0.1:7070");
    EXPECT_EQ(SourceOf(Parse(command, variables)).coordinator, "127.0.0.1:11");
    std::vector<std::string> more = command;
    more.insert(more.end(), {"--store", "x.db"});
    EXPECT_EQ(SourceOf(Parse(more, variables)).store, "x.db");
    EXPECT_EQ(SourceOf(Parse(more, variables)).coordinator, "") << "the option wins";
    more.insert(more.end(), {"--coordinator", "127.0.0.1:1"});
    ExpectUsageError(more, "two places");
    more = command;
    more.insert(more.end(), {"--coordinator", "nowhere"});
    ExpectUsageError(more, "has no port");
    more = command;
    more.insert(more.end(), {"--output", "json"});
    EXPECT_THAT(Printed(Parse(more)).err, "");
  }
}

TEST(CommandLine, ReadsRunsAndVerdict) {
  const auto runs = std::get<RunsArguments>(
      Parse({"runs", "--plan", "p", "--bake=b", "--limit", "7", "--output", "json"}).command);
  EXPECT_EQ(runs.plan_name, "p");
  EXPECT_EQ(runs.bake_id, "b");
  EXPECT_EQ(runs.limit, 7);
  EXPECT_EQ(runs.output, Output::kJson);
  const auto verdict = std::get<VerdictArguments>(
      Parse({"verdict", "r", "--output", "tap", "-v", "--no-color"}).command);
  EXPECT_EQ(verdict.run_id, "r");
  EXPECT_EQ(verdict.output, Output::kTap);
  EXPECT_TRUE(verdict.verbose && verdict.no_color);
  ExpectUsageError({"runs", "--limit", "1001"}, "--limit \"1001\" is not a number from 1 to 1000");
  ExpectUsageError({"runs", "--output", "tap"}, "--output \"tap\" is none of text, json");
}

TEST(CommandLine, ReadsReplay) {
  const auto replay = std::get<ReplayArguments>(
      Parse({"replay", "a", "b", "--policy", "f", "--last", "20", "--plan", "p", "-v"}).command);
  EXPECT_THAT(replay.runs, ElementsAre("a", "b"));
  EXPECT_EQ(replay.policy, "f");
  EXPECT_EQ(replay.last, 20);
  EXPECT_EQ(replay.plan_name, "p");
  EXPECT_TRUE(replay.verbose);
  ExpectUsageError({"replay", "a"}, "--policy FILE is required");
  ExpectUsageError({"replay", "--policy", "f"}, "RUN is required");
  ExpectUsageError({"replay", "a", "--policy", "f", "--plan", "p"}, "--plan narrows --last");
  ExpectUsageError({"replay", "--policy", "f", "--last", "0"}, "from 1 to 200");
}

TEST(CommandLine, ReadsVerifyHistoryAndLint) {
  EXPECT_EQ(std::get<VerifyArguments>(Parse({"verify", "latest"}).command).run_id, "latest");
  ExpectUsageError({"verify"}, "RUN is required");
  const auto history = std::get<HistoryArguments>(
      Parse({"history", "login", "token", "--plan", "p", "--limit", "5"}).command);
  EXPECT_THAT(history.checks, ElementsAre("login", "token"));
  EXPECT_EQ(history.plan_name, "p");
  EXPECT_EQ(history.limit, 5);
  EXPECT_TRUE(std::get<LintArguments>(Parse({"lint", "--schema"}).command).schema);
  EXPECT_THAT(std::get<LintArguments>(Parse({"lint", "a", "-"}).command).plans,
              ElementsAre("a", "-"));
  ExpectUsageError({"lint"}, "PLAN is required");
  ExpectUsageError({"lint", "--schema", "a"}, "one or the other");
  ExpectUsageError({"lint", "-", "-"}, "can be read once");
}

TEST(CommandLine, RefusesAnEnvironmentThatIsAPath) {
  EXPECT_EQ(RunOf({"--env=eu-1.staging"}).env, "eu-1.staging");
  ExpectUsageError({"run", "p", "--env", "../x"}, "is no NAME of a file .env.NAME");
  ExpectUsageError({"run", "p", "--env="}, "--env");
}

// Swaps two letters in the middle: a likely slip.
std::string Misspelt(std::string name) {
  size_t middle = name.size() / 2;
  if (name[middle - 1] == name[middle]) ++middle;  // `runner`
  EXPECT_NE(name[middle - 1], name[middle]) << name;
  std::swap(name[middle - 1], name[middle]);
  return name;
}

TEST(CommandLine, SuggestsEveryOptionOfEveryCommand) {
  for (const shared::Command& command : SmokemeshProgram().commands) {
    for (const shared::Option& option : command.options) {
      const std::string wrong = "--" + Misspelt(option.name);
      const std::string sentence =
          "unknown option \"" + wrong + "\" (did you mean \"--" + option.name + "\"?)";
      ExpectUsageError({command.name, wrong}, sentence);
      ExpectUsageError({command.name, "x", wrong, "value"}, sentence);
      ExpectUsageError({command.name, wrong + "=value", "x"}, sentence);
      ExpectUsageError({command.name, "-" + option.name}, "(did you mean \"--" + option.name);
    }
  }
}

TEST(CommandLine, SuggestsEveryCommand) {
  for (const shared::Command& command : SmokemeshProgram().commands) {
    ExpectUsageError({Misspelt(command.name)}, "unknown command \"" + Misspelt(command.name) +
                                                   "\" (did you mean \"" + command.name + "\"?)");
  }
}

TEST(CommandLine, SaysWhatIsWrongWithAnOption) {
  ExpectUsageError({"run", "p", "--tim", "5s"}, "(did you mean \"--timeout\"?)");
  ExpectUsageError({"run", "p", "--timeout"}, "--timeout needs a value: DURATION");
  ExpectUsageError({"run", "p", "-m"}, "-m needs a value: EXPR");
  ExpectUsageError({"run", "p", "--quick=yes"}, "--quick takes no value");
  ExpectUsageError({"run", "p", "--timeout", "1s", "--timeout", "2s"}, "--timeout is given twice");
  ExpectUsageError({"run", "p", "--output", "jsn"},
                   "--output \"jsn\" is none of text, json, tap, github (did you mean \"json\"?)");
  ExpectUsageError({"--log-level", "debug", "run", "p"}, "options come behind the command");
  EXPECT_EQ(RunOf({"-vm", "a b"}).select, "a b");
  EXPECT_EQ(RunOf({"-mx"}).select, "x");
}

TEST(CommandLine, NothingBehindTwoDashesIsAnOption) {
  EXPECT_EQ(std::get<RunArguments>(Parse({"run", "--quick", "--", "-odd.yaml"}).command).plan,
            "-odd.yaml");
}

TEST(CommandLine, HelpsWithExamples) {
  const PrintAndExit help = Printed(Parse({"--help"}));
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.err, "");
  for (const char* part : {"Examples:", "Exit codes:", "SMOKEMESH_COORDINATOR"}) {
    EXPECT_THAT(help.out, HasSubstr(part));
  }
  EXPECT_EQ(Printed(Parse({"help"})).out, help.out);
  for (const shared::Command& command : SmokemeshProgram().commands) {
    SCOPED_TRACE(command.name);
    EXPECT_THAT(help.out, HasSubstr("\n  " + command.name));
    const PrintAndExit own = Printed(Parse({command.name, "--help"}));
    EXPECT_EQ(own.exit_code, 0);
    EXPECT_THAT(own.out, HasSubstr("Usage: smokemesh " + command.name));
    EXPECT_THAT(own.out, HasSubstr("Examples:\n  "));
    EXPECT_EQ(Printed(Parse({"help", command.name})).out, own.out);
    EXPECT_EQ(Printed(Parse({command.name, "--nonsense", "-h"})).out, own.out);
  }
  ExpectUsageError({"help", "rnu"}, "COMMAND \"rnu\" is none of run, ");
}

TEST(CommandLine, HelpFitsAHundredColumns) {
  std::vector<std::string> texts = {Printed(Parse({"--help"})).out};
  for (const shared::Command& command : SmokemeshProgram().commands) {
    texts.push_back(Printed(Parse({command.name, "--help"})).out);
  }
  for (const std::string& text : texts) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
  }
}

// What a person reads, a terminal completes and a manual says is all there.
TEST(CommandLine, EveryOptionIsInTheDocumentsTheManualAndCompletion) {
  std::ifstream file(SMOKEMESH_SOURCE_DIR "/docs/cli.md");
  const std::string document(std::istreambuf_iterator<char>(file), {});
  ASSERT_THAT(document, HasSubstr("# Command line"));
  const std::string bash = Printed(Parse({"completion", "bash"})).out;
  const std::string zsh = Printed(Parse({"completion", "zsh"})).out;
  const std::string fish = Printed(Parse({"completion", "fish"})).out;
  for (const shared::Command& command : SmokemeshProgram().commands) {
    SCOPED_TRACE(command.name);
    const std::string heading = "\n## smokemesh " + command.name;
    EXPECT_THAT(document, HasSubstr(heading));
    size_t begin = document.find(heading);
    begin = begin == std::string::npos ? document.size() : begin;
    const std::string section = document.substr(begin, document.find("\n## ", begin + 1) - begin);
    const std::string page = Printed(Parse({"man", command.name})).out;
    const std::string help = Printed(Parse({command.name, "--help"})).out;
    for (const shared::Option& option : command.options) {
      if (option.name == "help") continue;
      // These have sections of their own.
      const bool everywhere =
          option.name == "log-level" || (option.group == "Security" && command.name != "serve");
      EXPECT_THAT(
          everywhere ? document : section,
          HasSubstr("`" +
                    std::string(option.letter == 0 ? "" : std::string("-") + option.letter + ", ") +
                    "--" + option.name));
      std::string escaped = "--" + option.name;
      for (size_t at = 0; (at = escaped.find('-', at)) != std::string::npos; at += 2) {
        escaped.insert(at, "\\");
      }
      EXPECT_THAT(page, HasSubstr(escaped));
      EXPECT_THAT(help, HasSubstr("--" + option.name));
      EXPECT_THAT(bash, HasSubstr("--" + option.name));
      EXPECT_THAT(zsh, HasSubstr("--" + option.name));
      EXPECT_THAT(fish, HasSubstr("-l " + option.name + " "));
    }
  }
}

TEST(CommandLine, TheBuildInstallsAManualPageForEachCommand) {
  std::string names;
  for (const shared::Command& command : SmokemeshProgram().commands) {
    names += (names.empty() ? "" : " ") + command.name;
  }
  EXPECT_EQ(names, SMOKEMESH_COMMANDS) << "in CMakeLists.txt";
}

TEST(CommandLine, PrintsManualPages) {
  const PrintAndExit page = Printed(Parse({"man", "run"}));
  EXPECT_EQ(page.exit_code, 0);
  EXPECT_THAT(page.out, StartsWith(".TH \"SMOKEMESH\\-RUN\" \"1\""));
  EXPECT_THAT(Printed(Parse({"man"})).out, StartsWith(".TH \"SMOKEMESH\" \"1\""));
  ExpectUsageError({"completion"}, "SHELL is required");
  ExpectUsageError({"completion", "tcsh"}, "none of bash, zsh, fish");
}

}  // namespace
}  // namespace smokemesh::coordinator
