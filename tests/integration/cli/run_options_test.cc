// What the options of `smokemesh run` do, as scripts see it.

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/integration/cli/cli_fixture.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class RunOptions : public CliFixture {
 protected:
  std::string OneCheck() { return Plan("checks:\n" + Check("one", "smoke, critical", "/a")); }
};

// ---- Outputs ---------------------------------------------------------------------------------

TEST_F(RunOptions, StandardOutputHoldsTheDocumentAndTheExitCodeIsThatOfTheVerdict) {
  gate_.Answer("/a", {500});
  for (const char* format : {"text", "json", "tap", "github"}) {
    EXPECT_EQ(Run({"run", OneCheck(), "--output", format}).code, 1) << format;
  }
  const Ended json = Run({"run", OneCheck(), "--output", "json"});
  EXPECT_FALSE(nlohmann::json::parse(json.out, nullptr, false).is_discarded()) << json.out;
  EXPECT_THAT(json.err, HasSubstr("FAILED  one"));
  const Ended tap = Run({"run", OneCheck(), "--output", "tap"});
  EXPECT_THAT(tap.out, StartsWith("TAP version "));
  EXPECT_THAT(tap.err, HasSubstr("FAILED  one"));
  const Ended github = Run({"run", OneCheck(), "--output", "github"});
  EXPECT_THAT(github.out, StartsWith("::stop-commands::"));
  EXPECT_THAT(github.err, HasSubstr("FAILED  one"));
}

TEST_F(RunOptions, ReportWritesSixFiles) {
  EXPECT_EQ(Run({"run", OneCheck(), "--report", "out"}).code, 0);
  for (const char* name :
       {"report.html", "junit.xml", "report.json", "report.txt", "report.tap", "report.md"}) {
    EXPECT_THAT(Read(std::string("out/") + name), HasSubstr("PROMOTE")) << name;
  }
}

TEST_F(RunOptions, AReportFolderThatGoesAwayIsSaidAndChangesNothing) {
  const std::string plan = Plan("checks:\n" + Check("one", "smoke, critical", "/gate"));
  const std::unique_ptr<Process> run = Start({"run", plan, "--report", "out"});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  std::filesystem::remove_all(folder_.path() / "out");
  folder_.Write("out", "");  // a file stands in its place
  gate_.Open();
  const Ended ended = End(run.get());
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("smokemesh: --report: cannot write out/report.html"));
  EXPECT_THAT(ended.out, EndsWith("PROMOTE: 1 check passed\n"));
}

TEST_F(RunOptions, VerboseShowsTheStepsOfWhatPassed) {
  EXPECT_THAT(Run({"run", OneCheck()}).out, Not(HasSubstr("GET /a")));
  for (const char* flag : {"--verbose", "-v"}) {
    const Ended run = Run({"run", OneCheck(), flag});
    EXPECT_EQ(run.code, 0);
    EXPECT_THAT(run.out, HasSubstr("GET /a")) << flag;
  }
}

// ---- How a run goes --------------------------------------------------------------------------

TEST_F(RunOptions, FailFastEndsTheRunWhenARollbackIsCertain) {
  gate_.Answer("/a", {500});
  const std::string plan =
      Plan("checks:\n" + Check("bad", "smoke, critical", "/a") + Check("stuck", "smoke", "/gate"));
  const Ended run = Run({"run", plan, "--fail-fast", "--output", "json"});
  EXPECT_EQ(run.code, 1) << run.err;
  const auto document = nlohmann::json::parse(run.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded()) << run.out;
  EXPECT_EQ(document["checks"][1]["outcome"], "ABORTED");
}

TEST_F(RunOptions, ParallelIsTheMostAtOnce) {
  const std::string plan = Plan("checks:\n" + Check("first", "smoke", "/gate") +
                                Check("second", "smoke", "/gate") + Check("third", "smoke", "/a"));
  const std::unique_ptr<Process> run = Start({"run", plan, "--parallel=2"});
  ASSERT_TRUE(gate_.WaitForArrivals(2, Soon()));
  EXPECT_EQ(gate_.Count("/a"), 0);
  gate_.Open();
  const Ended ended = End(run.get());
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(gate_.Count("/a"), 1);
}

TEST_F(RunOptions, ThePlanSaysWhatIsQuick) {
  const std::string plan =
      Plan("quick: critical or fast\nchecks:\n" + Check("one", "critical", "/a") +
           Check("two", "fast", "/b") + Check("three", "slow", "/c"));
  const Ended run = Run({"run", plan, "--quick"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, EndsWith("PROMOTE: all 2 checks passed\n"));
  EXPECT_EQ(gate_.Count("/c"), 0);
}

TEST_F(RunOptions, TheOldTimeoutEndsTheRun) {
  const std::string plan = Plan("checks:\n" + Check("stuck", "smoke", "/gate"));
  EXPECT_EQ(Run({"run", plan}, {{"SMOKE_TEST_TIMEOUT", "0.3"}}).code, 4);
  const Ended bad = Run({"run", plan}, {{"SMOKE_TEST_TIMEOUT", "soon"}});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("SMOKE_TEST_TIMEOUT \"soon\" is neither"));
}

// ---- Files of variables ----------------------------------------------------------------------

TEST_F(RunOptions, VariablesComeFromTheEnvironmentThenTheNamedFileThenTheGeneralOne) {
  const std::string plan = folder_.Write("plan.yaml",
                                         "name: p\nconnections: {web: {http: \"${BASE}\"}}\n"
                                         "checks:\n" +
                                             Check("one", "smoke", "/${PART}"));
  folder_.Write(".env", "BASE=" + gate_.url() + "\nPART=general\n");
  folder_.Write(".env.staging", "PART=staging\n");
  EXPECT_EQ(Run({"run", plan}).code, 0);
  EXPECT_EQ(Run({"run", plan, "--env", "staging"}).code, 0);
  EXPECT_EQ(Run({"run", plan, "--env=staging"}, {{"PART", "real"}}).code, 0);
  EXPECT_EQ(gate_.Count("/general"), 1);
  EXPECT_EQ(gate_.Count("/staging"), 1);
  EXPECT_EQ(gate_.Count("/real"), 1);
}

TEST_F(RunOptions, AFileOfVariablesAlsoSetsWhatSmokemeshReads) {
  folder_.Write(".env.mesh", "SMOKEMESH_COORDINATOR=127.0.0.1:1\n");
  const Ended run = Run({"run", OneCheck(), "--env", "mesh", "--connect-timeout", "100ms"});
  EXPECT_EQ(run.code, 3);
  EXPECT_THAT(run.err, HasSubstr("127.0.0.1:1"));
  folder_.Write(".env", "SMOKE_TEST_TIMEOUT=never\n");
  EXPECT_EQ(Run({"run", OneCheck()}).code, 2);
}

TEST_F(RunOptions, CleanReadsTheFilesThatTheKilledRunRead) {
  const std::string plan =
      folder_.Write("plan.yaml",
                    "name: p\nconnections: {web: {http: \"${BASE}\"}}\nchecks:\n"
                    "  - name: one\n    tags: [smoke]\n    timeout: 20s\n"
                    "    http: {steps: [{request: {url: /gate}}]}\n"
                    "    finally: [{http: {request: {url: /cleaned}}}]\n");
  folder_.Write(".env.staging", "BASE=" + gate_.url() + "\n");
  const Variables state = {{"XDG_STATE_HOME", folder_.path() / "state"}};
  const std::unique_ptr<Process> run = Start({"run", plan, "--env", "staging"}, state);
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  run->Signal(SIGKILL);
  ASSERT_TRUE(run->WaitUntil(Soon()).has_value());
  const Ended clean = Run({"clean", plan, "--env", "staging"}, state);
  EXPECT_EQ(clean.code, 0) << clean.out << clean.err;
  EXPECT_EQ(gate_.Count("/cleaned"), 1);
}

TEST_F(RunOptions, AMissingEnvironmentIsAnErrorAndNothingRuns) {
  folder_.Write(".env.production", "");
  const Ended run = Run({"run", OneCheck(), "--env", "staging"});
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr((folder_.path() / ".env.staging").string()),
                             HasSubstr("there are: .env.production")));
  EXPECT_TRUE(gate_.Requests().empty());
}

TEST_F(RunOptions, ABadFileOfVariablesIsAnErrorForACommandThatReadsIt) {
  folder_.Write(".env", "A=1\nPASSWORD=hunter2 hunter2\n");
  const Ended run = Run({"run", OneCheck()});
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(run.err, "smokemesh: .env:2: PASSWORD: a value with blanks must be in quotes\n");
  EXPECT_EQ(Run({"run", "--help"}).code, 0);
  EXPECT_EQ(Run({"lint", OneCheck()}).code, 0);
}

TEST_F(RunOptions, ValuesOfAFileStayOnThisMachineAndThatIsSaid) {
  const std::string plan =
      folder_.Write("plan.yaml",
                    "name: p\nconnections: {web: {http: \"http://${USER_NAME}:${SECRET}@h\"}}\n"
                    "checks:\n" +
                        Check("one", "smoke", "/${PATH_PART:-x}"));
  folder_.Write(".env.staging", "SECRET=hunter2\n");
  const Ended run = Run({"run", plan, "--env", "staging", "--coordinator", "127.0.0.1:1",
                         "--connect-timeout", "100ms"},
                        {{"USER_NAME", "real"}});
  EXPECT_EQ(run.code, 3);
  EXPECT_THAT(run.err, HasSubstr("with --coordinator the agents resolve ${SECRET} from their own "
                                 "environment: .env.staging is not sent\n"));
  EXPECT_THAT(run.out + run.err, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace smokemesh::testing
