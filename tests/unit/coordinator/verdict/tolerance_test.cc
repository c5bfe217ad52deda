#include "coordinator/verdict/tolerance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/verdict/records.h"

namespace smokemesh::coordinator {
namespace {

using testing::AddTolerance;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Records;

v1::Policy AtMost(int number, v1::Counts counts = v1::COUNTS_UNSPECIFIED) {
  v1::Policy policy;
  v1::Tolerance* tolerance = AddTolerance(&policy, "partners", "partner");
  tolerance->set_not_passed_at_most(number);
  tolerance->set_counts(counts);
  return policy;
}

// Five that passed and so many partners with this outcome.
Records WithPartners(int number, v1::Outcome outcome) {
  Records records;
  records.Add(5, v1::OUTCOME_PASSED);
  records.Add(number, outcome, {"partner"});
  return records;
}

TEST(ToleranceTest, WhatIsWithinTheLimitDoesNotStandInTheWay) {
  const v1::Verdict verdict = Judge(WithPartners(2, v1::OUTCOME_FAILED).evidence(), AtMost(2));
  EXPECT_EQ(verdict.summary(), "PROMOTE: 5 checks passed, 2 tolerated");
  EXPECT_THAT(verdict.tolerated(), ElementsAre("check-6", "check-7"));
  EXPECT_THAT(verdict.reasons(),
              ElementsAre("5 checks passed, 2 tolerated", "check-6: FAILED (tolerated by partners)",
                          "check-7: FAILED (tolerated by partners)"));
  EXPECT_EQ(verdict.counts().failed(), 2);
  ASSERT_EQ(verdict.rules_size(), 1);
  const v1::RuleResult& rule = verdict.rules(0);
  EXPECT_EQ(rule.effect(), v1::RULE_EFFECT_TOLERATE);
  EXPECT_TRUE(rule.holds());
  EXPECT_EQ(rule.limit(), "at most 2 of 2 checks not passed");
  EXPECT_EQ(rule.value(), "2 of 2 (100%)");
  EXPECT_THAT(rule.counted(), ElementsAre("check-6", "check-7"));
  EXPECT_EQ(rule.first_evidence(), "check-6: FAILED");
}

TEST(ToleranceTest, BeyondTheLimitNoneIsTolerated) {
  const v1::Verdict verdict = Judge(WithPartners(3, v1::OUTCOME_FAILED).evidence(), AtMost(2));
  EXPECT_EQ(verdict.decision(), v1::DECISION_HOLD);
  EXPECT_THAT(verdict.tolerated(), IsEmpty());
  EXPECT_FALSE(verdict.rules(0).holds());
  EXPECT_EQ(verdict.rules(0).what_if(), "would tolerate them with 1 failure fewer");
}

TEST(ToleranceTest, ARatioIsOverWhatIsSelectedAndNotSkipped) {
  v1::Policy policy;
  AddTolerance(&policy, "partners", "partner")->set_not_passed_ratio_at_most(0.2);
  Records records;
  records.Add(4, v1::OUTCOME_PASSED, {"partner"});
  records.Add(1, v1::OUTCOME_FAILED, {"partner"});
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_PROMOTE);  // exactly 20%
  records.get()[0].set_outcome(v1::OUTCOME_SKIPPED);
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_HOLD);  // 25%
}

TEST(ToleranceTest, MissingEvidenceOnlyWhereThePolicySaysSo) {
  for (const v1::Outcome outcome :
       {v1::OUTCOME_MISSING, v1::OUTCOME_ERRORED, v1::OUTCOME_ABORTED}) {
    const Records records = WithPartners(1, outcome);
    EXPECT_EQ(Judge(records.evidence(), AtMost(2)).decision(), v1::DECISION_INCONCLUSIVE);
    EXPECT_EQ(Judge(records.evidence(), AtMost(2, v1::COUNTS_FAILURES_AND_MISSING)).decision(),
              v1::DECISION_PROMOTE);
  }
}

TEST(ToleranceTest, ACriticalCheckIsNeverTolerated) {
  Records records = WithPartners(1, v1::OUTCOME_FAILED);
  records.Add(v1::OUTCOME_FAILED, {"partner", "critical"});
  const v1::Verdict verdict = Judge(records.evidence(), AtMost(2));
  EXPECT_EQ(verdict.decision(), v1::DECISION_HOLD);
  EXPECT_THAT(verdict.tolerated(), ElementsAre("check-6"));
  EXPECT_EQ(verdict.summary(),
            "HOLD: 1 of 7 checks did not pass, 1 more tolerated, and no rollback rule holds");
}

TEST(ToleranceTest, WhatIsToleratedStillCountsForRules) {
  const Records records = WithPartners(2, v1::OUTCOME_FAILED);
  v1::Policy policy = AtMost(2);
  testing::AddRule(policy.mutable_hold(), "few", "partner")->set_not_passed_at_least(2);
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_HOLD);
  testing::AddRule(policy.mutable_rollback(), "few-too", "partner")->set_not_passed_at_least(2);
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_ROLLBACK);
}

TEST(ToleranceTest, OneMustHavePassed) {
  Records records;
  records.Add(2, v1::OUTCOME_FAILED, {"partner"});
  EXPECT_EQ(Judge(records.evidence(), AtMost(2)).summary(),
            "INCONCLUSIVE: nothing passed: 2 checks tolerated, and no other ran");
}

TEST(ToleranceTest, SilenceElsewhereIsNotTolerated) {
  Records records = WithPartners(1, v1::OUTCOME_FAILED);
  records.Add(v1::OUTCOME_MISSING);
  EXPECT_EQ(Judge(records.evidence(), AtMost(2)).summary(),
            "INCONCLUSIVE: no evidence from 1 of 7 checks (1 MISSING)");
}

TEST(ToleranceTest, WhatWasBlockedByASkippedCheckIsNotAFailure) {
  Records records;
  records.Add(5, v1::OUTCOME_PASSED);
  records.AddBlocked(v1::OUTCOME_SKIPPED).add_tags("partner");
  EXPECT_EQ(Judge(records.evidence(), AtMost(2, v1::COUNTS_FAILURES_AND_MISSING)).decision(),
            v1::DECISION_HOLD);
}

TEST(ToleranceTest, WhileACheckOfItIsOpenItToleratesNothing) {
  Records records = WithPartners(2, v1::OUTCOME_FAILED);
  v1::CheckRecord& open = records.Add(v1::OUTCOME_UNSPECIFIED, {"partner"});
  const v1::Verdict verdict = Judge(records.evidence(), AtMost(2));
  EXPECT_EQ(verdict.decision(), v1::DECISION_UNSPECIFIED);
  EXPECT_FALSE(verdict.rules(0).holds());
  EXPECT_THAT(verdict.tolerated(), IsEmpty());
  EXPECT_THAT(verdict.rules(0).what_if(), HasSubstr("undecided, 1 check of it open"));
  open.set_outcome(v1::OUTCOME_PASSED);
  EXPECT_EQ(Judge(records.evidence(), AtMost(2)).decision(), v1::DECISION_PROMOTE);
}

TEST(ToleranceTest, SeveralTolerancesAddUp) {
  Records records = WithPartners(2, v1::OUTCOME_FAILED);
  records.Add(v1::OUTCOME_FAILED, {"slow"});
  v1::Policy policy = AtMost(2);
  AddTolerance(&policy, "slow-ones", "slow or partner")->set_not_passed_at_most(1);
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_HOLD);
  policy.mutable_tolerate(1)->set_not_passed_at_most(3);
  const v1::Verdict verdict = Judge(records.evidence(), policy);
  EXPECT_EQ(verdict.summary(), "PROMOTE: 5 checks passed, 3 tolerated");
  EXPECT_THAT(verdict.tolerated(), ElementsAre("check-6", "check-7", "check-8"));
}

TEST(ToleranceTest, ItSaysWhatItWouldTolerate) {
  const auto what_if = [](int failed, int at_most) {
    Records records = WithPartners(failed, v1::OUTCOME_FAILED);
    records.Add(4 - failed, v1::OUTCOME_PASSED, {"partner"});
    return Judge(records.evidence(), AtMost(at_most)).rules(0).what_if();
  };
  EXPECT_EQ(what_if(0, 2), "would tolerate none with 3 failures more");
  EXPECT_EQ(what_if(2, 2), "would tolerate none with 1 failure more");
  EXPECT_EQ(what_if(1, 4), "would tolerate all of them");
  EXPECT_EQ(what_if(3, 0), "could not tolerate any: its limit is below 1");
  EXPECT_EQ(Judge(Records().evidence(), AtMost(1)).rules(0).what_if(),
            "is over nothing: it selects no check of this run");
}

TEST(ToleranceTest, WithoutAnythingToTolerateItDoesNotHold) {
  EXPECT_FALSE(Judge(WithPartners(2, v1::OUTCOME_PASSED).evidence(), AtMost(2)).rules(0).holds());
}

TEST(ToleranceTest, OneThatCannotBeReadIsNeverAPass) {
  v1::Policy policy = AtMost(1);
  const Records records = WithPartners(1, v1::OUTCOME_PASSED);
  ASSERT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_PROMOTE);
  policy.mutable_tolerate(0)->set_select("partner and");
  EXPECT_THAT(Judge(records.evidence(), policy).summary(),
              HasSubstr("INCONCLUSIVE: tolerance partners cannot be judged"));
  policy = AtMost(-1);
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_INCONCLUSIVE);
  policy = AtMost(1, static_cast<v1::Counts>(3));
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_INCONCLUSIVE);
}

}  // namespace
}  // namespace smokemesh::coordinator
