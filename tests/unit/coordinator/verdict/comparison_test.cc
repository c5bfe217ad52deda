#include "coordinator/verdict/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/duration.h"
#include "tests/unit/coordinator/verdict/records.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;
using testing::Records;

v1::CheckRecord* AddCheck(v1::Run* run, const char* name, v1::Outcome outcome, int duration = -1) {
  v1::CheckRecord* check = run->add_checks();
  check->set_name(name);
  check->add_tags("smoke");
  check->set_outcome(outcome);
  if (duration >= 0) Records::AddTask(check, "a", 0, duration);
  return check;
}

v1::Run Promoted(const char* id) {
  v1::Run run;
  run.set_run_id(id);
  run.set_state(v1::Run::STATE_FINISHED);
  run.mutable_verdict()->set_decision(v1::DECISION_PROMOTE);
  run.mutable_verdict()->set_final(true);
  run.mutable_create_time()->set_seconds(1'800'000'000);
  return run;
}

// Runs in which the check `c` passed in so many milliseconds, the newest first.
v1::Baseline Before(std::initializer_list<int> durations) {
  std::vector<v1::Run> runs;
  for (const int duration : durations) {
    runs.push_back(Promoted("run"));
    AddCheck(&runs.back(), "c", v1::OUTCOME_PASSED, duration);
  }
  return MakeBaseline(runs);
}

v1::CheckComparison Compared(const v1::Baseline& baseline, v1::Outcome outcome, int duration = -1) {
  v1::Run run;
  AddCheck(&run, "c", outcome, duration);
  Compare(baseline, run.mutable_checks());
  return run.checks(0).comparison();
}

// ---- The baseline ------------------------------------------------------------------------------

TEST(ComparisonTest, ABaselineIsTheLastPromotedRunAndTheTimesOfTheOnesBefore) {
  std::vector<v1::Run> runs = {Promoted("new"), Promoted("old")};
  runs[1].mutable_create_time()->set_seconds(1'700'000'000);
  AddCheck(&runs[0], "b", v1::OUTCOME_FAILED, 900);  // it was tolerated
  AddCheck(&runs[0], "a", v1::OUTCOME_PASSED, 120);
  AddCheck(&runs[1], "b", v1::OUTCOME_PASSED, 80);
  AddCheck(&runs[1], "a", v1::OUTCOME_PASSED, 110);
  AddCheck(&runs[1], "gone", v1::OUTCOME_FLAKY, 5000);
  const v1::Baseline baseline = MakeBaseline(runs);
  EXPECT_EQ(baseline.run_id(), "new");
  EXPECT_EQ(baseline.create_time().seconds(), 1'800'000'000);
  ASSERT_EQ(baseline.checks_size(), 3);
  EXPECT_EQ(baseline.checks(0).name(), "a");
  ASSERT_EQ(baseline.checks(0).durations_size(), 2);
  EXPECT_EQ(shared::FromProto(baseline.checks(0).durations(0)), milliseconds(120));
  EXPECT_EQ(shared::FromProto(baseline.checks(0).durations(1)), milliseconds(110));
  EXPECT_EQ(baseline.checks(1).name(), "b");
  EXPECT_EQ(baseline.checks(1).outcome(), v1::OUTCOME_FAILED);
  ASSERT_EQ(baseline.checks(1).durations_size(), 1);
  EXPECT_EQ(baseline.checks(2).name(), "gone");
  EXPECT_EQ(baseline.checks(2).outcome(), v1::OUTCOME_FLAKY);
  EXPECT_EQ(baseline.checks(2).durations_size(), 0);
}

TEST(ComparisonTest, OnlyPromotedRunsAreABaseline) {
  std::vector<v1::Run> runs(6, Promoted("no"));
  for (v1::Run& run : runs) AddCheck(&run, "c", v1::OUTCOME_PASSED, 10);
  runs[0].mutable_verdict()->set_decision(v1::DECISION_HOLD);
  runs[1].mutable_verdict()->set_decision(v1::DECISION_ROLLBACK);
  runs[2].set_state(v1::Run::STATE_RUNNING);
  runs[3].mutable_options()->add_clean_runs()->set_run_id("x");
  runs[4].mutable_verdict()->set_final(false);
  runs[5].mutable_verdict()->clear_decision();
  EXPECT_EQ(MakeBaseline(runs).ByteSizeLong(), 0u);
  runs.push_back(Promoted("yes"));
  EXPECT_EQ(MakeBaseline(runs).run_id(), "yes");
  EXPECT_EQ(MakeBaseline({}).ByteSizeLong(), 0u);
}

TEST(ComparisonTest, WhatWasNotJudgedIsNotInTheBaseline) {
  v1::Run run = Promoted("run");
  AddCheck(&run, "left-out", v1::OUTCOME_SKIPPED)->set_deselected(true);
  AddCheck(&run, "shadow", v1::OUTCOME_PASSED, 10)->set_shadow(true);
  AddCheck(&run, "skipped", v1::OUTCOME_SKIPPED);
  AddCheck(&run, "open", v1::OUTCOME_UNSPECIFIED);
  EXPECT_EQ(MakeBaseline({run}).checks_size(), 0);
}

TEST(ComparisonTest, ABaselineLooksAtTenPromotedRuns) {
  const v1::Baseline baseline = Before({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  EXPECT_EQ(baseline.checks(0).durations_size(), kBaselineRuns);
  EXPECT_EQ(shared::FromProto(baseline.checks(0).durations(9)), milliseconds(10));
}

// ---- The comparison ----------------------------------------------------------------------------

TEST(ComparisonTest, NewlyFailingAndNewlyPassing) {
  const v1::Baseline passed = Before({10});
  v1::Run run = Promoted("run");
  AddCheck(&run, "c", v1::OUTCOME_FAILED, 10);
  const v1::Baseline failed = MakeBaseline({run});
  for (const v1::Outcome outcome : {v1::OUTCOME_FAILED, v1::OUTCOME_MISSING, v1::OUTCOME_BLOCKED}) {
    EXPECT_TRUE(Compared(passed, outcome).newly_failing());
    EXPECT_FALSE(Compared(passed, outcome).newly_passing());
    EXPECT_FALSE(Compared(failed, outcome).newly_failing());
  }
  for (const v1::Outcome outcome : {v1::OUTCOME_PASSED, v1::OUTCOME_FLAKY}) {
    EXPECT_FALSE(Compared(passed, outcome).newly_failing());
    EXPECT_FALSE(Compared(passed, outcome).newly_passing());
    EXPECT_TRUE(Compared(failed, outcome).newly_passing());
  }
}

TEST(ComparisonTest, TheLastRunThatJudgedItDecidesNotTheLastRun) {
  std::vector<v1::Run> runs = {Promoted("new"), Promoted("old")};
  AddCheck(&runs[0], "c", v1::OUTCOME_SKIPPED);
  AddCheck(&runs[1], "c", v1::OUTCOME_PASSED, 10);
  EXPECT_TRUE(Compared(MakeBaseline(runs), v1::OUTCOME_FAILED).newly_failing());
}

TEST(ComparisonTest, ACheckThatNoRunKnowsIsAdded) {
  v1::Run run = Promoted("run");
  AddCheck(&run, "other", v1::OUTCOME_PASSED, 10);
  const v1::CheckComparison comparison = Compared(MakeBaseline({run}), v1::OUTCOME_FAILED);
  EXPECT_TRUE(comparison.added());
  EXPECT_FALSE(comparison.newly_failing());
}

TEST(ComparisonTest, SlowIsLongerThanEachTwiceTheMedianAndATenthOfASecond) {
  const auto slow = [](std::initializer_list<int> before, int now) {
    return Compared(Before(before), v1::OUTCOME_PASSED, now).newly_slow();
  };
  EXPECT_TRUE(slow({200, 200, 200}, 401));
  EXPECT_FALSE(slow({200, 200, 200}, 400));  // not more than twice
  EXPECT_FALSE(slow({200, 200}, 5000));      // too few to know
  EXPECT_TRUE(slow({50, 50, 50}, 150));      // exactly 100 ms more
  EXPECT_FALSE(slow({50, 50, 50}, 149));
  EXPECT_FALSE(slow({200, 200, 900}, 900));  // it has been as slow before
  EXPECT_TRUE(slow({200, 200, 900}, 901));
  EXPECT_TRUE(slow({100, 200, 300, 400}, 501));  // the median is 250 ms
  EXPECT_FALSE(slow({100, 200, 300, 400}, 500));
}

TEST(ComparisonTest, OnlyAPassAtTheFirstTryCanBeSlow) {
  const v1::Baseline baseline = Before({10, 10, 10});
  EXPECT_TRUE(Compared(baseline, v1::OUTCOME_PASSED, 5000).newly_slow());
  EXPECT_FALSE(Compared(baseline, v1::OUTCOME_FLAKY, 5000).newly_slow());
  EXPECT_FALSE(Compared(baseline, v1::OUTCOME_FAILED, 5000).newly_slow());
}

TEST(ComparisonTest, WhatIsUsualIsSaid) {
  const v1::CheckComparison comparison =
      Compared(Before({300, 100, 200, 1000}), v1::OUTCOME_FAILED, 10);
  EXPECT_EQ(comparison.runs(), 4);
  EXPECT_EQ(shared::FromProto(comparison.usual()), milliseconds(250));
}

TEST(ComparisonTest, WhatIsNotJudgedOrNotDecidedHasNone) {
  v1::Run run;
  AddCheck(&run, "c", v1::OUTCOME_UNSPECIFIED);
  AddCheck(&run, "c", v1::OUTCOME_SKIPPED);
  AddCheck(&run, "c", v1::OUTCOME_PASSED)->set_shadow(true);
  AddCheck(&run, "c", v1::OUTCOME_SKIPPED)->set_deselected(true);
  for (v1::CheckRecord& check : *run.mutable_checks()) check.mutable_comparison()->set_runs(9);
  Compare(Before({10}), run.mutable_checks());
  for (const v1::CheckRecord& check : run.checks()) EXPECT_FALSE(check.has_comparison());

  run.mutable_checks(0)->set_outcome(v1::OUTCOME_PASSED);
  run.mutable_checks(0)->mutable_comparison()->set_runs(9);
  Compare(v1::Baseline(), run.mutable_checks());
  EXPECT_FALSE(run.checks(0).has_comparison());
}

// ---- Rules that read it ------------------------------------------------------------------------

TEST(ComparisonTest, ARuleCountsWhatIsNewlyFailing) {
  Records records;
  records.Add(2, v1::OUTCOME_FAILED);
  records.Add(v1::OUTCOME_MISSING);
  for (v1::CheckRecord& check : records.get()) check.mutable_comparison()->set_newly_failing(true);
  records.get()[1].mutable_comparison()->set_newly_failing(false);
  v1::Policy policy;
  v1::Rule* rule = testing::AddRule(policy.mutable_rollback(), "new", "smoke");
  rule->set_newly_failing_at_least(1);
  v1::Verdict verdict = Judge(records.evidence(), policy);
  EXPECT_EQ(verdict.summary(), "ROLLBACK: rule new holds (1 newly failing, limit 1)");
  EXPECT_EQ(verdict.rules(0).limit(), "at least 1 of 3 checks newly failing");
  EXPECT_EQ(verdict.rules(0).what_if(), "would not hold with 1 fewer newly failing");
  // A dead agent is no failure unless the rule says so.
  rule->set_counts(v1::COUNTS_FAILURES_AND_MISSING);
  EXPECT_EQ(Judge(records.evidence(), policy).rules(0).counted_size(), 2);
}

TEST(ComparisonTest, ARuleCountsWhatIsNewlySlow) {
  Records records;
  records.Add(2, v1::OUTCOME_PASSED);
  v1::CheckRecord& slow = records.get()[1];
  Records::AddTask(&slow, "a", 0, 900);
  slow.mutable_comparison()->set_newly_slow(true);
  *slow.mutable_comparison()->mutable_usual() = shared::ToProto(milliseconds(120));
  v1::Policy policy;
  testing::AddRule(policy.mutable_hold(), "slow", "smoke")->set_newly_slow_at_least(1);
  const v1::Verdict verdict = Judge(records.evidence(), policy);
  EXPECT_EQ(verdict.summary(), "HOLD: rule slow holds (1 newly slow, limit 1)");
  EXPECT_EQ(verdict.rules(0).first_evidence(), "check-2: took 900ms, usually 120ms");
}

TEST(ComparisonTest, ARuleDoesNotTrustTheComparisonOfAnOpenCheck) {
  Records records;
  records.Add(v1::OUTCOME_UNSPECIFIED).mutable_comparison()->set_newly_failing(true);
  records.Add(v1::OUTCOME_UNSPECIFIED).mutable_comparison()->set_newly_slow(true);
  v1::Policy policy;
  testing::AddRule(policy.mutable_rollback(), "new", "smoke")->set_newly_failing_at_least(1);
  testing::AddRule(policy.mutable_rollback(), "slow", "smoke")->set_newly_slow_at_least(1);
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_UNSPECIFIED);
}

}  // namespace
}  // namespace smokemesh::coordinator
