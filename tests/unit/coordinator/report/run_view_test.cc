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

TEST(Arrange, KeepsShadowChecksOutOfEveryListButTheirOwn) {
  v1::Run run = RolledBackRun();
  for (v1::CheckRecord& check : *run.mutable_checks()) {
    check.set_shadow(true);
    check.mutable_comparison()->set_newly_failing(true);
  }
  const RunView view = Arrange(run);
  EXPECT_TRUE(view.troubles.empty());
  EXPECT_TRUE(view.flaky.empty());
  EXPECT_TRUE(view.skipped.empty());
  EXPECT_TRUE(view.newly_failing.empty());
  EXPECT_THAT(Names(view.shadow),
              ElementsAre("constraint_enforcement", "event_persistence", "status_transition"));
  EXPECT_EQ(view.shadow_counts.planned(), 10);
  for (const SuiteView& suite : view.suites) EXPECT_EQ(suite.counts.planned(), 0);
}

TEST(Arrange, PutsToleratedChecksIntoAListOfTheirOwn) {
  const v1::Run run = ToleratedRun();
  const RunView view = Arrange(run);
  EXPECT_TRUE(view.troubles.empty());
  EXPECT_THAT(Names(view.tolerated), ElementsAre("partner_webhook", "partner_feed"));
  EXPECT_EQ(view.suites[1].tolerated, 2);
}

TEST(StandingOf, AnAgentIsOutvotedOnlyWhereTheCheckPassed) {
  v1::Run run = HeldRun();
  v1::CheckRecord& dns = *run.mutable_checks(run.checks_size() - 1);
  ASSERT_EQ(dns.tasks(2).outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(StandingOf(run, dns, &dns.tasks(2)), PairStanding::kOutvoted);
  dns.set_outcome(v1::OUTCOME_FAILED);
  EXPECT_EQ(StandingOf(run, dns, &dns.tasks(2)), PairStanding::kBad);
  EXPECT_EQ(StandingOf(run, dns, &dns.tasks(0)), PairStanding::kGood);
  run.mutable_verdict()->add_tolerated(dns.name());
  EXPECT_EQ(StandingOf(run, dns, &dns.tasks(2)), PairStanding::kTolerated);
}

TEST(StandingOf, WhatIsOpenIsBad) {
  v1::Run run;
  EXPECT_EQ(StandingOf(run, *run.add_checks(), nullptr), PairStanding::kBad);
}

TEST(DecisionOf, IsTheBakesWhereThereIsOne) {
  v1::Run run = PromotedRun();
  EXPECT_EQ(DecisionOf(run), v1::DECISION_PROMOTE);
  run.mutable_bake()->set_bake_id("open");
  EXPECT_EQ(DecisionOf(run), v1::DECISION_UNSPECIFIED);
  EXPECT_EQ(HeadlineOf(run), "UNDECIDED");
  run.mutable_bake()->set_decision(v1::DECISION_HOLD);
  run.mutable_bake()->set_summary("HOLD: round 2");
  EXPECT_EQ(HeadlineOf(run), "HOLD: round 2");
}

TEST(SpansOf, JoinsNeighboursThatPassed) {
  const v1::Run run = BakePromotedRun();
  const std::vector<RoundSpan> spans = SpansOf(run.bake());
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(spans[2].first, 3);
  EXPECT_EQ(spans[2].last, 4);
  EXPECT_EQ(spans[1].decision, v1::DECISION_HOLD);
  EXPECT_NE(spans[1].text.find("limit crossed: events-late-again"), std::string::npos);
}

TEST(SpansOf, DoesNotJoinRoundsWithAGapBetweenThem) {
  v1::Bake bake;
  for (const int number : {1, 3}) {
    bake.add_rounds()->set_number(number);
    bake.mutable_rounds(bake.rounds_size() - 1)->set_decision(v1::DECISION_PROMOTE);
  }
  EXPECT_EQ(SpansOf(bake).size(), 2u);
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
