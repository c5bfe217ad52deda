#include "coordinator/verdict/suite_time.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "tests/unit/coordinator/verdict/records.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Records;

SuiteTime TimeOfSuite(const Records& records, shared::Duration target = seconds(2)) {
  std::vector<const v1::CheckRecord*> checks;
  for (const v1::CheckRecord& check : records.get()) checks.push_back(&check);
  return SuiteTimeOf("db", target, checks);
}

TEST(SuiteTimeTest, ItIsTheLongestSpanOnAnyOneAgent) {
  Records records;
  v1::CheckRecord& first = records.Add(v1::OUTCOME_PASSED);
  Records::AddTask(&first, "a", 0, 300);
  Records::AddTask(&first, "b", 900'000, 400);  // another clock
  v1::CheckRecord& second = records.Add(v1::OUTCOME_PASSED);
  Records::AddTask(&second, "a", 500, 700);
  EXPECT_EQ(TimeOfSuite(records).time, milliseconds(1200));
}

TEST(SuiteTimeTest, ExactlyTheTargetIsInTime) {
  Records records;
  Records::AddTask(&records.Add(v1::OUTCOME_PASSED), "a", 0, 2000);
  EXPECT_FALSE(TimeOfSuite(records).over_target);
  EXPECT_TRUE(TimeOfSuite(records, milliseconds(1999)).over_target);
  EXPECT_FALSE(TimeOfSuite(records, seconds(0)).over_target);  // none
}

TEST(SuiteTimeTest, ASuiteThatItsMaxEndedIsOverItsTarget) {
  Records records;
  v1::Task& task = *records.Add(v1::OUTCOME_ABORTED).add_tasks();
  task.set_outcome(v1::OUTCOME_ABORTED);
  task.set_reason("suite \"db2\" was ended after 3s: its max is 3s");
  EXPECT_FALSE(TimeOfSuite(records).over_target);
  task.set_reason("suite \"db\" was ended after 3s: its max is 3s");
  EXPECT_TRUE(TimeOfSuite(records).over_target);
  EXPECT_FALSE(TimeOfSuite(records, seconds(0)).over_target);
  task.set_outcome(v1::OUTCOME_PASSED);
  EXPECT_FALSE(TimeOfSuite(records).over_target);
}

TEST(SuiteTimeTest, ShadowChecksMakeNoSuiteLate) {
  Records records;
  v1::CheckRecord& shadow = records.AddShadow(v1::OUTCOME_ABORTED);
  Records::AddTask(&shadow, "a", 0, 9000).set_reason("suite \"db\" was ended after 3s: …");
  EXPECT_FALSE(TimeOfSuite(records).over_target);
  EXPECT_EQ(TimeOfSuite(records).time, seconds(0));
}

TEST(SuiteTimeTest, ACheckTakesAsLongAsItsSlowestAgent) {
  Records records;
  v1::CheckRecord& check = records.Add(v1::OUTCOME_PASSED);
  EXPECT_EQ(TimeOf(check), seconds(0));
  Records::AddTask(&check, "a", 0, 300);
  Records::AddTask(&check, "b", 0, 1400);
  Records::AddTask(&check, "c", 0, 20);
  check.add_tasks();  // no result
  EXPECT_EQ(TimeOf(check), milliseconds(1400));
}

TEST(SuiteTimeTest, AbsurdTimesFromAnAgentAreCut) {
  Records records;
  v1::CheckRecord& check = records.Add(v1::OUTCOME_PASSED);
  v1::TaskResult& result = *Records::AddTask(&check, "a", 0, 0).mutable_result();
  for (const int64_t absurd :
       {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    result.mutable_duration()->set_seconds(absurd);
    result.mutable_start_time()->set_seconds(absurd);
    EXPECT_GE(TimeOf(check).count(), 0);
    EXPECT_GE(TimeOfSuite(records).time.count(), 0);
  }
}

TEST(SuiteTimeTest, ARuleCountsSuitesWithASelectedCheck) {
  Records records;
  records.AddSuite("db", 2);
  records.AddSuite("bus", 2);
  records.AddSuite("slow", 0);
  const auto add = [&](const char* suite, const char* tag, int duration) -> v1::CheckRecord& {
    v1::CheckRecord& check = records.Add(v1::OUTCOME_PASSED, {tag});
    check.set_suite(suite);
    Records::AddTask(&check, "a", 0, duration);
    return check;
  };
  add("db", "smoke", 2500);
  add("bus", "smoke", 100);
  add("bus", "other", 2100);
  add("slow", "smoke", 90'000);
  v1::Policy policy;
  v1::Rule* rule = testing::AddRule(policy.mutable_hold(), "in-time", "other");
  rule->set_suites_over_target_at_least(1);
  v1::RuleResult result = Judge(records.evidence(), policy).rules(0);
  EXPECT_TRUE(result.holds());
  EXPECT_EQ(result.limit(), "at least 1 of 1 suite over target");
  EXPECT_EQ(result.value(), "1 of 1 (100%)");
  EXPECT_EQ(result.counted(0), "bus");
  EXPECT_EQ(result.first_evidence(), "suite bus: took 2.1s, target 2s");
  EXPECT_EQ(result.what_if(), "would not hold with 1 suite fewer over target");

  rule->set_select("smoke");
  rule->set_suites_over_target_at_least(3);
  result = Judge(records.evidence(), policy).rules(0);
  EXPECT_FALSE(result.holds());
  EXPECT_EQ(result.value(), "2 of 2 (100%)");
  EXPECT_EQ(result.what_if(), "could not hold: it is over 2 suites only");
  rule->set_suites_over_target_at_least(2);
  EXPECT_EQ(Judge(records.evidence(), policy).summary(),
            "HOLD: rule in-time holds (2 suites over target, limit 2)");
}

TEST(SuiteTimeTest, ASuiteOfWhichOnlyShadowChecksAreSelectedIsNotCounted) {
  Records records;
  records.AddSuite("db", 2);
  v1::CheckRecord& slow = records.Add(v1::OUTCOME_PASSED, {"other"});
  slow.set_suite("db");
  Records::AddTask(&slow, "a", 0, 9000);
  records.AddShadow(v1::OUTCOME_PASSED, {"smoke"}).set_suite("db");
  v1::Policy policy;
  testing::AddRule(policy.mutable_hold(), "in-time", "smoke")->set_suites_over_target_at_least(1);
  EXPECT_EQ(Judge(records.evidence(), policy).decision(), v1::DECISION_PROMOTE);
}

}  // namespace
}  // namespace smokemesh::coordinator
