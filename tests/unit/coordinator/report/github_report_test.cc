#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "coordinator/report/reporter.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

const char* const kToken = "8b1a9953c4611296a827abf8c47804d7";

// What the runner does with a log: github.com/actions/runner, ActionCommand.cs and
// ActionCommandManager.cs, written again. Lines end at CR, LF or both, as .NET reads them. A line
// is a command when it begins with `::` after blanks of any kind, or when it has `##[` anywhere;
// between `stop-commands` and its token there are none.
class Runner {
 public:
  struct Command {
    std::string name;
    std::string properties;
    std::string data;
  };

  explicit Runner(const std::string& log) {
    std::string line;
    for (const char c : log + "\n") {
      if (c != '\n' && c != '\r') {
        line += c;
        continue;
      }
      Line(line);
      line.clear();
    }
  }

  const std::vector<Command>& commands() const { return commands_; }
  bool stopped() const { return !token_.empty(); }
  std::vector<Command> Of(const std::string& name) const {
    std::vector<Command> found;
    for (const Command& command : commands_) {
      if (command.name == name) found.push_back(command);
    }
    return found;
  }

 private:
  static std::string Lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  }

  bool Known(const std::string& name) const {
    static const std::set<std::string> kNames = {
        "error",   "warning",  "notice",     "debug", "group",      "endgroup",      "add-mask",
        "set-env", "add-path", "set-output", "echo",  "save-state", "stop-commands", "add-matcher"};
    return kNames.count(Lower(name)) > 0 || (stopped() && Lower(name) == Lower(token_));
  }

  void Line(std::string line) {
    // Anything that is no ASCII may be a blank to .NET.
    size_t at = 0;
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t' || line[at] == '\v' ||
                                line[at] == '\f' || (line[at] & 0x80) != 0)) {
      ++at;
    }
    const std::string trimmed = line.substr(at);
    if (trimmed.rfind("::", 0) == 0) {
      const size_t end = trimmed.find("::", 2);
      if (end != std::string::npos) {
        const std::string info = trimmed.substr(2, end - 2);
        const size_t blank = info.find(' ');
        if (Known(info.substr(0, blank))) {
          Carry({info.substr(0, blank), blank == std::string::npos ? "" : info.substr(blank + 1),
                 trimmed.substr(end + 2)});
          return;
        }
      }
    }
    const size_t old = line.find("##[");
    if (old == std::string::npos) return;
    const size_t end = line.find(']', old);
    if (end == std::string::npos) return;
    const std::string info = line.substr(old + 3, end - old - 3);
    const std::string name = info.substr(0, info.find(' '));
    if (Known(name)) Carry({name, "", line.substr(end + 1)});
  }

  void Carry(const Command& command) {
    if (stopped()) {
      if (Lower(command.name) == Lower(token_)) token_.clear();
      return;
    }
    if (Lower(command.name) == "stop-commands") {
      token_ = command.data;
      return;
    }
    commands_.push_back(command);
  }

  std::string token_;
  std::vector<Command> commands_;
};

TEST(GithubReport, ShowsTheTextReportWhereNothingIsACommandThenTheAnnotations) {
  const v1::Run run = RolledBackRun();
  const std::string report = GithubReport(run, kToken);
  EXPECT_THAT(report, StartsWith(std::string("::stop-commands::") + kToken + "\n" +
                                 TextReport(run, {}) + "::" + kToken + "::\n::error "));
  const Runner runner(report);
  EXPECT_FALSE(runner.stopped());
  const auto errors = runner.Of("error");
  // The verdict, two rules, the critical check, the others.
  ASSERT_THAT(errors, SizeIs(6));
  EXPECT_EQ(errors[0].properties, "title=smokemesh%3A ROLLBACK");
  EXPECT_THAT(errors[0].data, HasSubstr("3 of 9 not passed (33.3%25)"));
  EXPECT_EQ(errors[1].properties, "title=rule too-many-failures%3A rollback");
  EXPECT_EQ(errors[3].properties,
            "file=deploy/plans/aura.yaml,line=118,title=critical%3A constraint_enforcement FAILED");
  EXPECT_THAT(errors[3].data,
              HasSubstr("expected: sqlstate == 23514%0Aseen: 00000 (1 row inserted)%0Atarget: "));
  const auto warnings = runner.Of("warning");
  ASSERT_THAT(warnings, SizeIs(2));
  EXPECT_THAT(warnings[0].properties, HasSubstr("title=token_expiry FLAKY"));
  EXPECT_THAT(warnings[0].data, HasSubstr("passed only on try 2"));
}

TEST(GithubReport, HasAnErrorForEveryVerdictButPromote) {
  for (const auto& [name, run] : AllSampleRuns()) {
    const std::vector<Runner::Command> errors = Runner(GithubReport(run, kToken)).Of("error");
    const bool promote =
        name == "promote" || name == "shadow" || name == "tolerated" || name == "bake_promote";
    EXPECT_EQ(errors.empty(), promote) << name;
  }
  EXPECT_THAT(Runner(GithubReport(v1::Run(), kToken)).Of("error"), SizeIs(1));
}

TEST(GithubReport, WarnsOfWhatIsToleratedAndTellsOfShadowChecks) {
  const auto warnings = Runner(GithubReport(ToleratedRun(), kToken)).Of("warning");
  ASSERT_THAT(warnings, SizeIs(2));
  EXPECT_THAT(warnings[0].properties, EndsWith("title=partner_webhook FAILED%2C tolerated"));
  const auto notices = Runner(GithubReport(ShadowRun(), kToken)).Of("notice");
  ASSERT_THAT(notices, SizeIs(2));
  EXPECT_EQ(notices[0].properties, "title=smokemesh%3A PROMOTE");
  EXPECT_THAT(notices[1].properties, HasSubstr("event_latency FAILED%2C shadow"));
}

TEST(GithubReport, ShowsNoMoreThanGithubDoesAndCountsTheRest) {
  v1::Run run = LargeRun(300);
  for (v1::CheckRecord& check : *run.mutable_checks()) {
    if (check.outcome() == v1::OUTCOME_PASSED) check.set_outcome(v1::OUTCOME_FLAKY);
  }
  const Runner runner(GithubReport(run, kToken));
  EXPECT_THAT(runner.Of("error"), SizeIs(10));
  EXPECT_THAT(runner.Of("warning"), SizeIs(10));
  const auto notices = runner.Of("notice");
  ASSERT_THAT(notices, SizeIs(1));
  EXPECT_THAT(notices[0].data,
              testing::ContainsRegex("^[0-9]+ more errors, [0-9]+ more warnings:"));
}

// Every text that a check or an agent can choose.
v1::Run RunWithEveryText(const std::string& text) {
  v1::Run run = RolledBackRun();
  run.set_plan_name(text);
  run.mutable_suites(0)->set_title(text);
  for (v1::CheckRecord& check : *run.mutable_checks()) {
    check.set_name(text);
    check.set_impact(text);
    check.set_reason(text);
    check.mutable_source()->set_file(text);
    for (v1::Task& task : *check.mutable_tasks()) {
      task.set_agent_id(text);
      task.set_service(text);
      if (task.has_result()) task.mutable_result()->set_message(text);
      for (v1::Failure& failure : *task.mutable_result()->mutable_failures()) {
        failure.set_step_name(text);
        failure.set_expected(text);
        failure.set_actual(text);
        failure.set_target(text);
        failure.set_hint(text);
      }
    }
  }
  for (v1::RuleResult& rule : *run.mutable_verdict()->mutable_rules()) {
    rule.set_rule(text);
    rule.set_value(text);
    rule.set_limit(text);
    rule.set_first_evidence(text);
  }
  run.mutable_verdict()->set_summary(text);
  return run;
}

TEST(GithubReport, NothingThatACheckSawIsEverACommand) {
  const Runner harmless(GithubReport(RunWithEveryText("harmless"), kToken));
  ASSERT_THAT(harmless.commands(), Not(IsEmpty()));
  for (const char* attack : {"::add-mask::the",
                             "\n::add-mask::the",
                             "\r::add-mask::the",
                             "\r\n  ::add-mask::the",
                             "##[add-mask]the",
                             "x ##[set-env name=A]b",
                             "##[stop-commands]mine",
                             "::stop-commands::mine",
                             "\n::0123456789abcdef0123456789abcdef::\n::add-mask::the",
                             "###[add-mask]the",
                             "\xe2\x80\xa8::add-mask::the",
                             "\xc2\x85::add-mask::the",
                             "\xc2\xa0::add-mask::the",
                             "\xe3\x80\x80::add-mask::the",
                             "a::add-mask::the",
                             "%0A::add-mask::the",
                             "title=x::add-mask::the",
                             ",title=y::z",
                             "\x0b::add-mask::the",
                             "##[ADD-MASK]the"}) {
    const std::string report = GithubReport(RunWithEveryText(attack), kToken);
    const Runner runner(report);
    EXPECT_FALSE(runner.stopped()) << attack;
    ASSERT_EQ(runner.commands().size(), harmless.commands().size()) << attack << "\n" << report;
    for (size_t i = 0; i < runner.commands().size(); ++i) {
      EXPECT_EQ(runner.commands()[i].name, harmless.commands()[i].name) << attack;
      // As many properties, none of them split or ended by the text.
      const auto commas = [](const std::string& text) {
        return std::count(text.begin(), text.end(), ',');
      };
      EXPECT_EQ(commas(runner.commands()[i].properties), commas(harmless.commands()[i].properties))
          << attack;
    }
  }
}

// The text report alone, as `--output text` writes it in a build.
TEST(GithubReport, TheTextReportAloneHasNoCommandEither) {
  for (const char* attack : {"::add-mask::the", "##[add-mask]the", "\r::add-mask::the",
                             "\xc2\xa0::add-mask::the", "###[add-mask]the"}) {
    EXPECT_THAT(Runner(TextReport(RunWithEveryText(attack), {})).commands(), IsEmpty()) << attack;
  }
}

TEST(GithubReport, ATextThatHasTheTokenEndsNothing) {
  const std::string attack =
      std::string("\n::") + kToken + "::\n::add-mask::the ##[" + kToken + "]";
  const std::string report = GithubReport(RunWithEveryText(attack), kToken);
  const std::string block = report.substr(0, report.find(std::string("\n::") + kToken + "::\n"));
  EXPECT_EQ(block.rfind(kToken), block.find(kToken)) << "only to stop the commands";
  const Runner runner(report);
  EXPECT_THAT(runner.Of("add-mask"), IsEmpty());
  EXPECT_THAT(runner.Of("error"), Not(IsEmpty()));
}

TEST(GithubOutputs, AreWhatTheRunnerReadsWhateverTheTextsSay) {
  v1::Run run = RolledBackRun();
  run.mutable_verdict()->set_summary("a=b\nDELIMITER\nverdict<<X\nPROMOTE\nX");
  std::istringstream in(GithubOutputs(run, "DELIMITER"));
  std::vector<std::string> names;
  std::string verdict;
  for (std::string line; std::getline(in, line);) {
    const size_t mark = line.find("<<DELIMITER");
    ASSERT_NE(mark, std::string::npos) << line;
    names.push_back(line.substr(0, mark));
    std::string value;
    ASSERT_TRUE(std::getline(in, value));
    ASSERT_TRUE(std::getline(in, line));
    ASSERT_EQ(line, "DELIMITER");
    if (names.back() == "verdict") verdict = value;
  }
  EXPECT_EQ(verdict, "ROLLBACK");
  EXPECT_THAT(names, ElementsAre("verdict", "exit_code", "run_id", "summary", "planned", "passed",
                                 "flaky", "failed", "errored", "blocked", "aborted", "missing",
                                 "skipped", "open", "tolerated"));
}

TEST(GithubOutputs, AValueIsNeverTheDelimiter) {
  v1::Run run = PromotedRun();
  run.set_run_id("DELIMITER");
  EXPECT_THAT(GithubOutputs(run, "DELIMITER"),
              HasSubstr("run_id<<DELIMITER\n DELIMITER\nDELIMITER\n"));
}

TEST(GithubOutputs, OfABakeAreItsDecision) {
  v1::Run run = PromotedRun();
  run.mutable_bake()->set_decision(v1::DECISION_HOLD);
  EXPECT_THAT(GithubOutputs(run, "D"), StartsWith("verdict<<D\nHOLD\nD\nexit_code<<D\n5\nD\n"));
}

}  // namespace
}  // namespace smokemesh::coordinator
