#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "shared/duration.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

int CountOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(TextReport, EndsWithTheVerdictInOneWord) {
  EXPECT_THAT(TextReport(PromotedRun(), {}), EndsWith("\nPROMOTE: all 5 checks passed\n"));
}

TEST(TextReport, LetsNoControlCharacterOfTheTargetThrough) {
  for (const char c : TextReport(HostileRun(), {})) {
    EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
  }
}

TEST(TextReport, KeepsToItsWidth) {
  std::string line;
  const std::string report = TextReport(RolledBackRun(), {.unicode = false, .width = 60});
  const size_t begin = report.find("x FAILED");
  const size_t end = report.find("Flaky");
  for (const char c : report.substr(begin, end - begin)) {
    if (c != '\n') {
      line += c;
      continue;
    }
    EXPECT_LE(line.size(), 60u) << line;
    line.clear();
  }
}

TEST(JunitReport, GivesEveryPairACaseAndAddsTheRulesAndTheDecision) {
  // 10 pairs and one check without an agent; 3 rules; the decision.
  const std::string report = JunitReport(RolledBackRun());
  EXPECT_EQ(CountOf(report, "<testcase "), 10 + 3 + 1);
  EXPECT_EQ(CountOf(report, "<failure "), 2 + 2 + 1);
  EXPECT_EQ(CountOf(report, "<skipped "), 2);
  EXPECT_EQ(CountOf(report, "<error "), 0);
}

TEST(JunitReport, IsRedWhenThereIsNoEvidence) {
  const std::string report = JunitReport(InconclusiveRun());
  EXPECT_EQ(CountOf(report, "<failure "), 0);
  EXPECT_EQ(CountOf(report, "<error "), 3 + 1);
}

TEST(JunitReport, NeverGivesTwoCasesTheSameName) {
  v1::Run run = PromotedRun();
  *run.add_checks() = run.checks(0);
  const std::string report = JunitReport(run);
  EXPECT_EQ(CountOf(report, "name=\"database_connectivity\""), 1);
  EXPECT_EQ(CountOf(report, "name=\"database_connectivity #2\""), 1);
}

TEST(JunitReport, DoesNotCallAnAgentRedThatTheQuorumTolerates) {
  const std::string report = JunitReport(HeldRun());
  EXPECT_THAT(report, HasSubstr("<skipped message=\"tolerated, the check has its quorum"));
}

TEST(JunitReport, CallsAnOpenRunAnError) {
  v1::Run run = PromotedRun();
  run.mutable_verdict()->set_decision(v1::DECISION_UNSPECIFIED);
  run.mutable_checks(0)->set_outcome(v1::OUTCOME_UNSPECIFIED);
  run.mutable_checks(0)->mutable_tasks(0)->set_outcome(v1::OUTCOME_UNSPECIFIED);
  run.mutable_checks(0)->mutable_tasks(0)->clear_result();
  EXPECT_EQ(CountOf(JunitReport(run), "<error "), 2);
}

TEST(JunitReport, OfAHugeRunStaysBelowTheSizeThatGitlabRefuses) {
  v1::Run run;
  v1::CheckRecord check;
  check.set_suite("services");
  v1::Task* task = check.add_tasks();
  task->set_agent_id("a");
  task->mutable_result()->set_message(std::string(60000, 'x'));
  task->mutable_result()->add_steps()->set_observed(std::string(60000, 'y'));
  for (int i = 0; i < 900; ++i) {
    check.set_name("check" + std::to_string(i));
    const v1::Outcome outcome = i % 3 == 0 ? v1::OUTCOME_PASSED : v1::OUTCOME_FAILED;
    check.set_outcome(outcome);
    task->set_outcome(outcome);
    *run.add_checks() = check;
  }
  const std::string report = JunitReport(run);
  EXPECT_GT(report.size(), 20u << 20);
  EXPECT_LT(report.size(), 29'000'000u);
  EXPECT_EQ(CountOf(report, "<testcase "), 900 + 1);
  EXPECT_EQ(CountOf(report, "<failure "), 600);
}

TEST(JunitReport, IsRedExactlyWhenTheDecisionIsNotPromote) {
  for (const auto& [name, run] : AllSampleRuns()) {
    const std::string report = JunitReport(run);
    EXPECT_EQ(CountOf(report, "<failure ") + CountOf(report, "<error ") == 0,
              DecisionOf(run) == v1::DECISION_PROMOTE)
        << name;
  }
}

TEST(JsonReport, SaysWhatAPipelineGoesByWhenRoundsWereBaked) {
  const auto report = nlohmann::json::parse(JsonReport(BakeRolledBackRun()));
  EXPECT_EQ(report["decision"], "ROLLBACK");
  EXPECT_EQ(report["exit_code"], 1);
  EXPECT_EQ(report["bake"]["id"], "release-2025.48.1");
  ASSERT_EQ(report["bake"]["rounds"].size(), 4u);
  EXPECT_EQ(report["bake"]["rounds"][1]["decision"], "HOLD");
  EXPECT_EQ(report["bake"]["rounds"][1]["crossed"][0], "events-late-again");
  EXPECT_EQ(report["options"]["round"]["number"], 4);
  EXPECT_EQ(report["verdict"]["rules"][3]["rounds"], "crossed in 2 of the last 3 rounds, limit 2");
  // The last round may say less than all rounds together.
  v1::Run run = BakeRolledBackRun();
  *run.mutable_verdict() = BakePromotedRun().verdict();
  const auto other = nlohmann::json::parse(JsonReport(run));
  EXPECT_EQ(other["verdict"]["decision"], "PROMOTE");
  EXPECT_EQ(other["decision"], "ROLLBACK");
  EXPECT_EQ(other["exit_code"], 1);
}

TEST(JsonReport, HasShadowToleratedAndComparedChecks) {
  const auto shadow = nlohmann::json::parse(JsonReport(ShadowRun()));
  EXPECT_EQ(shadow["verdict"]["counts"]["planned"], 5);
  EXPECT_EQ(shadow["verdict"]["shadow"]["failed"], 1);
  EXPECT_EQ(shadow["checks"][5]["shadow"], true);
  const auto tolerated = nlohmann::json::parse(JsonReport(ToleratedRun()));
  EXPECT_EQ(tolerated["verdict"]["tolerated"], nlohmann::json({"partner_webhook", "partner_feed"}));
  EXPECT_EQ(tolerated["verdict"]["rules"][3]["effect"], "TOLERATE");
  const auto compared = nlohmann::json::parse(JsonReport(ComparedRun()));
  EXPECT_EQ(compared["baseline"]["run_id"], "5c6d0e2f-0000-4000-8000-000000000001");
  EXPECT_EQ(compared["checks"][2]["comparison"]["newly_failing"], true);
  EXPECT_EQ(compared["checks"][4]["comparison"]["newly_slow"], true);
  EXPECT_EQ(compared["checks"][4]["comparison"]["usual_ms"], 437.5);
  EXPECT_EQ(compared["checks"][5]["comparison"]["newly_passing"], true);
  EXPECT_EQ(compared["checks"][6]["comparison"]["added"], true);
  EXPECT_TRUE(compared["checks"][6]["comparison"]["usual_ms"].is_null());
}

TEST(JsonReport, CarriesTheExitCodeAndEveryPair) {
  const auto report = nlohmann::json::parse(JsonReport(RolledBackRun()));
  EXPECT_EQ(report["verdict"]["decision"], "ROLLBACK");
  EXPECT_EQ(report["verdict"]["exit_code"], 1);
  EXPECT_EQ(report["checks"].size(), 10u);
  EXPECT_EQ(report["checks"][6]["agents"][0]["failures"][0]["expected"], "sqlstate == 23514");
}

TEST(JsonReport, HasTheSameKeysWhateverHappened) {
  const auto keys = [](const nlohmann::json& object) {
    std::vector<std::string> names;
    for (const auto& item : object.items()) names.push_back(item.key());
    return names;
  };
  const auto full = nlohmann::json::parse(JsonReport(RolledBackRun()));
  const auto empty = nlohmann::json::parse(JsonReport(v1::Run()));
  EXPECT_EQ(keys(full), keys(empty));
  EXPECT_EQ(keys(full["verdict"]), keys(empty["verdict"]));
  EXPECT_EQ(keys(full["plan"]), keys(empty["plan"]));
  EXPECT_EQ(keys(full["options"]), keys(empty["options"]));
  EXPECT_TRUE(empty["bake"].is_null());
  EXPECT_TRUE(empty["baseline"].is_null());
  // A check that has failed, and one that never ran.
  EXPECT_EQ(keys(full["checks"][6]), keys(full["checks"][9]));
  EXPECT_EQ(keys(full["checks"][6]["agents"][0]), keys(full["checks"][7]["agents"][0]));
  EXPECT_TRUE(empty["verdict"]["decision"].is_null());
  EXPECT_EQ(empty["verdict"]["exit_code"], 4);
}

TEST(JsonReport, IsValidJsonWhateverTheTargetAnswered) {
  EXPECT_FALSE(nlohmann::json::parse(JsonReport(HostileRun()), nullptr, false).is_discarded());
}

TEST(HtmlReport, RunsNoScriptOfTheTarget) {
  const std::string report = HtmlReport(HostileRun());
  EXPECT_EQ(CountOf(report, "<script>"), 1);
  EXPECT_EQ(CountOf(report, "</script>"), 1);
  EXPECT_THAT(report, Not(HasSubstr("<b> &")));
  EXPECT_THAT(report, Not(HasSubstr("\x1b")));
}

TEST(HtmlReport, LoadsNothing) {
  const std::string report = HtmlReport(RolledBackRun());
  for (const char* part : {"http://", "https://", "src=", "<link", "@import", "url("}) {
    EXPECT_THAT(report, Not(HasSubstr(part)));
  }
}

TEST(HtmlReport, ShowsDecisionExitCodeAndEvidence) {
  const std::string report = HtmlReport(RolledBackRun());
  EXPECT_THAT(report, HasSubstr(">ROLLBACK</h2>"));
  EXPECT_THAT(report, HasSubstr("exit code<b>1</b>"));
  EXPECT_THAT(report, HasSubstr("sqlstate == 23514"));
  EXPECT_THAT(report, HasSubstr("00000 (1 row inserted)"));
}

TEST(HtmlReport, HasTheBakesDecisionAsItsHeadlineAndEveryRound) {
  const std::string report = HtmlReport(BakeRolledBackRun());
  EXPECT_THAT(report, HasSubstr(">ROLLBACK</h2>"));
  EXPECT_THAT(report, HasSubstr("Round 4 of 4 is shown below"));
  EXPECT_EQ(CountOf(report, "limit crossed: events-late-again"), 2);
  EXPECT_THAT(HtmlReport(PromotedRun()), Not(HasSubstr("id=\"rounds\"")));
}

TEST(HtmlReport, ShowsAToleratedFailureApartFromWhatNeedsAttention) {
  const std::string report = HtmlReport(ToleratedRun());
  EXPECT_THAT(report, HasSubstr(">Tolerated</h2>"));
  EXPECT_THAT(report, Not(HasSubstr(">Needs attention</h2>")));
  EXPECT_THAT(report, HasSubstr("<span class=\"pill d-promote\">TOLERATED</span>"));
}

TEST(HtmlReport, StaysSmallEnoughForABrowserWhenPassingChecksHaveMuchToSay) {
  v1::Run run = PromotedRun();
  v1::CheckRecord check = run.checks(0);
  check.mutable_tasks(0)->mutable_result()->mutable_steps(0)->set_observed(std::string(60000, 'y'));
  for (int i = 0; i < 400; ++i) *run.add_checks() = check;
  EXPECT_LT(HtmlReport(run).size(), 10u << 20);
  EXPECT_THAT(HtmlReport(run), HasSubstr("Steps left out of this page"));
}

// A check that its agent left out, for a reason of its own.
v1::Run RunWithSkippedCheck() {
  v1::Run run = PromotedRun();
  v1::CheckRecord& check = *run.mutable_checks(0);
  const std::string why = "every step was left out by its `when`";
  check.set_outcome(v1::OUTCOME_SKIPPED);
  check.set_reason(why);
  check.clear_tags();
  check.mutable_tasks(0)->set_outcome(v1::OUTCOME_SKIPPED);
  check.mutable_tasks(0)->mutable_result()->set_outcome(v1::OUTCOME_SKIPPED);
  check.mutable_tasks(0)->mutable_result()->set_message(why);
  return run;
}

TEST(AllReports, SayWhyACheckWasSkipped) {
  const v1::Run run = RunWithSkippedCheck();
  EXPECT_THAT(TextReport(run, {}), HasSubstr("– database_connectivity: every step was left out by"
                                             " its `when`"));
  EXPECT_THAT(JunitReport(run), HasSubstr("<skipped message=\"every step was left out by its "));
  EXPECT_THAT(HtmlReport(run), HasSubstr("<p class=\"reason\">every step was left out by its"));
  const auto json = nlohmann::json::parse(JsonReport(run));
  EXPECT_EQ(json["checks"][0]["reason"], "every step was left out by its `when`");
  EXPECT_EQ(json["checks"][0]["agents"][0]["message"], "every step was left out by its `when`");
}

TEST(AllReports, SayThatASuiteMissedItsTarget) {
  v1::Run run = PromotedRun();
  *run.mutable_suites(1)->mutable_target() = shared::ToProto(std::chrono::milliseconds(100));
  EXPECT_THAT(TextReport(run, {}), HasSubstr("over its target of 100ms"));
  EXPECT_THAT(HtmlReport(run), HasSubstr("target 100ms, missed"));
  EXPECT_THAT(JunitReport(run), HasSubstr("<property name=\"over_target\" value=\"true\"/>"));
  const auto json = nlohmann::json::parse(JsonReport(run));
  EXPECT_EQ(json["suites"][0]["over_target"], false);
  EXPECT_EQ(json["suites"][1]["over_target"], true);
  EXPECT_EQ(json["suites"][1]["target_ms"], 100.0);
}

TEST(AllReports, ASuiteThatItsMaxEndedMissedItsTargetWhateverItsTimesSay) {
  v1::Run run = PromotedRun();
  v1::Task& task = *run.mutable_checks(0)->mutable_tasks(0);
  run.mutable_checks(0)->set_outcome(v1::OUTCOME_ABORTED);
  task.clear_result();
  task.set_outcome(v1::OUTCOME_ABORTED);
  task.set_reason("suite \"database\" was ended after 1m0s: its max is 1m0s");
  const auto json = nlohmann::json::parse(JsonReport(run));
  EXPECT_EQ(json["suites"][0]["over_target"], true);
  EXPECT_THAT(TextReport(run, {}), HasSubstr("suite \"database\" was ended after 1m0s"));
}

TEST(AllReports, TheHeadSaysThatOnlyTheCriticalPathRan) {
  v1::Run run = PromotedRun();
  run.mutable_options()->set_select("critical and (database)");
  const std::string text = TextReport(run, {});
  EXPECT_THAT(text.substr(0, text.find("Database")), HasSubstr("critical path only"));
  EXPECT_THAT(HtmlReport(run), HasSubstr("critical path only"));
  run.mutable_options()->set_select("critical or database");
  EXPECT_THAT(TextReport(run, {}), Not(HasSubstr("critical path only")));
}

// A run that cleans up after two others, and could not remove everything.
v1::Run CleanUpRun() {
  v1::Run run = PromotedRun();
  run.mutable_options()->add_clean_runs()->set_run_id("r1");
  run.mutable_options()->add_clean_runs()->set_run_id("r2");
  v1::CheckRecord& check = *run.mutable_checks(0);
  check.set_outcome(v1::OUTCOME_FAILED);
  check.mutable_tasks(0)->set_outcome(v1::OUTCOME_FAILED);
  check.mutable_tasks(0)->mutable_result()->set_message("permission denied for schema x");
  *run.mutable_verdict() = JudgeCleanUp(run.checks(), 2);
  return run;
}

TEST(AllReports, ARunThatCleansUpLooksLikeNoVerdict) {
  const v1::Run run = CleanUpRun();
  for (const std::string& report :
       {TextReport(run, {}), JsonReport(run), HtmlReport(run), JunitReport(run)}) {
    for (const char* word : {"PROMOTE", "ROLLBACK", "HOLD", "INCONCLUSIVE"}) {
      EXPECT_THAT(report, Not(HasSubstr(word)));
    }
  }
  EXPECT_THAT(TextReport(run, {}), HasSubstr("database_connectivity on engagement-1: FAILED, "
                                             "permission denied for schema x"));
  EXPECT_THAT(TextReport(run, {}), EndsWith("\nClean: 2 runs, 5 checks: 1 not removed\n"));
  const auto json = nlohmann::json::parse(JsonReport(run));
  EXPECT_TRUE(json["verdict"]["decision"].is_null());
  EXPECT_EQ(json["verdict"]["exit_code"], 4);
  EXPECT_EQ(json["options"]["clean_runs"][1], "r2");
}

TEST(AllReports, CopeWithARunThatHasNothingInIt) {
  const v1::Run run;
  EXPECT_THAT(TextReport(run, {}), HasSubstr("UNDECIDED"));
  EXPECT_THAT(JunitReport(run), HasSubstr("<error "));
  EXPECT_THAT(HtmlReport(run), HasSubstr("UNDECIDED"));
}

}  // namespace
}  // namespace smokemesh::coordinator
