#include "coordinator/verdict/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/verdict/records.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Records;

v1::Verdict JudgeAll(const Records& records) { return Judge(records.evidence(), v1::Policy()); }

v1::Decision DecisionOf(v1::Outcome outcome) {
  Records records;
  records.Add(v1::OUTCOME_PASSED);
  records.Add(outcome);
  return JudgeAll(records).decision();
}

// ---- Each row of the table of outcomes ---------------------------------------------------------

TEST(VerdictTest, PassedAndFlakyPromote) {
  EXPECT_EQ(DecisionOf(v1::OUTCOME_PASSED), v1::DECISION_PROMOTE);
  EXPECT_EQ(DecisionOf(v1::OUTCOME_FLAKY), v1::DECISION_PROMOTE);
}

TEST(VerdictTest, AFailureWithoutARuleHolds) {
  EXPECT_EQ(DecisionOf(v1::OUTCOME_FAILED), v1::DECISION_HOLD);
}

TEST(VerdictTest, SilenceIsInconclusive) {
  EXPECT_EQ(DecisionOf(v1::OUTCOME_ERRORED), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(DecisionOf(v1::OUTCOME_ABORTED), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(DecisionOf(v1::OUTCOME_MISSING), v1::DECISION_INCONCLUSIVE);
}

TEST(VerdictTest, AnOutcomeFromTheFutureIsNoPass) {
  EXPECT_EQ(DecisionOf(static_cast<v1::Outcome>(99)), v1::DECISION_INCONCLUSIVE);
}

TEST(VerdictTest, SkippedLeavesTheDenominator) {
  EXPECT_EQ(DecisionOf(v1::OUTCOME_SKIPPED), v1::DECISION_PROMOTE);
}

TEST(VerdictTest, BlockedCountsAsWhatBlockedIt) {
  const auto decision = [](v1::Outcome root) {
    Records records;
    records.Add(v1::OUTCOME_PASSED);
    records.AddBlocked(root);
    return JudgeAll(records).decision();
  };
  EXPECT_EQ(decision(v1::OUTCOME_FAILED), v1::DECISION_HOLD);
  EXPECT_EQ(decision(v1::OUTCOME_MISSING), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(decision(v1::OUTCOME_ERRORED), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(decision(v1::OUTCOME_ABORTED), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(decision(v1::OUTCOME_SKIPPED), v1::DECISION_HOLD);
  EXPECT_EQ(decision(v1::OUTCOME_UNSPECIFIED), v1::DECISION_INCONCLUSIVE);
}

// ---- Nothing is never a pass -------------------------------------------------------------------

TEST(VerdictTest, NoChecksAreInconclusive) {
  const v1::Verdict verdict = JudgeAll(Records());
  EXPECT_EQ(verdict.decision(), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(verdict.summary(), "INCONCLUSIVE: nothing ran");
  EXPECT_TRUE(verdict.final());
}

TEST(VerdictTest, OnlySkippedChecksAreInconclusive) {
  Records records;
  records.Add(3, v1::OUTCOME_SKIPPED);
  EXPECT_EQ(JudgeAll(records).summary(), "INCONCLUSIVE: nothing ran");
}

TEST(VerdictTest, ACriticalCheckThatIsSkippedIsInconclusive) {
  Records records;
  records.Add(v1::OUTCOME_PASSED);
  records.Add(v1::OUTCOME_SKIPPED, {"smoke", "critical"});
  EXPECT_EQ(JudgeAll(records).summary(), "INCONCLUSIVE: critical check check-2 was SKIPPED");
}

TEST(VerdictTest, DeselectedChecksAreNotJudged) {
  Records records;
  records.Add(v1::OUTCOME_PASSED);
  records.Add(v1::OUTCOME_SKIPPED, {"smoke", "critical"}).set_deselected(true);
  const v1::Verdict verdict = JudgeAll(records);
  EXPECT_EQ(verdict.decision(), v1::DECISION_PROMOTE);
  EXPECT_EQ(verdict.counts().planned(), 1);
  EXPECT_EQ(verdict.counts().skipped(), 0);
}

TEST(VerdictTest, InconclusiveSaysHowManyAndWhy) {
  Records records;
  records.Add(15, v1::OUTCOME_PASSED);
  records.Add(2, v1::OUTCOME_MISSING);
  records.Add(v1::OUTCOME_ERRORED);
  const v1::Verdict verdict = JudgeAll(records);
  EXPECT_EQ(verdict.summary(),
            "INCONCLUSIVE: no evidence from 3 of 18 checks (2 MISSING, 1 ERRORED)");
}

// ---- Shadow checks -----------------------------------------------------------------------------

TEST(VerdictTest, AShadowCheckCountsForNothing) {
  for (int outcome = 0; outcome <= 9; ++outcome) {
    Records records;
    records.Add(4, v1::OUTCOME_PASSED);
    records.AddShadow(static_cast<v1::Outcome>(outcome), {"smoke", "critical"});
    const v1::Verdict verdict = Judge(records.evidence(), testing::RunbookPolicy());
    EXPECT_EQ(verdict.summary(), "PROMOTE: all 4 checks passed") << outcome;
    EXPECT_TRUE(verdict.final());
    EXPECT_EQ(verdict.counts().planned(), 4);
    EXPECT_EQ(verdict.shadow().planned(), 1);
    EXPECT_EQ(verdict.rules(0).denominator(), 4);
    EXPECT_EQ(verdict.rules(1).denominator(), 0);
    EXPECT_EQ(verdict.reasons_size(), 1);
  }
}

TEST(VerdictTest, ShadowChecksAloneProveNothing) {
  Records records;
  records.AddShadow(v1::OUTCOME_PASSED);
  const v1::Verdict verdict = JudgeAll(records);
  EXPECT_EQ(verdict.summary(), "INCONCLUSIVE: nothing ran");
  EXPECT_EQ(verdict.shadow().passed(), 1);
}

TEST(VerdictTest, WithoutShadowChecksTheirCountsAreAbsent) {
  Records records;
  records.Add(v1::OUTCOME_PASSED);
  v1::CheckRecord& left_out = records.AddShadow(v1::OUTCOME_SKIPPED);
  left_out.set_deselected(true);
  EXPECT_FALSE(JudgeAll(records).has_shadow());
}

// ---- While checks are open ---------------------------------------------------------------------

TEST(VerdictTest, OpenChecksLeaveItUndecided) {
  Records records;
  records.Add(v1::OUTCOME_PASSED);
  records.Add(v1::OUTCOME_FAILED);
  records.Add(v1::OUTCOME_UNSPECIFIED);
  const v1::Verdict verdict = JudgeAll(records);
  EXPECT_EQ(verdict.decision(), v1::DECISION_UNSPECIFIED);
  EXPECT_FALSE(verdict.final());
  EXPECT_EQ(verdict.summary(), "UNDECIDED: 1 of 3 checks still open");
}

TEST(VerdictTest, ARollbackIsFinalWhileChecksAreOpen) {
  Records records;
  records.Add(v1::OUTCOME_FAILED, {"critical"});
  records.Add(40, v1::OUTCOME_UNSPECIFIED);
  const v1::Verdict verdict = Judge(records.evidence(), testing::RunbookPolicy());
  EXPECT_EQ(verdict.decision(), v1::DECISION_ROLLBACK);
  EXPECT_TRUE(verdict.final());
}

TEST(VerdictTest, ARatioThatOpenChecksCouldStillChangeDoesNotHold) {
  Records records;
  records.Add(v1::OUTCOME_FAILED, {"service"});
  records.Add(v1::OUTCOME_UNSPECIFIED, {"service"});
  EXPECT_EQ(Judge(records.evidence(), testing::RunbookPolicy()).decision(),
            v1::DECISION_UNSPECIFIED);
}

TEST(VerdictTest, CountsAddUpToThePlan) {
  Records records;
  for (int outcome = 0; outcome <= 8; ++outcome) records.Add(static_cast<v1::Outcome>(outcome));
  const v1::OutcomeCounts counts = JudgeAll(records).counts();
  EXPECT_EQ(counts.planned(), 9);
  for (const int one :
       {counts.passed(), counts.flaky(), counts.failed(), counts.errored(), counts.blocked(),
        counts.aborted(), counts.missing(), counts.skipped(), counts.open()}) {
    EXPECT_EQ(one, 1);
  }
}

// ---- Words -------------------------------------------------------------------------------------

TEST(VerdictTest, PromoteSaysWhatPassed) {
  Records records;
  records.Add(17, v1::OUTCOME_PASSED);
  records.Add(v1::OUTCOME_FLAKY);
  v1::Verdict verdict = JudgeAll(records);
  EXPECT_EQ(verdict.summary(), "PROMOTE: all 18 checks passed, 1 of them only on a retry");
  EXPECT_THAT(verdict.reasons(), ElementsAre("all 18 checks passed, 1 of them only on a retry",
                                             "check-18 passed only on a retry"));
  records.Add(v1::OUTCOME_SKIPPED);
  EXPECT_THAT(JudgeAll(records).summary(), HasSubstr("18 checks passed, 1 skipped"));
}

TEST(VerdictTest, HoldSaysHowManyDidNotPassAndNamesThem) {
  Records records;
  records.Add(5, v1::OUTCOME_PASSED);
  v1::CheckRecord& failed = records.Add(v1::OUTCOME_FAILED);
  failed.set_reason("404 Not Found");
  const v1::Verdict verdict = JudgeAll(records);
  EXPECT_EQ(verdict.summary(), "HOLD: 1 of 6 checks did not pass, and no rollback rule holds");
  EXPECT_THAT(verdict.reasons(), ElementsAre("check-6: FAILED, 404 Not Found"));
}

TEST(VerdictTest, EvidenceNamesCheckAgentStepExpectedAndSeen) {
  Records records;
  v1::CheckRecord& check = records.Add(v1::OUTCOME_FAILED, {"database", "transaction"});
  check.set_name("constraint_enforcement");
  v1::Task& task = *check.add_tasks();
  task.set_agent_id("engagement@host");
  task.set_outcome(v1::OUTCOME_FAILED);
  v1::Failure& failure = *task.mutable_result()->add_failures();
  failure.set_step(4);
  failure.set_step_name("INSERT …");
  failure.set_expected("sqlstate == 23514");
  failure.set_actual("00000");
  const v1::Verdict verdict = Judge(records.evidence(), testing::RunbookPolicy());
  EXPECT_EQ(verdict.summary(),
            "ROLLBACK: rule database-transactions holds (1 not passed, limit 1)");
  EXPECT_EQ(verdict.rules(2).first_evidence(),
            "constraint_enforcement on engagement@host, step 4 \"INSERT …\": expected sqlstate == "
            "23514, saw 00000");
}

TEST(VerdictTest, EvidenceFromOutsideStaysOnOneLine) {
  Records records;
  v1::CheckRecord& check = records.Add(v1::OUTCOME_FAILED, {"critical"});
  v1::Task& task = *check.add_tasks();
  task.set_agent_id("a\nb");
  task.set_outcome(v1::OUTCOME_FAILED);
  task.mutable_result()->add_failures()->set_expected("\x1b[31mred\n" + std::string(5000, 'x'));
  const std::string line =
      Judge(records.evidence(), testing::RunbookPolicy()).rules(1).first_evidence();
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_LT(line.size(), 600u);
}

TEST(VerdictTest, TheWeightiestReasonComesFirst) {
  Records records;
  records.Add(v1::OUTCOME_FAILED, {"critical"});
  records.Add(v1::OUTCOME_MISSING);
  records.Add(v1::OUTCOME_FLAKY);
  const v1::Verdict verdict = Judge(records.evidence(), testing::RunbookPolicy());
  ASSERT_EQ(verdict.reasons_size(), 5);
  EXPECT_THAT(verdict.reasons(0), HasSubstr("rule critical-path holds"));
  EXPECT_THAT(verdict.reasons(1), HasSubstr("no evidence from 1 of 3 checks"));
  EXPECT_THAT(verdict.reasons(2), HasSubstr("check-2: MISSING"));
  EXPECT_THAT(verdict.reasons(3), HasSubstr("check-1: FAILED"));
  EXPECT_THAT(verdict.reasons(4), HasSubstr("check-3 passed only on a retry"));
}

TEST(VerdictTest, ExitCodesAreThoseOfTheDesign) {
  EXPECT_EQ(ExitCode(v1::DECISION_PROMOTE), 0);
  EXPECT_EQ(ExitCode(v1::DECISION_ROLLBACK), 1);
  EXPECT_EQ(ExitCode(v1::DECISION_INCONCLUSIVE), 4);
  EXPECT_EQ(ExitCode(v1::DECISION_HOLD), 5);
  EXPECT_EQ(ExitCode(v1::DECISION_UNSPECIFIED), 4);
  EXPECT_EQ(ExitCode(static_cast<v1::Decision>(77)), 4);
}

TEST(VerdictTest, NamesAreThoseOfTheDesign) {
  EXPECT_EQ(Name(v1::DECISION_PROMOTE), "PROMOTE");
  EXPECT_EQ(Name(v1::DECISION_UNSPECIFIED), "UNDECIDED");
  EXPECT_EQ(Name(v1::OUTCOME_UNSPECIFIED), "OPEN");
  EXPECT_EQ(Name(v1::OUTCOME_FLAKY), "FLAKY");
  EXPECT_TRUE(CountsAsPassed(v1::OUTCOME_FLAKY));
  EXPECT_FALSE(CountsAsPassed(v1::OUTCOME_SKIPPED));
  EXPECT_TRUE(IsMissingEvidence(v1::OUTCOME_ABORTED));
  EXPECT_FALSE(IsMissingEvidence(v1::OUTCOME_FAILED));
}

}  // namespace
}  // namespace smokemesh::coordinator
