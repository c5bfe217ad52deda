#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "coordinator/report/reporter.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr size_t kPlenty = 900'000;

// Whether a line of a fenced block ends it: nothing but as many backticks, or more.
bool Closes(const std::string& line, const std::string& fence) {
  return line.size() >= fence.size() && line.find_first_not_of('`') == std::string::npos;
}

// What stands outside of code, as GitHub reads it: fences, code spans and `<code>` elements taken
// away. Fails when a fence or a span is not closed.
std::string OutsideOfCode(const std::string& markdown) {
  std::string outside;
  std::istringstream in(markdown);
  std::string fence;
  for (std::string line; std::getline(in, line);) {
    if (!fence.empty()) {
      if (Closes(line, fence)) fence.clear();
      continue;
    }
    if (line.rfind("```", 0) == 0 && line.find_first_not_of('`') != std::string::npos &&
        line.find('`', line.find_first_not_of('`')) == std::string::npos) {
      fence = line.substr(0, line.find_first_not_of('`'));
      continue;
    }
    RE2::GlobalReplace(&line, "<code>[^<]*</code>", "");
    for (size_t at = line.find('`'); at != std::string::npos; at = line.find('`')) {
      const size_t end = std::min(line.find_first_not_of('`', at), line.size());
      size_t close = end;
      while (true) {
        close = line.find('`', close);
        if (close == std::string::npos) {
          ADD_FAILURE() << "a code span is not closed: " << line;
          return outside;
        }
        const size_t after = std::min(line.find_first_not_of('`', close), line.size());
        const bool closes = after - close == end - at;
        close = after;
        if (closes) break;
      }
      line.erase(at, close - at);
    }
    outside += line + "\n";
  }
  EXPECT_THAT(fence, IsEmpty()) << "a fence is not closed";
  return outside;
}

// The bars that end a cell, of every line of a table. A table is cut into cells before code is
// looked for, and only a `\` right before a bar keeps it.
std::vector<int> BarsOfTables(const std::string& markdown) {
  std::vector<int> bars;
  std::istringstream in(markdown);
  std::string fence;
  for (std::string line; std::getline(in, line);) {
    if (!fence.empty()) {
      if (Closes(line, fence)) fence.clear();
      continue;
    }
    if (line.rfind("```", 0) == 0 && absl::EndsWith(line, "`text")) {
      fence = line.substr(0, line.size() - 4);
      continue;
    }
    if (line.rfind("| ", 0) != 0) continue;
    bars.push_back(0);
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) ++bars.back();
    }
  }
  return bars;
}

v1::Run RunWithEveryText(const std::string& text) {
  v1::Run run = HostileRun();

  run.set_plan_name(text);
  run.set_cancel_reason(text);
  v1::CheckRecord& check = *run.mutable_checks(0);
  check.set_name(text);
  check.set_suite(text);
  check.set_impact(text);
  check.mutable_source()->set_file(text);
  v1::Task& task = *check.mutable_tasks(0);
  task.set_agent_id(text);
  task.set_reason(text);
  v1::TaskResult& result = *task.mutable_result();
  result.set_cleanup_error(text);
  v1::Failure& failure = *result.mutable_failures(0);
  failure.set_step_name(text);
  failure.set_expected(text);
  failure.set_actual(text);
  failure.set_target(text);
  failure.set_hint(text);
  v1::RuleResult& rule = *run.mutable_verdict()->mutable_rules(0);
  rule.set_rule(text);
  rule.set_limit(text);
  rule.set_value(text);
  rule.set_counted(0, text);
  rule.set_first_evidence(text);
  rule.set_what_if(text);
  run.mutable_verdict()->set_summary(text);
  run.mutable_verdict()->add_reasons("another " + text);
  v1::CheckRecord* shadow = run.add_checks();
  *shadow = check;
  shadow->set_name("shadow " + text);
  shadow->set_shadow(true);
  v1::CheckRecord* skipped = run.add_checks();
  skipped->set_name("skipped " + text);
  skipped->set_reason(text);
  skipped->set_outcome(v1::OUTCOME_SKIPPED);
  skipped->mutable_comparison()->set_newly_slow(true);
  run.mutable_options()->mutable_baseline()->set_run_id(text);
  v1::BakeRound* round = run.mutable_bake()->add_rounds();
  round->set_summary(text);
  round->add_crossed(text);
  run.mutable_bake()->set_summary(text);
  return run;
}

TEST(MarkdownReport, BeginsWithTheVerdictAndShowsCountsRulesAndFailures) {
  const std::string report = MarkdownReport(RolledBackRun(), kPlenty);
  EXPECT_THAT(report, StartsWith("## ❌ ROLLBACK\n\n`rules too-many-failures (3 of 9"));
  EXPECT_THAT(report, HasSubstr("| `Database` | 2 | 0 | 1 | 0 | 1 | 451ms | 30s |\n"));
  EXPECT_THAT(report, HasSubstr("| **all** | 5 | 1 | 2 | 1 | 1 | 4.21s |  |\n"));
  EXPECT_THAT(report, HasSubstr("| `critical-path` | rollback | `1 of 5 (20%)` | `at least 1 of 5 "
                                "checks not passed` | **yes** |\n"));
  EXPECT_THAT(report, HasSubstr("<details><summary>❌ <b>FAILED</b> "
                                "<code>constraint_enforcement</code> <b>critical</b></summary>\n\n"
                                "On `engagement-1 (engagement)`\n\n```text\n"
                                "step      2 insert an unknown status\n"
                                "expected  sqlstate == 23514\n"
                                "seen      00000 (1 row inserted)\n"));
  EXPECT_LT(report.find("constraint_enforcement</code>"), report.find("event_persistence</code>"));
  EXPECT_THAT(report, Not(HasSubstr("Left out")));
}

TEST(MarkdownReport, OfABakeHasItsRounds) {
  const std::string report = MarkdownReport(BakePromotedRun(), kPlenty);
  EXPECT_THAT(report, StartsWith("## ✅ PROMOTE\n\n`the last 2 rounds of 4 passed`\n"));
  EXPECT_THAT(report, HasSubstr("| 3–4 | ✅ PROMOTE | 4.21s |  |\n"));
}

TEST(MarkdownReport, LetsNothingOfACheckOutOfCode) {
  for (const char* attack :
       {"@everyone look at https://evil.example and www.evil.example #1 :tada: a@b.example",
        "` @everyone ` https://evil.example", "``` \n```\n<img src=x> @everyone", "`|@everyone|`",
        "\\`|\\| @everyone", "</code></summary></details><script>alert(1)</script>@everyone",
        "![x](https://evil.example) <https://evil.example> [a]: https://evil.example",
        "\n\n# @everyone\n- <b>x</b>\n", "`````", "````` @everyone", "| --- |", "\\", "a`",
        " ` "}) {
    const std::string report = MarkdownReport(RunWithEveryText(attack), kPlenty);
    const std::string outside = OutsideOfCode(report);
    for (const char* part : {"@", "://", "www.", "evil", "](", "<script", "<img", "alert"}) {
      EXPECT_THAT(outside, Not(HasSubstr(part))) << attack << "\n" << report;
    }
    // Every tag left is one of ours, and the tables have the cells that they have without it.
    std::string without = outside;
    RE2::GlobalReplace(&without, "</?(details|summary|b)>", "");
    EXPECT_THAT(without, Not(HasSubstr("<"))) << attack;
    EXPECT_EQ(BarsOfTables(report), BarsOfTables(MarkdownReport(RunWithEveryText("x"), kPlenty)))
        << attack;
  }
}

TEST(MarkdownReport, IsNeverAboveItsSizeAndNeverCutInsideOfCodeOrACharacter) {
  const v1::Run runs[] = {RolledBackRun(), LargeRun(300), RunWithEveryText("é`` | ✓")};
  for (const v1::Run& run : runs) {
    for (size_t size = 0; size < 12'000; size = size * 5 / 4 + 1) {
      const std::string report = MarkdownReport(run, size);
      ASSERT_LE(report.size(), size);
      OutsideOfCode(report);
      EXPECT_FALSE(!report.empty() && (static_cast<unsigned char>(report.back()) & 0x80) != 0);
      const auto count = [&](const std::string& part) {
        size_t found = 0;
        for (size_t at = report.find(part); at != std::string::npos;
             at = report.find(part, at + 1)) {
          ++found;
        }
        return found;
      };
      EXPECT_EQ(count("<details>"), count("</details>")) << size;
    }
  }
}

TEST(MarkdownReport, ShowsTheWorstFirstAndCountsWhatIsLeftOut) {
  const v1::Run run = LargeRun(300);
  const std::string report = MarkdownReport(run, 6'000);
  EXPECT_THAT(report, HasSubstr("<details>"));
  EXPECT_THAT(report, ContainsRegex("Left out for want of room: the evidence of [0-9]+ checks"));
  // Nothing is said twice or lost: in full, in one line or counted.
  const auto number = [&](const char* pattern) {
    int found = 0;
    RE2::PartialMatch(report, pattern, &found);
    return found;
  };
  int full = 0;
  for (size_t at = report.find("<details>"); at != std::string::npos;
       at = report.find("<details>", at + 1)) {
    ++full;
  }
  EXPECT_EQ(full + number("evidence of ([0-9]+) check") + number(", ([0-9]+) more checks that did"),
            number("### Did not pass: ([0-9]+)"));
}

TEST(MarkdownReport, OfARunWithNothingInItHasNoVerdict) {
  EXPECT_THAT(MarkdownReport(v1::Run(), kPlenty), StartsWith("## ❓ UNDECIDED\n"));
}

}  // namespace
}  // namespace smokemesh::coordinator
