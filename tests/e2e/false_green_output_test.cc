// False green by how a run is shown, and to whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/e2e/false_green.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Red when the exit code is that of whoever watches, not of the run.
TEST_F(FalseGreen, Case11_InterruptedWhileWatching) {
  const std::string waits = Check("waits", "smoke", "/gate") + Check("fine", "smoke", "/ok");
  int arrived = 0;
  for (const int signal : {SIGINT, SIGTERM}) {
    const std::unique_ptr<Process> run = BeginRun(Plan(waits));
    ASSERT_TRUE(server_.WaitForArrivals(++arrived, Soon()));
    run->Signal(signal);
    EXPECT_EQ(ExpectEnd(run.get(), {128 + signal, "INCONCLUSIVE"}).Outcome("waits"), "ABORTED");
  }

  // A watcher that dies takes nothing with it: the run goes on, and says what it came to.
  StartCoordinator();
  StartAgent("a");
  server_.Answer("/broken", {503});
  const std::string plan = Plan(waits + Check("core", "critical", "/broken", "needs: [waits], "));
  const std::vector<std::string> flags = {"--coordinator", address(), "--request-id", "deploy-7"};
  const std::unique_ptr<Process> watcher = BeginRun(plan, flags);
  ASSERT_TRUE(server_.WaitForArrivals(++arrived, Soon()));
  watcher->Signal(SIGKILL);
  EXPECT_EQ(Wait(watcher.get()).exit_code, 128 + SIGKILL);
  EXPECT_EQ(ExpectVerdict("latest", {4, ""}).Outcome("waits"), "");
  server_.Open();
  // Who asks for the same run again watches it to its end, and who comes later hears the same.
  ExpectRun(plan, kRollback, flags);
  ExpectVerdict("latest", kRollback);
  EXPECT_EQ(server_.Count("/gate"), arrived);
}

// The four verdicts, and everything that a run can be asked to print. Red when the code of any of
// them is another one than that of the verdict.
class FalseGreenFormats : public FalseGreen {
 protected:
  std::map<std::string, Ending> Plans() {
    server_.Answer("/broken", {503});
    const auto write = [this](const std::string& name, const std::string& checks) {
      const std::string plan = Plan(checks + Check("fine", "smoke", "/ok"));
      return dir().Write(name + ".yaml", ReadFile(plan)).string();
    };
    return {
        {write("promote", Check("one", "smoke", "/ok")), kPromote},
        {write("rollback", Check("one", "smoke, critical", "/broken")), kRollback},
        {write("hold", Check("one", "other", "/broken")), kHold},
        {write("inconclusive", Check("one", "smoke, critical", "/ok", "skip: no, ")),
         kInconclusive},
    };
  }

  // The exit code of `smokemesh ARGUMENTS`, as a shell sees it.
  int Code(const std::string& arguments, const std::string& before = "",
           const std::string& after = "") {
    ProcessOptions options;
    options.argv = {
        "sh", "-c",
        "{ " + before + Binary("smokemesh") + " " + arguments + "; echo $? >code; } " + after};
    options.working_directory = dir().path().string();
    options.environment = {{"XDG_STATE_HOME", (dir().path() / "state").string()}};
    const auto ended = RunToEnd(options);
    EXPECT_TRUE(ended.ok()) << ended.status();
    return std::stoi(ReadFile(dir().path() / "code"));
  }
};

TEST_F(FalseGreenFormats, Case13_OutputFormatDoesNotChangeTheExitCode) {
  for (const auto& [plan, ending] : Plans()) {
    const std::string run = "run " + plan;
    for (const char* format : {"text", "json", "tap", "github"}) {
      EXPECT_EQ(Code(run + " --output " + format), ending.exit_code) << plan << " " << format;
    }
    EXPECT_EQ(Code(run + " --verbose"), ending.exit_code) << plan;
    EXPECT_EQ(Code(run + " --no-color"), ending.exit_code) << plan;
    EXPECT_EQ(Code(run, "NO_COLOR=1 TERM=dumb LC_ALL=C "), ending.exit_code) << plan;
    EXPECT_EQ(Code(run + " --report out"), ending.exit_code) << plan;
    dir().Write("outputs", "");
    EXPECT_EQ(Code(run + " --github", "GITHUB_STEP_SUMMARY=summary GITHUB_OUTPUT=outputs "),
              ending.exit_code)
        << plan;
    EXPECT_THAT(ReadFile(dir().path() / "outputs"), HasSubstr("\n" + ending.decision + "\n"));
    EXPECT_EQ(Code(run + " --store runs.db"), ending.exit_code) << plan;
    for (const char* format : {"text", "json", "tap"}) {
      EXPECT_EQ(Code(std::string("verdict latest --store runs.db --output ") + format),
                ending.exit_code)
          << plan << " " << format;
    }
    // Nobody reads what is printed, or nothing can be written.
    EXPECT_EQ(Code(run, "", "| true"), ending.exit_code) << plan;
    EXPECT_EQ(Code(run + " --output json >&-"), ending.exit_code) << plan;
    EXPECT_EQ(Code(run + " >/dev/full"), ending.exit_code) << plan;
    // A report that cannot be written: nothing runs.
    EXPECT_EQ(Code(run + " --report /dev/null/out"), 2) << plan;
    EXPECT_EQ(Code(run + " --output xml"), 2) << plan;
  }
}

}  // namespace
}  // namespace smokemesh::testing
