#include "coordinator/verdict/bake_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

#include "coordinator/verdict/verdict.h"
#include "tests/unit/coordinator/verdict/records.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::BakeRound Round(int number, v1::Decision decision, std::initializer_list<const char*> crossed) {
  v1::BakeRound round;
  round.set_run_id("run-" + std::to_string(number));
  round.set_number(number);
  round.set_decision(decision);
  round.set_summary(std::string(Name(decision)) + ": words");
  for (const char* rule : crossed) round.add_crossed(rule);
  return round;
}

// Rounds by their first letters: P, R, H, I, or `-` for one without a verdict.
std::vector<v1::BakeRound> Rounds(const char* letters) {
  std::vector<v1::BakeRound> rounds;
  for (const char* letter = letters; *letter != '\0'; ++letter) {
    v1::Decision decision = v1::DECISION_UNSPECIFIED;
    if (*letter == 'P') decision = v1::DECISION_PROMOTE;
    if (*letter == 'R') decision = v1::DECISION_ROLLBACK;
    if (*letter == 'H') decision = v1::DECISION_HOLD;
    if (*letter == 'I') decision = v1::DECISION_INCONCLUSIVE;
    rounds.push_back(Round(static_cast<int>(rounds.size()) + 1, decision, {}));
  }
  return rounds;
}

v1::Bake JudgeRounds(const std::vector<v1::BakeRound>& rounds, const v1::Policy& policy = {},
                     bool ended = true) {
  return JudgeBake("bake", "plan", rounds, policy, ended);
}

v1::Policy Clean(int rounds) {
  v1::Policy policy;
  policy.set_clean_rounds(rounds);
  return policy;
}

v1::Decision Ended(const char* letters, int clean_rounds = 0) {
  const v1::Bake bake = JudgeRounds(Rounds(letters), Clean(clean_rounds));
  EXPECT_TRUE(bake.final());
  return bake.decision();
}

TEST(BakeVerdictTest, TheWorstOfTheRoundsDecides) {
  EXPECT_EQ(Ended("P"), v1::DECISION_PROMOTE);
  EXPECT_EQ(Ended("PPPP"), v1::DECISION_PROMOTE);
  EXPECT_EQ(Ended("PHPP"), v1::DECISION_HOLD);
  EXPECT_EQ(Ended("PHIP"), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(Ended("PHP-"), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(Ended("PHIR"), v1::DECISION_ROLLBACK);
  EXPECT_EQ(Ended("RPPP"), v1::DECISION_ROLLBACK);
}

TEST(BakeVerdictTest, NoRoundIsNeverAPass) {
  EXPECT_EQ(JudgeRounds({}).summary(), "INCONCLUSIVE: no round began");
}

TEST(BakeVerdictTest, ADecisionFromTheFutureIsNeverAPass) {
  EXPECT_EQ(JudgeRounds({Round(1, static_cast<v1::Decision>(9), {})}).decision(),
            v1::DECISION_INCONCLUSIVE);
}

TEST(BakeVerdictTest, OnlyTheLastRoundsCountWhereThePolicySaysSo) {
  EXPECT_EQ(Ended("HIPP", 2), v1::DECISION_PROMOTE);
  EXPECT_EQ(Ended("HIPP", 3), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(Ended("PPPH", 1), v1::DECISION_HOLD);
  EXPECT_EQ(Ended("RPPP", 1), v1::DECISION_ROLLBACK);
  EXPECT_EQ(Ended("PP", 3), v1::DECISION_INCONCLUSIVE);  // not as many as it asks for
  EXPECT_EQ(JudgeRounds(Rounds("PP"), Clean(3)).summary(),
            "INCONCLUSIVE: only 2 rounds, and the policy asks for 3 clean rounds");
}

TEST(BakeVerdictTest, ARoundThatIsNotThereIsNeverAPass) {
  std::vector<v1::BakeRound> rounds = Rounds("PPPP");
  rounds.erase(rounds.begin() + 1);
  EXPECT_EQ(JudgeRounds(rounds).summary(), "INCONCLUSIVE: round 2 is not there");
  EXPECT_THAT(JudgeRounds(rounds).reasons(), ElementsAre("round 2 is not there"));
  EXPECT_EQ(JudgeRounds(rounds, Clean(2)).decision(), v1::DECISION_PROMOTE);
  rounds.erase(rounds.begin(), rounds.begin() + 2);
  EXPECT_EQ(JudgeRounds(rounds).summary(), "INCONCLUSIVE: rounds 1 to 3 are not there");
  EXPECT_EQ(JudgeRounds(rounds, Clean(1)).decision(), v1::DECISION_PROMOTE);
  EXPECT_EQ(JudgeRounds({Round(0, v1::DECISION_PROMOTE, {})}).decision(),
            v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(JudgeRounds({Round(0, v1::DECISION_ROLLBACK, {})}).decision(), v1::DECISION_ROLLBACK);
}

TEST(BakeVerdictTest, BeforeItsEndOnlyARollbackIsCertain) {
  for (const char* letters : {"", "P", "PPP", "PH", "I", "P-"}) {
    const v1::Bake bake = JudgeRounds(Rounds(letters), {}, /*ended=*/false);
    EXPECT_EQ(bake.decision(), v1::DECISION_UNSPECIFIED) << letters;
    EXPECT_FALSE(bake.final());
  }
  const v1::Bake bake = JudgeRounds(Rounds("PR"), {}, /*ended=*/false);
  EXPECT_EQ(bake.summary(), "ROLLBACK: round 2: words");
  EXPECT_TRUE(bake.final());
}

v1::Policy Asking(google::protobuf::RepeatedPtrField<v1::Rule>* (v1::Policy::*rules)(),
                  int at_least, int of_last) {
  v1::Policy policy;
  v1::Rule* rule = testing::AddRule((policy.*rules)(), "r", "smoke");
  rule->set_not_passed_at_least(1);
  rule->mutable_rounds()->set_at_least(at_least);
  rule->mutable_rounds()->set_of_last(of_last);
  return policy;
}

TEST(BakeVerdictTest, ARuleThatAsksForMoreRoundsThanThereWereIsJudgedAtTheEnd) {
  const v1::Policy policy = Asking(&v1::Policy::mutable_rollback, 3, 5);
  const std::vector<v1::BakeRound> both = {Round(1, v1::DECISION_HOLD, {"r"}),
                                           Round(2, v1::DECISION_HOLD, {"r"})};
  EXPECT_EQ(JudgeRounds(both, policy, /*ended=*/false).decision(), v1::DECISION_UNSPECIFIED);
  EXPECT_EQ(JudgeRounds(both, policy).summary(),
            "ROLLBACK: rule r was crossed in 2 of the last 2 rounds, limit 2");
  const std::vector<v1::BakeRound> one = {Round(1, v1::DECISION_HOLD, {"r"}),
                                          Round(2, v1::DECISION_HOLD, {"other"})};
  EXPECT_EQ(JudgeRounds(one, policy).decision(), v1::DECISION_HOLD);
}

TEST(BakeVerdictTest, OnlyTheLastRoundsCountForARule) {
  std::vector<v1::BakeRound> rounds = Rounds("HHPPP");
  rounds[0].add_crossed("r");
  rounds[1].add_crossed("r");
  EXPECT_EQ(JudgeRounds(rounds, Asking(&v1::Policy::mutable_rollback, 2, 3)).decision(),
            v1::DECISION_HOLD);
  EXPECT_EQ(JudgeRounds(rounds, Asking(&v1::Policy::mutable_rollback, 2, 5)).decision(),
            v1::DECISION_ROLLBACK);
}

TEST(BakeVerdictTest, AHoldRuleIsJudgedAtTheEndToo) {
  std::vector<v1::BakeRound> rounds = Rounds("PP");
  rounds[0].add_crossed("r");
  rounds[1].add_crossed("r");
  EXPECT_EQ(JudgeRounds(rounds, Asking(&v1::Policy::mutable_hold, 3, 5)).summary(),
            "HOLD: rule r was crossed in 2 of the last 2 rounds, limit 2");
}

TEST(BakeVerdictTest, ReasonsNameTheRoundsTheWeightiestFirst) {
  const v1::Bake bake = JudgeRounds(Rounds("PHIHR"));
  EXPECT_EQ(bake.summary(), "ROLLBACK: round 5: words");
  EXPECT_THAT(
      bake.reasons(),
      ElementsAre("round 5 (run-5): ROLLBACK: words", "round 3 (run-3): INCONCLUSIVE: words",
                  "round 2 (run-2): HOLD: words", "round 4 (run-4): HOLD: words"));
  EXPECT_EQ(JudgeRounds(Rounds("HH")).summary(), "HOLD: round 1: words; and 1 more");
}

TEST(BakeVerdictTest, PromoteSaysHowManyPassed) {
  EXPECT_EQ(JudgeRounds(Rounds("PPPP")).summary(), "PROMOTE: all 4 rounds passed");
  EXPECT_EQ(JudgeRounds(Rounds("HPP"), Clean(2)).summary(),
            "PROMOTE: the last 2 rounds of 3 passed");
  EXPECT_THAT(JudgeRounds(Rounds("PPPP")).reasons(), IsEmpty());
}

TEST(BakeVerdictTest, TheOrderInWhichRoundsAreGivenDoesNotMatter) {
  std::vector<v1::BakeRound> rounds = Rounds("HIPP");
  const std::string sorted = JudgeRounds(rounds, Clean(2)).SerializeAsString();
  std::swap(rounds[0], rounds[3]);
  EXPECT_EQ(JudgeRounds(rounds, Clean(2)).SerializeAsString(), sorted);
}

TEST(BakeVerdictTest, ARunIsARound) {
  testing::Records records;
  records.Add(9, v1::OUTCOME_PASSED);
  records.Add(v1::OUTCOME_FAILED);
  v1::Policy policy;
  testing::AddRule(policy.mutable_rollback(), "crossed", "smoke")->set_not_passed_at_least(1);
  v1::Rounds& asked = *policy.mutable_rollback(0)->mutable_rounds();
  asked.set_at_least(2);
  asked.set_of_last(2);
  testing::AddRule(policy.mutable_rollback(), "not", "smoke")->set_not_passed_at_least(5);
  testing::AddTolerance(&policy, "tolerance", "smoke")->set_not_passed_at_most(1);
  v1::Run run;
  run.set_run_id("run-7");
  run.set_state(v1::Run::STATE_FINISHED);
  run.mutable_options()->mutable_round()->set_number(7);
  run.mutable_options()->mutable_round()->set_planned(9);
  run.mutable_create_time()->set_seconds(5);
  run.mutable_duration()->set_seconds(6);
  *run.mutable_checks() = records.get();
  *run.mutable_verdict() = Judge(EvidenceOf(run), policy);
  const v1::BakeRound round = RoundOf(run);
  EXPECT_EQ(round.run_id(), "run-7");
  EXPECT_EQ(round.number(), 7);
  EXPECT_EQ(round.decision(), v1::DECISION_PROMOTE);
  EXPECT_EQ(round.summary(), "PROMOTE: 9 checks passed, 1 tolerated");
  EXPECT_THAT(round.crossed(), ElementsAre("crossed"));
  EXPECT_EQ(round.create_time().seconds(), 5);
  EXPECT_EQ(round.duration().seconds(), 6);

  run.mutable_verdict()->set_final(false);
  EXPECT_EQ(RoundOf(run).decision(), v1::DECISION_UNSPECIFIED);
}

}  // namespace
}  // namespace smokemesh::coordinator
