#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/cli/pty_process.h"
#include "tests/testing/gate/gate_server.h"
#include "tests/testing/temp_dir.h"

// The binary on a terminal: what a person sees.

namespace smokemesh::testing {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::ContainsRegex;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Not;

class TerminalTest : public ::testing::Test {
 protected:
  // `passing` checks that wait at the gate and `failing` ones that do not.
  std::string Plan(int passing, int failing) {
    std::string text = "name: p\nconnections:\n  web: {http: \"" + gate_.url() +
                       "\"}\nsuites:\n  - {name: web, title: Web, target: 20s}\nchecks:\n";
    for (int i = 1; i <= passing; ++i) AddCheck("waits_" + std::to_string(i), "/gate", 200, &text);
    for (int i = 1; i <= failing; ++i) {
      AddCheck("a_check_with_a_long_name_that_fails_" + std::to_string(i), "/open", 404, &text);
    }
    return folder_.Write("plan.yaml", text);
  }

  static void AddCheck(const std::string& name, const std::string& path, int status,
                       std::string* text) {
    *text += "  - name: " + name +
             "\n    suite: web\n    tags: [smoke, critical]\n    timeout: 30s\n    http: {steps: "
             "[{request: {url: \"" +
             path + "\"}, expect: [\"status == " + std::to_string(status) + "\"]}]}\n";
  }

  std::unique_ptr<PtyProcess> Start(std::vector<std::string> arguments, int columns, int rows,
                                    std::map<std::string, std::string> environment = {}) {
    environment.emplace("TERM", "xterm-256color");
    environment.emplace("LANG", "C.UTF-8");
    arguments.insert(arguments.begin(), SMOKEMESH_BINARY);
    std::unique_ptr<PtyProcess> process =
        PtyProcess::Start(arguments, environment, folder_.path(), columns, rows);
    EXPECT_NE(process, nullptr);
    return process;
  }

  static bool Shows(PtyProcess* process, const std::string& text) {
    const bool shown = process->WaitFor(
        [&](const Screen& screen) { return screen.Text().find(text) != std::string::npos; },
        Soon());
    EXPECT_TRUE(shown) << text << " is not on the screen:\n" << process->screen().Text();
    return shown;
  }

  static shared::SteadyTime Soon() { return steady_clock::now() + seconds(30); }

  // Whatever was shown, nothing was broken.
  static void ExpectCleanScreen(const PtyProcess& process) {
    EXPECT_THAT(process.screen().unknown(), IsEmpty());
    EXPECT_EQ(process.screen().wraps(), 0) << process.bytes();
    EXPECT_EQ(process.screen().cursor_column(), 0);
  }

  static int CountOf(const std::vector<std::string>& lines, const std::string& part) {
    return static_cast<int>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    }));
  }

  // All lines that were ever left behind, those above the screen first.
  static std::vector<std::string> Everything(const Screen& screen) {
    std::vector<std::string> lines = screen.scrolled();
    for (const std::string& line : screen.Lines()) lines.push_back(line);
    return lines;
  }

  GateServer gate_;
  TempDir folder_;
};

TEST_F(TerminalTest, ShowsSuitesAgentsAndRunningChecksThenLeavesTheReportAlone) {
  const auto process = Start({"run", Plan(3, 0)}, 60, 24);
  ASSERT_TRUE(gate_.WaitForArrivals(3, Soon()));
  ASSERT_TRUE(Shows(process.get(), " › waits_3 on "));
  const std::string picture = process->screen().Text();
  EXPECT_THAT(picture, ContainsRegex("Web (─)+ 0/3  [0-9.]+s of 20s\n"));
  EXPECT_THAT(picture, ContainsRegex("agents  [^ ]+ 3 running\n"));
  EXPECT_THAT(picture, ContainsRegex("running  [0-9.]+s\n$"));
  gate_.Open();
  EXPECT_EQ(process->WaitForEnd(Soon()), 0);
  ExpectCleanScreen(*process);
  EXPECT_GT(process->screen().colors(), 0);
  const std::string last = process->screen().Text();
  EXPECT_THAT(last, HasSubstr("Web: ✓ 3 passed"));
  EXPECT_THAT(last, EndsWith("\nPROMOTE: all 3 checks passed\n"));
  // The picture is gone, and the cursor stands below the last line.
  EXPECT_THAT(last, Not(HasSubstr("agents  ")));
  EXPECT_THAT(last, Not(HasSubstr("running")));
  EXPECT_EQ(process->screen().cursor_row(), static_cast<int>(process->screen().Lines().size()));
}

TEST_F(TerminalTest, FailuresStayAboveOnceAndNothingWraps) {
  const auto process = Start({"run", Plan(2, 3)}, 60, 60);
  ASSERT_TRUE(Shows(process.get(), "3 not passed"));
  ASSERT_TRUE(Shows(process.get(), "ROLLBACK is certain · running"));
  gate_.Open();
  EXPECT_EQ(process->WaitForEnd(Soon()), 1);
  EXPECT_THAT(process->screen().unknown(), IsEmpty());
  const std::vector<std::string> lines = Everything(process->screen());
  // Once as news; the report shows each again with its evidence.
  for (int i = 1; i <= 3; ++i) {
    const std::string name = "a_check_with_a_long_name_that_fails_" + std::to_string(i);
    EXPECT_EQ(CountOf(lines, "✗ FAILED  " + name), 2) << process->screen().Text();
  }
  EXPECT_EQ(CountOf(lines, "ROLLBACK is certain"), 1);
  // The verdict's line alone is never broken.
  EXPECT_LE(process->screen().wraps(), 2);
}

TEST_F(TerminalTest, NeverDrawsMoreLinesThanThereAre) {
  const auto process = Start({"run", Plan(20, 0)}, 60, 6);
  ASSERT_TRUE(Shows(process.get(), " more running"));
  // Drawn several times, the picture has left nothing behind: nothing has left the screen.
  const size_t begin = process->bytes().size();
  ASSERT_TRUE(process->WaitFor(
      [&](const Screen&) { return process->bytes().size() > begin + 2000; }, Soon()));
  EXPECT_THAT(process->screen().scrolled(), IsEmpty());
  EXPECT_EQ(process->screen().Lines().size(), 5u) << process->screen().Text();
  gate_.Open();
  EXPECT_EQ(process->WaitForEnd(Soon()), 0);
  ExpectCleanScreen(*process);
}

TEST_F(TerminalTest, FollowsTheTerminalWhenItsSizeChanges) {
  const auto process = Start({"run", Plan(3, 0)}, 100, 24);
  ASSERT_TRUE(Shows(process.get(), " › waits_3 on "));
  process->Resize(44, 24);
  const size_t begin = process->bytes().size();
  ASSERT_TRUE(process->WaitFor(
      [&](const Screen&) { return process->bytes().size() > begin + 2000; }, Soon()));
  const int wraps = process->screen().wraps();
  const size_t later = process->bytes().size();
  ASSERT_TRUE(process->WaitFor(
      [&](const Screen&) { return process->bytes().size() > later + 2000; }, Soon()));
  EXPECT_EQ(process->screen().wraps(), wraps) << process->screen().Text();
  EXPECT_THAT(process->screen().Text(), HasSubstr("waits_1"));
  gate_.Open();
  EXPECT_EQ(process->WaitForEnd(Soon()), 0);
}

TEST_F(TerminalTest, ABakeSaysWhichRoundItIsAndWhenTheNextBegins) {
  const auto process =
      Start({"run", Plan(1, 0), "--bake", "2s", "--every", "1s"}, 60, 30, {{"NO_COLOR", "1"}});
  ASSERT_TRUE(Shows(process.get(), "round 1 of 2\n"));
  gate_.Open();
  ASSERT_TRUE(Shows(process.get(), "round 1 of 2 · 1 PROMOTE · next in 1s\n"));
  EXPECT_EQ(process->WaitForEnd(Soon()), 0) << process->screen().Text();
  ExpectCleanScreen(*process);
  const std::string last = process->screen().Text();
  EXPECT_THAT(last, ContainsRegex("^round 1 of 2: PROMOTE  [^\n]+\nround 2 of 2: PROMOTE  "));
  EXPECT_THAT(last, ContainsRegex("\nRounds\n  ✓ 1–2  PROMOTE "));
  EXPECT_THAT(last, Not(HasSubstr("next in")));
}

TEST_F(TerminalTest, NoColorMeansNone) {
  const auto process = Start({"run", Plan(1, 1)}, 80, 40, {{"NO_COLOR", "1"}});
  ASSERT_TRUE(Shows(process.get(), "waits_1 on "));
  gate_.Open();
  EXPECT_EQ(process->WaitForEnd(Soon()), 1);
  EXPECT_EQ(process->screen().colors(), 0);
  EXPECT_THAT(process->screen().unknown(), IsEmpty());
}

TEST_F(TerminalTest, WithoutUtf8ThereIsOnlyAscii) {
  const auto process = Start({"run", Plan(1, 1)}, 80, 40, {{"LANG", "C"}});
  ASSERT_TRUE(Shows(process.get(), " > waits_1 on "));
  gate_.Open();
  EXPECT_EQ(process->WaitForEnd(Soon()), 1);
  for (const char c : process->bytes()) ASSERT_LT(static_cast<unsigned char>(c), 0x80u);
}

TEST_F(TerminalTest, ADumbTerminalGetsPlainLines) {
  gate_.Open();
  const auto process = Start({"run", Plan(1, 1)}, 80, 40, {{"TERM", "dumb"}});
  EXPECT_EQ(process->WaitForEnd(Soon()), 1);
  EXPECT_THAT(process->bytes(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(process->bytes(), HasSubstr("✓ PASSED  waits_1"));
}

TEST_F(TerminalTest, AnInterruptionLeavesTheScreenWhole) {
  const auto process = Start({"run", Plan(2, 0)}, 80, 30);
  ASSERT_TRUE(Shows(process.get(), "waits_2 on "));
  process->Signal(SIGINT);
  EXPECT_EQ(process->WaitForEnd(Soon()), 130);
  EXPECT_THAT(process->screen().unknown(), IsEmpty());
  EXPECT_EQ(process->screen().cursor_column(), 0);
  const std::vector<std::string> lines = Everything(process->screen());
  EXPECT_EQ(CountOf(lines, "interrupted: cancelling the run"), 1) << process->screen().Text();
  EXPECT_EQ(CountOf(lines, "agents  "), 0) << process->screen().Text();
}

}  // namespace
}  // namespace smokemesh::testing
