#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "coordinator/verdict/verdict.h"
#include "tests/unit/coordinator/verdict/records.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Records;
using testing::RunbookPolicy;

v1::Decision WithFailures(int planned, int failed) {
  Records records;
  records.Add(planned - failed, v1::OUTCOME_PASSED);
  records.Add(failed, v1::OUTCOME_FAILED);
  return Judge(records.evidence(), RunbookPolicy()).decision();
}

TEST(VerdictPolicyTest, OfFortySevenNineHoldAndTenRollBack) {
  EXPECT_EQ(WithFailures(47, 9), v1::DECISION_HOLD);
  EXPECT_EQ(WithFailures(47, 10), v1::DECISION_ROLLBACK);
}

TEST(VerdictPolicyTest, OfFortySevenOneCriticalFailureRollsBack) {
  Records records;
  records.Add(46, v1::OUTCOME_PASSED);
  records.Add(v1::OUTCOME_FAILED, {"smoke", "critical"});
  EXPECT_EQ(Judge(records.evidence(), RunbookPolicy()).decision(), v1::DECISION_ROLLBACK);
}

TEST(VerdictPolicyTest, OfFortySevenOneCriticalSkippedIsInconclusive) {
  Records records;
  records.Add(46, v1::OUTCOME_PASSED);
  records.Add(v1::OUTCOME_SKIPPED, {"smoke", "critical"});
  EXPECT_EQ(Judge(records.evidence(), RunbookPolicy()).decision(), v1::DECISION_INCONCLUSIVE);
}

TEST(VerdictPolicyTest, OfFortySevenTenSaysWhatWouldHaveChangedIt) {
  Records records;
  records.Add(37, v1::OUTCOME_PASSED);
  records.Add(10, v1::OUTCOME_FAILED);
  v1::RuleResult rule = Judge(records.evidence(), RunbookPolicy()).rules(0);
  EXPECT_EQ(rule.value(), "10 of 47 (21.3%)");
  EXPECT_EQ(rule.what_if(), "would not hold with 1 failure fewer");
  records.get()[46].set_outcome(v1::OUTCOME_PASSED);
  rule = Judge(records.evidence(), RunbookPolicy()).rules(0);
  EXPECT_EQ(rule.value(), "9 of 47 (19.1%)");
  EXPECT_EQ(rule.what_if(), "would hold with 1 failure more");
}

TEST(VerdictPolicyTest, ExactlyTwentyPercentIsNotAbove) {
  for (int fifth = 1; fifth <= 400; ++fifth) {
    ASSERT_EQ(WithFailures(5 * fifth, fifth), v1::DECISION_HOLD) << fifth;
    ASSERT_EQ(WithFailures(5 * fifth, fifth + 1), v1::DECISION_ROLLBACK) << fifth;
  }
}

TEST(VerdictPolicyTest, SkippedAndDeselectedChecksAreNotInTheDenominator) {
  Records records;
  records.Add(7, v1::OUTCOME_PASSED);
  records.Add(2, v1::OUTCOME_FAILED);
  EXPECT_EQ(Judge(records.evidence(), RunbookPolicy()).rules(0).value(), "2 of 9 (22.2%)");
  records.Add(20, v1::OUTCOME_SKIPPED);
  for (int i = 0; i < 20; ++i) records.Add(v1::OUTCOME_SKIPPED).set_deselected(true);
  const v1::Verdict verdict = Judge(records.evidence(), RunbookPolicy());
  EXPECT_EQ(verdict.decision(), v1::DECISION_ROLLBACK);
  EXPECT_EQ(verdict.rules(0).denominator(), 9);
}

TEST(VerdictPolicyTest, ARuleExplainsItself) {
  Records records;
  records.Add(14, v1::OUTCOME_PASSED);
  records.Add(4, v1::OUTCOME_FAILED);
  const v1::Verdict verdict = Judge(records.evidence(), RunbookPolicy());
  const v1::RuleResult& rule = verdict.rules(0);
  EXPECT_EQ(rule.rule(), "too-many-failures");
  EXPECT_EQ(rule.select(), "smoke");
  EXPECT_EQ(rule.limit(), "more than 20% of 18 checks not passed");
  EXPECT_EQ(rule.value(), "4 of 18 (22.2%)");
  EXPECT_TRUE(rule.holds());
  EXPECT_THAT(rule.counted(), ElementsAre("check-15", "check-16", "check-17", "check-18"));
  EXPECT_EQ(rule.first_evidence(), "check-15: FAILED");
  EXPECT_EQ(verdict.summary(),
            "ROLLBACK: rule too-many-failures holds (4 of 18 not passed (22.2%), limit 20%)");
}

TEST(VerdictPolicyTest, AllFourRulesAreReportedWhetherTheyHoldOrNot) {
  Records records;
  records.Add(v1::OUTCOME_PASSED, {"smoke", "service"});
  const v1::Verdict verdict = Judge(records.evidence(), RunbookPolicy());
  ASSERT_EQ(verdict.rules_size(), 4);
  EXPECT_EQ(verdict.rules(1).value(), "0 of 0");
  EXPECT_EQ(verdict.rules(1).limit(), "at least 1 of 0 checks not passed");
  EXPECT_EQ(verdict.rules(3).limit(), "at least 100% of 1 check not passed");
  for (const v1::RuleResult& rule : verdict.rules()) EXPECT_FALSE(rule.holds());
}

TEST(VerdictPolicyTest, ServicesRollBackOnlyWhenAllFail) {
  Records records;
  records.Add(20, v1::OUTCOME_PASSED);
  records.Add(2, v1::OUTCOME_FAILED, {"service"});
  EXPECT_EQ(Judge(records.evidence(), RunbookPolicy()).decision(), v1::DECISION_ROLLBACK);
  records.Add(v1::OUTCOME_PASSED, {"service"});
  EXPECT_EQ(Judge(records.evidence(), RunbookPolicy()).decision(), v1::DECISION_HOLD);
}

TEST(VerdictPolicyTest, SilenceTripsOnlyRulesThatCountIt) {
  Records records;
  records.Add(v1::OUTCOME_PASSED);
  records.Add(v1::OUTCOME_MISSING, {"critical"});
  v1::Policy policy = RunbookPolicy();
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_INCONCLUSIVE);
  policy.mutable_rollback(1)->set_counts(v1::COUNTS_FAILURES_AND_MISSING);
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_ROLLBACK);
}

TEST(VerdictPolicyTest, BlockedTripsARuleByItsRoot) {
  for (const v1::Outcome root :
       {v1::OUTCOME_FAILED, v1::OUTCOME_MISSING, v1::OUTCOME_ERRORED, v1::OUTCOME_SKIPPED}) {
    for (const v1::Counts counts : {v1::COUNTS_FAILURES, v1::COUNTS_FAILURES_AND_MISSING}) {
      Records records;
      records.Add(9, v1::OUTCOME_PASSED);
      records.AddBlocked(root).add_tags("critical");
      v1::Policy policy = RunbookPolicy();
      policy.mutable_rollback(1)->set_counts(counts);
      const bool counted =
          root == v1::OUTCOME_FAILED ||
          (root != v1::OUTCOME_SKIPPED && counts == v1::COUNTS_FAILURES_AND_MISSING);
      EXPECT_EQ(Judge(records.evidence(), policy).rules(1).holds(), counted)
          << root << " " << counts;
    }
  }
}

TEST(VerdictPolicyTest, AFailureIsBetterEvidenceThanWhatItBlocked) {
  Records records;
  records.AddBlocked(v1::OUTCOME_FAILED).add_tags("critical");
  records.Add(v1::OUTCOME_FAILED, {"critical"}).set_reason("refused");
  EXPECT_EQ(Judge(records.evidence(), RunbookPolicy()).rules(1).first_evidence(),
            "check-2: FAILED, refused");
}

TEST(VerdictPolicyTest, ARollbackBeatsMissingEvidence) {
  Records records;
  records.Add(v1::OUTCOME_FAILED, {"critical"});
  records.Add(5, v1::OUTCOME_MISSING);
  EXPECT_EQ(Judge(records.evidence(), RunbookPolicy()).decision(), v1::DECISION_ROLLBACK);
}

TEST(VerdictPolicyTest, MissingEvidenceBeatsHold) {
  Records records;
  records.Add(10, v1::OUTCOME_PASSED);
  records.Add(v1::OUTCOME_FAILED);
  records.Add(v1::OUTCOME_MISSING);
  EXPECT_EQ(Judge(records.evidence(), RunbookPolicy()).decision(), v1::DECISION_INCONCLUSIVE);
}

TEST(VerdictPolicyTest, ARuleThatCannotBeReadIsNotARuleThatDoesNotHold) {
  Records records;
  records.Add(v1::OUTCOME_PASSED);
  v1::Policy policy;
  v1::Rule& rule = *policy.add_rollback();
  rule.set_rule("broken");
  rule.set_select("smoke and and");
  rule.set_not_passed_at_least(1);
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_INCONCLUSIVE);
  EXPECT_THAT(Judge(records.evidence(), policy).summary(), HasSubstr("broken cannot be judged"));
  rule.set_select("smoke");
  rule.clear_limit();
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_INCONCLUSIVE);
}

TEST(VerdictPolicyTest, WhatANewerProgramWroteIsNeverAPass) {
  Records records;
  records.Add(v1::OUTCOME_PASSED);
  const auto decision = [&](const v1::Policy& policy) {
    return Judge(records.evidence(), policy).decision();
  };
  v1::Policy policy;
  testing::AddRule(policy.mutable_rollback(), "r", "smoke")->set_not_passed_at_least(1);
  ASSERT_EQ(decision(policy), v1::DECISION_PROMOTE);

  v1::Policy counts = policy;
  counts.mutable_rollback(0)->set_counts(static_cast<v1::Counts>(7));
  EXPECT_EQ(decision(counts), v1::DECISION_INCONCLUSIVE);

  const auto with_unknown = [](google::protobuf::Message* message) {
    message->GetReflection()->MutableUnknownFields(message)->AddVarint(1000, 1);
  };
  v1::Policy rule = policy;
  with_unknown(rule.mutable_rollback(0));
  EXPECT_EQ(decision(rule), v1::DECISION_INCONCLUSIVE);

  v1::Policy whole = policy;
  with_unknown(&whole);
  EXPECT_EQ(decision(whole), v1::DECISION_INCONCLUSIVE);

  v1::Policy rounds = policy;
  rounds.mutable_rollback(0)->mutable_rounds()->set_at_least(1);
  rounds.mutable_rollback(0)->mutable_rounds()->set_of_last(1);
  ASSERT_EQ(decision(rounds), v1::DECISION_PROMOTE);
  with_unknown(rounds.mutable_rollback(0)->mutable_rounds());
  EXPECT_EQ(decision(rounds), v1::DECISION_INCONCLUSIVE);

  v1::Policy tolerance = policy;
  testing::AddTolerance(&tolerance, "t", "smoke");
  EXPECT_EQ(decision(tolerance), v1::DECISION_INCONCLUSIVE);
}

TEST(VerdictPolicyTest, ALimitOutOfItsRangeIsNeverAPass) {
  Records records;
  records.Add(v1::OUTCOME_PASSED);
  const auto decision = [&](void (*set)(v1::Rule*)) {
    v1::Policy policy;
    set(testing::AddRule(policy.mutable_rollback(), "r", "smoke"));
    return Judge(records.evidence(), policy).decision();
  };
  EXPECT_EQ(decision([](v1::Rule* rule) { rule->set_not_passed_at_least(0); }),
            v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(decision([](v1::Rule* rule) { rule->set_not_passed_ratio_above(1); }),
            v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(decision([](v1::Rule* rule) { rule->set_not_passed_ratio_at_least(0); }),
            v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(decision([](v1::Rule* rule) { rule->set_flaky_ratio_above(std::nan("")); }),
            v1::DECISION_INCONCLUSIVE);
}

TEST(VerdictPolicyTest, AHoldRuleHoldsARunInWhichAllPassed) {
  Records records;
  records.Add(18, v1::OUTCOME_PASSED);
  records.Add(2, v1::OUTCOME_FLAKY);
  v1::Policy policy = RunbookPolicy();
  testing::AddRule(policy.mutable_hold(), "too-flaky", "smoke")->set_flaky_at_least(2);
  const v1::Verdict verdict = Judge(records.evidence(), policy);
  EXPECT_EQ(verdict.summary(), "HOLD: rule too-flaky holds (2 flaky, limit 2)");
  EXPECT_EQ(verdict.reasons(0), "rule too-flaky holds (2 flaky, limit 2): check-19: FLAKY");
  EXPECT_EQ(verdict.rules(4).effect(), v1::RULE_EFFECT_HOLD);
  EXPECT_EQ(verdict.rules(0).effect(), v1::RULE_EFFECT_ROLLBACK);
}

TEST(VerdictPolicyTest, RollbackAndSilenceBeatAHoldRule) {
  Records records;
  records.Add(9, v1::OUTCOME_PASSED);
  records.Add(v1::OUTCOME_FLAKY);
  v1::Policy policy = RunbookPolicy();
  testing::AddRule(policy.mutable_hold(), "too-flaky", "smoke")->set_flaky_at_least(1);
  v1::CheckRecord& last = records.Add(v1::OUTCOME_MISSING);
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_INCONCLUSIVE);
  last.set_outcome(v1::OUTCOME_FAILED);
  EXPECT_EQ(Judge(records.evidence(), policy).summary(),
            "HOLD: 1 of 11 checks did not pass; rule too-flaky holds (1 flaky, limit 1)");
  last.add_tags("critical");
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_ROLLBACK);
}

TEST(VerdictPolicyTest, AHoldRuleWaitsForTheEnd) {
  Records records;
  records.Add(v1::OUTCOME_FLAKY);
  records.Add(v1::OUTCOME_UNSPECIFIED);
  v1::Policy policy;
  testing::AddRule(policy.mutable_hold(), "too-flaky", "smoke")->set_flaky_at_least(1);
  const v1::Verdict verdict = Judge(records.evidence(), policy);
  EXPECT_EQ(verdict.decision(), v1::DECISION_UNSPECIFIED);
  EXPECT_TRUE(verdict.rules(0).holds());
}

}  // namespace
}  // namespace smokemesh::coordinator
