#include "coordinator/report/run_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/duration.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

using testing::ElementsAre;

std::vector<std::string> Names(const std::vector<const v1::CheckRecord*>& checks) {
  std::vector<std::string> names;
  for (const v1::CheckRecord* check : checks) names.push_back(check->name());
  return names;
}

TEST(Arrange, PutsCriticalTroublesFirstThenFailuresThenWhatTheyBlock) {
  const v1::Run run = RolledBackRun();
  EXPECT_THAT(Names(Arrange(run).troubles),
              ElementsAre("constraint_enforcement", "event_persistence", "status_transition"));
}

TEST(Arrange, CountsASkippedCriticalCheckAsTrouble) {
  v1::Run run = RolledBackRun();
  ASSERT_EQ(run.checks(run.checks_size() - 1).outcome(), v1::OUTCOME_SKIPPED);
  run.mutable_checks(run.checks_size() - 1)->add_tags("critical");
  const RunView view = Arrange(run);
  EXPECT_EQ(view.troubles.size(), 4u);
  EXPECT_TRUE(view.skipped.empty());
}

TEST(Arrange, LeavesDeselectedChecksOutOfTheCounts) {
  const v1::Run run = PromotedRun();
  const RunView view = Arrange(run);
  EXPECT_EQ(view.deselected, 1);
  ASSERT_EQ(view.suites.size(), 3u);
  EXPECT_EQ(view.suites[2].counts.planned(), 2);
  EXPECT_EQ(view.suites[2].counts.skipped(), 0);
}

TEST(Arrange, KeepsSuitesInPlanOrderAndAddsUnknownOnesAtTheEnd) {
  v1::Run run = PromotedRun();
  run.mutable_checks(0)->set_suite("");
  const RunView view = Arrange(run);
  std::vector<std::string> titles;
  for (const SuiteView& suite : view.suites) titles.push_back(suite.title);
  EXPECT_THAT(titles, ElementsAre("Database", "Event bus", "Services", "Checks"));
}

TEST(Arrange, DoesNotCompareTheClocksOfDifferentAgents) {
  v1::Run run = PromotedRun();
  // The gateway's clock is an hour ahead.
  for (v1::CheckRecord& check : *run.mutable_checks()) {
    for (v1::Task& task : *check.mutable_tasks()) {
      if (task.agent_id() != "gateway-1") continue;
      auto* start = task.mutable_result()->mutable_start_time();
      start->set_seconds(start->seconds() + 3600);
    }
  }
  for (const SuiteView& suite : Arrange(run).suites) {
    EXPECT_LT(suite.time, std::chrono::seconds(5)) << suite.title;
  }
}

TEST(Arrange, SaysWhichSuiteCrossedItsTarget) {
  const v1::Run run = RolledBackRun();
  const RunView view = Arrange(run);
  EXPECT_FALSE(view.suites[0].over_target);
  EXPECT_TRUE(view.suites[1].over_target);
}

TEST(FurtherReasons, LeaveOutWhatTheReportShowsInFullAnyway) {
  EXPECT_THAT(FurtherReasons(RolledBackRun()), testing::IsEmpty());
  v1::Run run = RolledBackRun();
  run.mutable_verdict()->add_reasons("no evidence from 1 of 10 checks (1 MISSING)");
  EXPECT_THAT(FurtherReasons(run), ElementsAre("no evidence from 1 of 10 checks (1 MISSING)"));
  EXPECT_THAT(FurtherReasons(InconclusiveRun()), testing::IsEmpty());
}

TEST(VerdictLine, SaysTheDecisionOnce) {
  v1::Verdict verdict;
  verdict.set_decision(v1::DECISION_HOLD);
  verdict.set_summary("1 check did not pass");
  EXPECT_EQ(VerdictLine(verdict), "HOLD: 1 check did not pass");
  verdict.set_summary("HOLD: 1 check did not pass");
  EXPECT_EQ(VerdictLine(verdict), "HOLD: 1 check did not pass");
}

}  // namespace
}  // namespace smokemesh::coordinator
