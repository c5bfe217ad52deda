#include "coordinator/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

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
                                  "h:1",
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
  EXPECT_EQ(run.coordinator, "h:1");
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
  const std::map<std::string, std::string> variables = {{"SMOKEMESH_COORDINATOR", "env:1"}};
  EXPECT_EQ(std::get<RunArguments>(Parse({"run", "p"}, variables).command).coordinator, "env:1");
  EXPECT_EQ(
      std::get<RunArguments>(Parse({"run", "p", "--coordinator", "flag:2"}, variables).command)
          .coordinator,
      "flag:2");
  EXPECT_EQ(std::get<AgentsArguments>(Parse({"agents"}, variables).command).coordinator, "env:1");
}

TEST(CommandLine, AsksTheLocalCoordinatorWhenNoneIsNamed) {
  EXPECT_EQ(std::get<AgentsArguments>(Parse({"agents"}).command).coordinator, "127.0.0.1:7070");
  EXPECT_EQ(std::get<VerdictArguments>(Parse({"verdict", "latest"}).command).coordinator,
            "127.0.0.1:7070");
}

TEST(CommandLine, ServesOnLoopbackByDefault) {
  const auto serve = std::get<ServeArguments>(Parse({"serve"}).command);
  EXPECT_EQ(serve.listen, "127.0.0.1:7070");
  EXPECT_EQ(serve.store, "smokemesh.db");
  EXPECT_FALSE(serve.insecure);
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
  const CommandLine line = Parse(
      {"clean", "plan.yaml", "--run", "r1", "--run", "r2", "--coordinator", "h:1", "-m", "a", "-k",
       "b", "--timeout", "1m", "--agent-wait", "3s", "--connect-timeout", "250ms", "--no-color"});
  const auto& clean = std::get<CleanArguments>(line.command);
  EXPECT_EQ(clean.plan, "plan.yaml");
  EXPECT_THAT(clean.runs, ElementsAre("r1", "r2"));
  EXPECT_EQ(clean.coordinator, "h:1");
  EXPECT_EQ(clean.select, "a");
  EXPECT_EQ(clean.match, "b");
  EXPECT_EQ(clean.timeout, std::chrono::minutes(1));
  EXPECT_EQ(clean.agent_wait, std::chrono::seconds(3));
  EXPECT_EQ(clean.connect_timeout, std::chrono::milliseconds(250));
  EXPECT_TRUE(clean.no_color);
}

TEST(CommandLine, CleanIsOneShotWithoutACoordinator) {
  EXPECT_EQ(std::get<CleanArguments>(Parse({"clean", "p"}).command).coordinator, "");
  const CommandLine line = Parse({"clean", "p"}, {{"SMOKEMESH_COORDINATOR", "h:2"}});
  EXPECT_EQ(std::get<CleanArguments>(line.command).coordinator, "h:2");
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
  ExpectUsageError({"run", "p", "--coordinator", "h:1", "--store", "x"}, "one-shot");
  ExpectUsageError({"run", "p", "--request-id", std::string(129, 'x')}, "128 characters");
  ExpectUsageError({"serve", "--listen", "7070"}, "--listen");
  ExpectUsageError({"runs", "--limit", "0"}, "--limit");
  ExpectUsageError({"run", "p", "--log-level", "loud"}, "loud");
  ExpectUsageError({"verdict"}, "RUN is required");
}

TEST(CommandLine, PrintsNoControlCharacterOfItsArguments) {
  EXPECT_THAT(Printed(Parse({"a\x1b[2Jb"})).err, HasSubstr("a\\x1b[2Jb"));
}

TEST(CommandLine, HelpsWithExamples) {
  const PrintAndExit help = Printed(Parse({"--help"}));
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.err, "");
  for (const char* part : {"run", "clean", "serve", "lint", "agents", "runs", "verdict", "version",
                           "Examples:", "Exit codes:"}) {
    EXPECT_THAT(help.out, HasSubstr(part));
  }
  for (const char* command :
       {"run", "clean", "serve", "lint", "agents", "runs", "verdict", "version"}) {
    const PrintAndExit own = Printed(Parse({command, "--help"}));
    EXPECT_EQ(own.exit_code, 0) << command;
    EXPECT_THAT(own.out, HasSubstr(std::string("smokemesh ") + command)) << command;
    EXPECT_THAT(own.out, HasSubstr("Example")) << command;
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
