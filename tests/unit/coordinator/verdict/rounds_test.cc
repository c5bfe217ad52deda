#include "coordinator/verdict/rounds.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "tests/unit/coordinator/verdict/records.h"

namespace smokemesh::coordinator {
namespace {

using testing::Records;

// Nine that passed and one that failed, in a round after those whose numbers are given crossed.
Records InRound(int number, int planned, std::initializer_list<int> crossed) {
  Records records;
  records.Add(9, v1::OUTCOME_PASSED);
  records.Add(v1::OUTCOME_FAILED);
  v1::Round& round = *records.options().mutable_round();
  round.set_bake_id("bake");
  round.set_number(number);
  round.set_planned(planned);
  for (int earlier = 1; earlier < number; ++earlier) {
    v1::BakeRound& before = *round.add_earlier();
    before.set_number(earlier);
    before.add_crossed("another");
    for (const int one : crossed) {
      if (one == earlier) before.add_crossed("r");
    }
  }
  return records;
}

v1::Policy Asking(int at_least, int of_last, int failures = 1) {
  v1::Policy policy;
  v1::Rule* rule = testing::AddRule(policy.mutable_rollback(), "r", "smoke");
  rule->set_not_passed_at_least(failures);
  rule->mutable_rounds()->set_at_least(at_least);
  rule->mutable_rounds()->set_of_last(of_last);
  return policy;
}

v1::RuleResult Result(const Records& records, const v1::Policy& policy) {
  return Judge(records.evidence(), policy).rules(0);
}

TEST(RoundsTest, OneOfTwoIsNotYetARollbackAndNeverAPass) {
  const v1::Verdict verdict = Judge(InRound(1, 10, {}).evidence(), Asking(2, 3));
  EXPECT_EQ(verdict.decision(), v1::DECISION_HOLD);
  const v1::RuleResult& rule = verdict.rules(0);
  EXPECT_TRUE(rule.crossed());
  EXPECT_FALSE(rule.holds());
  EXPECT_EQ(rule.rounds(), "crossed in 1 of the last 1 round, limit 2");
  EXPECT_EQ(rule.what_if(), "would hold once crossed in 1 round more");
  EXPECT_EQ(verdict.reasons(0),
            "rule r does not hold yet (1 not passed, limit 1; crossed in 1 of the last 1 round, "
            "limit 2): check-10: FAILED");
}

TEST(RoundsTest, TheSecondOfTwoRollsBack) {
  const v1::Verdict verdict = Judge(InRound(2, 10, {1}).evidence(), Asking(2, 3));
  EXPECT_EQ(verdict.summary(),
            "ROLLBACK: rule r holds (1 not passed, limit 1; crossed in 2 of the last 2 rounds, "
            "limit 2)");
  EXPECT_EQ(verdict.rules(0).what_if(), "would not hold with 1 failure fewer");
}

TEST(RoundsTest, RoundsBeforeTheLastOnesAreForgotten) {
  EXPECT_TRUE(Result(InRound(3, 10, {1}), Asking(2, 3)).holds());
  EXPECT_FALSE(Result(InRound(4, 10, {1}), Asking(2, 3)).holds());
  EXPECT_EQ(Result(InRound(4, 10, {1, 3}), Asking(2, 3)).rounds(),
            "crossed in 2 of the last 3 rounds, limit 2");
  EXPECT_EQ(Result(InRound(5, 10, {1, 2}), Asking(2, 3)).what_if(),
            "would hold if crossed in 1 more of the last 3 rounds");
}

TEST(RoundsTest, OnlyRoundsThatWerePlannedAreAskedFor) {
  EXPECT_TRUE(Result(InRound(1, 1, {}), Asking(2, 3)).holds());
  EXPECT_FALSE(Result(InRound(1, 2, {}), Asking(3, 3)).holds());
  EXPECT_TRUE(Result(InRound(2, 2, {1}), Asking(3, 3)).holds());
}

TEST(RoundsTest, ARunOutsideABakeIsOneRound) {
  Records records;
  records.Add(v1::OUTCOME_FAILED);
  EXPECT_TRUE(Result(records, Asking(3, 5)).holds());
  records.get()[0].set_outcome(v1::OUTCOME_PASSED);
  EXPECT_FALSE(Result(records, Asking(3, 5)).holds());
}

TEST(RoundsTest, EarlierRoundsAloneCanMakeItHold) {
  const v1::RuleResult rule = Result(InRound(3, 10, {1, 2}), Asking(2, 3, 2));
  EXPECT_FALSE(rule.crossed());
  EXPECT_TRUE(rule.holds());
  EXPECT_EQ(rule.what_if(),
            "would hold whatever had come of this round: the rounds before it are enough");
}

TEST(RoundsTest, WhatIsMissingIsSaid) {
  EXPECT_EQ(Result(InRound(3, 10, {1}), Asking(2, 3, 2)).what_if(),
            "would hold with 1 failure more");
  EXPECT_EQ(Result(InRound(3, 10, {}), Asking(2, 3, 2)).what_if(),
            "would hold if crossed in 2 more of the last 3 rounds");
}

TEST(RoundsTest, AThingIsCountedOnceAndOnlyWhereItIsARoundBeforeThisOne) {
  Records records = InRound(3, 10, {2});
  for (const int number : {2, 3, 4, 0, -1}) {
    v1::BakeRound& odd = *records.options().mutable_round()->add_earlier();
    odd.set_number(number);
    odd.add_crossed("r");
  }
  EXPECT_EQ(Result(records, Asking(3, 3)).rounds(), "crossed in 2 of the last 3 rounds, limit 3");
}

TEST(RoundsTest, WhatCannotBeCountedIsNeverAPass) {
  Records records;
  records.Add(v1::OUTCOME_PASSED);
  for (const auto& [at_least, of_last] :
       {std::pair(0, 3), std::pair(-1, 3), std::pair(4, 3), std::pair(1, 1001)}) {
    EXPECT_EQ(Judge(records.evidence(), Asking(at_least, of_last)).decision(),
              v1::DECISION_INCONCLUSIVE)
        << at_least << " of " << of_last;
  }
  EXPECT_EQ(Judge(records.evidence(), Asking(1000, 1000)).decision(), v1::DECISION_PROMOTE);
}

TEST(RoundsTest, AHoldRuleOverRoundsHolds) {
  v1::Policy policy;
  v1::Rule* rule = testing::AddRule(policy.mutable_hold(), "r", "smoke");
  rule->set_flaky_at_least(1);
  rule->mutable_rounds()->set_at_least(2);
  rule->mutable_rounds()->set_of_last(2);
  Records records = InRound(2, 10, {});
  for (v1::CheckRecord& check : records.get()) check.set_outcome(v1::OUTCOME_FLAKY);
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_PROMOTE);
  records.options().mutable_round()->mutable_earlier(0)->add_crossed("r");
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_HOLD);
}

}  // namespace
}  // namespace smokemesh::coordinator
