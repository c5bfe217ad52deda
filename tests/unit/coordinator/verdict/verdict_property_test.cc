#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "coordinator/verdict/verdict.h"
#include "tests/simulation/random_plan.h"
#include "tests/simulation/sim_random.h"
#include "tests/simulation/slow_judge.h"
#include "tests/unit/coordinator/verdict/records.h"

namespace smokemesh::coordinator {
namespace {

using testing::SimRandom;

constexpr int kCases = 200000;

v1::CheckRecord RandomRecord(SimRandom* random, int number, int failing) {
  v1::CheckRecord check;
  check.set_name("c" + std::to_string(number));
  for (const char* tag : {"smoke", "critical", "database", "transaction", "service"}) {
    if (random->Chance(0.35)) check.add_tags(tag);
  }
  check.set_outcome(v1::OUTCOME_PASSED);
  if (random->Below(100) < failing) check.set_outcome(static_cast<v1::Outcome>(random->Below(9)));
  if (check.outcome() == v1::OUTCOME_BLOCKED) {
    const v1::Outcome roots[] = {v1::OUTCOME_FAILED,  v1::OUTCOME_MISSING, v1::OUTCOME_ERRORED,
                                 v1::OUTCOME_ABORTED, v1::OUTCOME_SKIPPED, v1::OUTCOME_UNSPECIFIED};
    check.set_blocked_by(roots[random->Below(6)]);
  }
  check.set_deselected(random->Chance(0.05));
  return check;
}

TEST(VerdictPropertyTest, AgreesWithTheSlowJudgeInAnyOrder) {
  SimRandom random(2026);
  std::map<v1::Decision, int> seen;
  for (int i = 0; i < kCases; ++i) {
    testing::Records records;
    const int checks = random.Below(12);
    const int failing = random.Chance(0.3) ? 0 : random.Below(100);
    for (int c = 0; c < checks; ++c) *records.get().Add() = RandomRecord(&random, c, failing);
    const v1::Policy policy = testing::RandomPolicy(&random);

    const v1::Verdict verdict = Judge(records.evidence(), policy);
    const std::vector<v1::CheckRecord> listed(records.get().begin(), records.get().end());
    ASSERT_EQ(verdict.decision(), testing::SlowJudge(listed, policy))
        << "case " << i << ": " << verdict.DebugString() << policy.DebugString();
    ASSERT_EQ(verdict.final(), verdict.decision() != v1::DECISION_UNSPECIFIED) << "case " << i;
    const v1::OutcomeCounts& counts = verdict.counts();
    ASSERT_EQ(counts.planned(), counts.passed() + counts.flaky() + counts.failed() +
                                    counts.errored() + counts.blocked() + counts.aborted() +
                                    counts.missing() + counts.skipped() + counts.open());
    ++seen[verdict.decision()];

    for (int from = records.get().size() - 1; from > 0; --from) {
      records.get().SwapElements(from, random.Below(from + 1));
    }
    const v1::Verdict shuffled = Judge(records.evidence(), policy);
    ASSERT_EQ(shuffled.decision(), verdict.decision()) << "case " << i;
    for (int rule = 0; rule < verdict.rules_size(); ++rule) {
      ASSERT_EQ(shuffled.rules(rule).holds(), verdict.rules(rule).holds()) << "case " << i;
    }
  }
  // Every kind of answer was compared, often.
  for (int decision = 0; decision <= 4; ++decision) {
    EXPECT_GT(seen[static_cast<v1::Decision>(decision)], kCases / 100) << decision;
  }
}

TEST(VerdictPropertyTest, ARollbackStaysWhateverIsStillToCome) {
  SimRandom random(47);
  int rollbacks = 0;
  for (int i = 0; i < 20000; ++i) {
    testing::Records records;
    const int checks = 1 + random.Below(10);
    for (int c = 0; c < checks; ++c) {
      v1::CheckRecord record = RandomRecord(&random, c, 60);
      if (random.Chance(0.3)) record.set_outcome(v1::OUTCOME_UNSPECIFIED);
      *records.get().Add() = record;
    }
    const v1::Policy policy = testing::RandomPolicy(&random);
    if (Judge(records.evidence(), policy).decision() != v1::DECISION_ROLLBACK) continue;
    ++rollbacks;
    for (v1::CheckRecord& check : records.get()) {
      if (check.outcome() != v1::OUTCOME_UNSPECIFIED) continue;
      check.set_outcome(static_cast<v1::Outcome>(1 + random.Below(8)));
    }
    ASSERT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_ROLLBACK) << "case " << i;
  }
  EXPECT_GT(rollbacks, 2000);
}

}  // namespace
}  // namespace smokemesh::coordinator
