#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/integration/cli/cli_fixture.h"

namespace smokemesh::testing {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CliTest : public CliFixture {
 protected:
  // A plan with one check for each path; a path that begins with `/gate` waits for the test.
  std::string Plan(const std::vector<std::string>& paths, const std::string& expect) {
    std::string text = "name: p\nconnections:\n  web: {http: \"" + gate_.url() + "\"}\nchecks:\n";
    int number = 0;
    for (const std::string& path : paths) {
      text +=
          "  - name: check_" + std::to_string(++number) +
          "\n    tags: [smoke, critical]\n    timeout: 20s\n    http: {steps: [{request: {url: \"" +
          path + "\"}, expect: [\"" + expect + "\"]}]}\n";
    }
    return folder_.Write("plan.yaml", text);
  }
};

TEST_F(CliTest, OneShotPromotesWithTheVerdictOnTheLastLine) {
  const Ended run = Run({"run", Plan({"/a", "/b"}, "status == 200")});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("✓ PASSED  check_1"));
  EXPECT_THAT(run.out, EndsWith("PROMOTE: all 2 checks passed\n"));
  EXPECT_EQ(run.err, "");
}

TEST_F(CliTest, ARollbackIsAnnouncedAndShowsExpectedAndSeen) {
  const Ended run = Run({"run", Plan({"/a"}, "status == 404")});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.out, HasSubstr("ROLLBACK is certain: "));
  EXPECT_THAT(run.out, HasSubstr("expected  status == 404"));
  EXPECT_THAT(run.out, HasSubstr("seen      200"));
  EXPECT_THAT(run.out, HasSubstr("plan.yaml:5"));
}

TEST_F(CliTest, QuickRunsTheCriticalPathAndOfItWhatIsSelected) {
  const std::string plan =
      folder_.Write("plan.yaml", "name: p\nconnections: {web: {http: \"" + gate_.url() + R"("}}
checks:
  - {name: one, tags: [critical, db], http: {steps: [{request: {url: /a}}]}}
  - {name: two, tags: [critical], http: {steps: [{request: {url: /a}}]}}
  - {name: three, tags: [db], http: {steps: [{request: {url: /a}}]}}
)");
  const Ended quick = Run({"run", plan, "--quick"});
  EXPECT_EQ(quick.code, 0) << quick.err;
  EXPECT_THAT(quick.out, HasSubstr(" of p: 2 checks, critical path only\n"));
  EXPECT_THAT(quick.out, HasSubstr(" · critical path only\n"));
  EXPECT_THAT(quick.out, EndsWith("PROMOTE: all 2 checks passed\n"));
  const Ended both = Run({"run", plan, "--quick", "-m", "db or other"});
  EXPECT_THAT(both.out, EndsWith("PROMOTE: 1 check passed\n")) << both.err;
  const Ended none = Run({"run", plan, "--quick", "-m", "not critical"});
  EXPECT_EQ(none.code, 2) << none.out;
}

TEST_F(CliTest, QuickWithoutACriticalPathIsAnErrorAndNoEmptyPass) {
  const std::string plan = folder_.Write(
      "plan.yaml",
      "name: p\nconnections: {web: {http: \"" + gate_.url() +
          "\"}}\nchecks:\n  - {name: one, tags: [smoke], http: {steps: [{request: {url: /a}}]}}\n");
  const Ended run = Run({"run", plan, "--quick"});
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr("--quick runs the critical path, and no check of plan \"p\" has "
                                 "the tag critical"));
}

TEST_F(CliTest, ASuiteThatReachesItsMaxIsAbortedAndTheOthersGoOn) {
  const std::string plan =
      folder_.Write("plan.yaml", "name: p\nconnections: {web: {http: \"" + gate_.url() + R"("}}
suites:
  - {name: slow, target: 100ms, max: 300ms}
  - {name: other, target: 30s, max: 60s}
checks:
  - {name: stuck, suite: slow, tags: [smoke], http: {steps: [{request: {url: /gate/stuck}}]}}
  - {name: waiting, suite: slow, needs: [stuck], http: {steps: [{request: {url: /a}}]}}
  - {name: patient, suite: other, timeout: 20s, http: {steps: [{request: {url: /gate/patient}}]}}
  - {name: last, suite: other, needs: [patient], http: {steps: [{request: {url: /a}}]}}
)");
  const std::unique_ptr<Process> process = Start({"run", plan, "--report", "out"});
  ASSERT_NE(process, nullptr);
  // The gate is shut until the suite has been ended: nothing else can end its check.
  ASSERT_TRUE(process->WaitForOutput("ABORTED stuck", steady_clock::now() + seconds(20)));
  gate_.Open();
  const Ended run = End(process.get());
  EXPECT_EQ(run.code, 4) << run.out << run.err;
  EXPECT_THAT(run.out, ContainsRegex("suite \"slow\" was ended after [0-9]+ms: its max is 300ms"));
  EXPECT_THAT(run.out, HasSubstr("! ABORTED waiting"));
  EXPECT_THAT(run.out, HasSubstr("✓ PASSED  patient"));
  EXPECT_THAT(run.out, HasSubstr("✓ PASSED  last"));
  EXPECT_THAT(run.out, ContainsRegex("slow: .*over its target of 100ms"));
  EXPECT_THAT(run.out, HasSubstr("INCONCLUSIVE: no evidence from 2 of 4 checks (2 ABORTED)"));
  std::ifstream file(folder_.path() / "out" / "report.json");
  const auto report = nlohmann::json::parse(file, nullptr, false);
  ASSERT_FALSE(report.is_discarded());
  EXPECT_EQ(report["suites"][0]["over_target"], true);
  EXPECT_EQ(report["suites"][0]["counts"]["aborted"], 2);
  EXPECT_EQ(report["suites"][1]["over_target"], false);
}

TEST_F(CliTest, ASuiteOverItsTargetIsReportedAndStillPasses) {
  const std::string plan =
      folder_.Write("plan.yaml", "name: p\nconnections: {web: {http: \"" + gate_.url() + R"("}}
suites: [{name: slow, title: Slow ones, target: 1ms, max: 60s}]
checks:
  - {name: late, suite: slow, tags: [smoke], timeout: 20s, http: {steps: [{request: {url: /gate}}]}}
)");
  const std::unique_ptr<Process> process = Start({"run", plan, "--report", "out"});
  ASSERT_NE(process, nullptr);
  ASSERT_TRUE(gate_.WaitForArrivals(1, steady_clock::now() + seconds(20)));
  // What the agent measures begins before the request arrives and ends after this.
  const auto arrived = steady_clock::now();
  while (steady_clock::now() - arrived < std::chrono::milliseconds(2)) continue;
  gate_.Open();
  const Ended run = End(process.get());
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, ContainsRegex("Slow ones: .*over its target of 1ms"));
  EXPECT_THAT(run.out, EndsWith("PROMOTE: 1 check passed\n"));
  const auto text = [this](const char* name) {
    std::ifstream file(folder_.path() / "out" / name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_THAT(text("report.html"), HasSubstr("target 1ms, missed"));
  EXPECT_THAT(text("junit.xml"), HasSubstr("<property name=\"over_target\" value=\"true\"/>"));
}

TEST_F(CliTest, WritesNoColorsIntoAPipe) {
  const Ended run = Run({"run", Plan({"/a"}, "status == 404")}, {{"TERM", "xterm"}});
  EXPECT_THAT(run.out, Not(HasSubstr("\x1b")));
}

TEST_F(CliTest, WithJsonStandardOutputIsOneDocument) {
  const Ended run = Run({"run", Plan({"/a"}, "status == 200"), "--output", "json"});
  EXPECT_EQ(run.code, 0);
  const auto document = nlohmann::json::parse(run.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded()) << run.out;
  EXPECT_EQ(document["verdict"]["decision"], "PROMOTE");
  EXPECT_THAT(run.err, HasSubstr("check_1"));
}

TEST_F(CliTest, WritesTheFourReports) {
  const auto folder = folder_.path() / "out" / "here";
  EXPECT_EQ(Run({"run", Plan({"/a"}, "status == 404"), "--report", folder}).code, 1);
  for (const char* name : {"report.html", "junit.xml", "report.json", "report.txt"}) {
    std::ifstream file(folder / name);
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_THAT(text.str(), HasSubstr("status == 404")) << name;
    EXPECT_THAT(text.str(), HasSubstr("ROLLBACK")) << name;
  }
}

TEST_F(CliTest, RunsNothingWhenTheReportCannotBeWritten) {
  folder_.Write("file", "");
  const Ended run = Run({"run", Plan({"/a"}, "status == 200"), "--report", "file"});
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, StartsWith("smokemesh: --report: "));
  EXPECT_EQ(run.out, "");
  EXPECT_TRUE(gate_.Requests().empty());
}

TEST_F(CliTest, ATimeoutOnTheCommandLineEndsTheRun) {
  const Ended run = Run({"run", Plan({"/gate"}, "status == 200"), "--timeout", "300ms"});
  EXPECT_EQ(run.code, 4) << run.out;
  EXPECT_THAT(run.out, HasSubstr("ABORTED"));
}

TEST_F(CliTest, KeepsTheRecordOfAOneShotRun) {
  EXPECT_EQ(Run({"run", Plan({"/a"}, "status == 200"), "--store", "runs.db"}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "runs.db"));
}

TEST_F(CliTest, ASignalCancelsPrintsTheReportAndNeverExitsZero) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const std::unique_ptr<Process> run = Start({"run", Plan({"/gate"}, "status == 200")});
    ASSERT_TRUE(gate_.WaitForArrivals(signal == SIGINT ? 1 : 2, steady_clock::now() + seconds(20)));
    run->Signal(signal);
    const Ended ended = End(run.get());
    EXPECT_EQ(ended.code, 128 + signal);
    EXPECT_THAT(ended.out, HasSubstr("! interrupted: cancelling the run"));
    EXPECT_THAT(ended.out, HasSubstr("ABORTED"));
    EXPECT_THAT(ended.out, HasSubstr("INCONCLUSIVE: "));
  }
}

TEST_F(CliTest, ASignalWithJsonStillGivesOneDocument) {
  const std::unique_ptr<Process> run =
      Start({"run", Plan({"/gate"}, "status == 200"), "--output", "json"});
  ASSERT_TRUE(gate_.WaitForArrivals(1, steady_clock::now() + seconds(20)));
  run->Signal(SIGTERM);
  const Ended ended = End(run.get());
  EXPECT_EQ(ended.code, 143);
  const auto document = nlohmann::json::parse(ended.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded()) << ended.out;
  EXPECT_EQ(document["verdict"]["decision"], "INCONCLUSIVE");
}

TEST_F(CliTest, LintNamesEveryProblemOfEveryPlan) {
  const std::string good = Plan({"/a"}, "status == 200");
  folder_.Write("bad.yaml", "name: p\nchekcs: []\nverison: 1\n");
  const Ended both = Run({"lint", good, "bad.yaml"});
  EXPECT_EQ(both.code, 2);
  EXPECT_EQ(both.out, good + ": 1 check, no problems\n");
  EXPECT_THAT(both.err, HasSubstr("bad.yaml:2:1: "));
  EXPECT_THAT(both.err, HasSubstr("bad.yaml:3:1: "));
  EXPECT_EQ(Run({"lint", good}).code, 0);
  EXPECT_EQ(Run({"lint", "none.yaml"}).code, 2);
}

TEST_F(CliTest, ServeSaysWhereItListensAndAnswersUntilItIsTerminated) {
  const std::unique_ptr<Process> serve =
      Start({"serve", "--listen", "127.0.0.1:0", "--store", "runs.db"});
  ASSERT_TRUE(serve->WaitForOutput("\n", steady_clock::now() + seconds(20))) << serve->Stderr();
  const std::string line = serve->Stdout();
  ASSERT_THAT(line, StartsWith("listening on 127.0.0.1:"));
  const std::string address = line.substr(13, line.find('\n') - 13);

  const std::map<std::string, std::string> environment = {{"SMOKEMESH_COORDINATOR", address}};
  const Ended agents = Run({"agents"}, environment);
  EXPECT_EQ(agents.code, 0) << agents.err;
  EXPECT_EQ(agents.out, "no agents\n");
  EXPECT_EQ(Run({"runs"}, environment).out, "no runs\n");
  EXPECT_EQ(Run({"verdict", "latest"}, environment).code, 2);

  // The run goes to that coordinator: it has no agent, so there is no evidence.
  const Ended run =
      Run({"run", Plan({"/a"}, "status == 200"), "--agent-wait", "100ms"}, environment);
  EXPECT_EQ(run.code, 4) << run.out << run.err;
  const Ended verdict = Run({"verdict", "latest", "--output", "json"}, environment);
  EXPECT_EQ(verdict.code, 4);
  EXPECT_EQ(nlohmann::json::parse(verdict.out)["checks"][0]["outcome"], "MISSING");
  EXPECT_THAT(Run({"runs", "--limit", "1"}, environment).out, HasSubstr("INCONCLUSIVE"));

  serve->Signal(SIGTERM);
  EXPECT_EQ(serve->WaitUntil(steady_clock::now() + seconds(20)), 0) << serve->Stderr();
}

TEST_F(CliTest, ServeRefusesAnAddressThatOthersCanReach) {
  for (const char* listen : {"0.0.0.0:0", "[::]:0", "192.0.2.1:7070"}) {
    const Ended serve = Run({"serve", "--listen", listen, "--store", ":memory:"});
    EXPECT_EQ(serve.code, 2) << listen;
    EXPECT_THAT(serve.err, HasSubstr("--insecure"));
  }
}

TEST_F(CliTest, QueriesExitWithThreeWhenNobodyAnswers) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"agents"}, {"runs"}, {"verdict", "latest"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--coordinator", "127.0.0.1:1"});
    const Ended ended = Run(arguments);
    EXPECT_EQ(ended.code, 3) << command[0];
    EXPECT_THAT(ended.err, StartsWith("smokemesh: no coordinator answers at 127.0.0.1:1"));
  }
}

TEST_F(CliTest, AReaderThatLeavesDoesNotChangeTheExitCode) {
  ProcessOptions options;
  options.argv = {"sh", "-c",
                  std::string("{ ") + SMOKEMESH_BINARY + " run " + Plan({"/a"}, "status == 404") +
                      "; echo $? >code; } | true"};
  options.working_directory = folder_.path();
  ASSERT_TRUE(RunToEnd(options).ok());
  std::ifstream file(folder_.path() / "code");
  std::string code;
  file >> code;
  EXPECT_EQ(code, "1");
}

TEST_F(CliTest, VersionIsOneLine) {
  const Ended version = Run({"version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, StartsWith("smokemesh "));
  EXPECT_EQ(version.out, Run({"--version"}).out);
}

}  // namespace
}  // namespace smokemesh::testing
