// What a rule says would have changed it is tried out: the change is made, and one less of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/unit/coordinator/verdict/records.h"

namespace smokemesh::coordinator {
namespace {

using testing::AddRule;
using testing::Records;
using ::testing::StartsWith;

constexpr int kMost = 12;

struct Case {
  std::function<void(v1::Rule*, int)> set;    // the limit, from a number of 1 to 20
  std::function<void(v1::CheckRecord*)> hit;  // makes a check that passed count
};

v1::RuleResult Result(const Case& tried, int limit, int counted, int of) {
  Records records;
  records.Add(of, v1::OUTCOME_PASSED);
  for (int i = 0; i < counted; ++i) tried.hit(&records.get()[i]);
  v1::Policy policy;
  tried.set(AddRule(policy.mutable_rollback(), "r", "smoke"), limit);
  return Judge(records.evidence(), policy).rules(0);
}

int NumberAfter(const std::string& text, const std::string& words) {
  return std::stoi(text.substr(words.size()));
}

void TryOut(const Case& tried) {
  int said_more = 0;
  int said_fewer = 0;
  for (int limit = 1; limit <= 20; ++limit) {
    for (int of = 1; of <= kMost; ++of) {
      for (int counted = 0; counted <= of; ++counted) {
        const v1::RuleResult result = Result(tried, limit, counted, of);
        const std::string& text = result.what_if();
        SCOPED_TRACE(text + "; value " + result.value() + ", limit " + result.limit());
        if (result.holds()) {
          ASSERT_THAT(text, StartsWith("would not hold with "));
          const int fewer = NumberAfter(text, "would not hold with ");
          ASSERT_FALSE(Result(tried, limit, counted - fewer, of).holds());
          ASSERT_TRUE(Result(tried, limit, counted - fewer + 1, of).holds());
          ++said_fewer;
        } else if (text.rfind("could not hold", 0) == 0) {
          for (int more = counted; more <= of; ++more) {
            ASSERT_FALSE(Result(tried, limit, more, of).holds());
          }
        } else {
          ASSERT_THAT(text, StartsWith("would hold with "));
          const int more = NumberAfter(text, "would hold with ");
          ASSERT_TRUE(Result(tried, limit, counted + more, of).holds());
          ASSERT_FALSE(Result(tried, limit, counted + more - 1, of).holds());
          ++said_more;
        }
      }
    }
  }
  EXPECT_GT(said_more, 50);
  EXPECT_GT(said_fewer, 50);
}

void Fail(v1::CheckRecord* check) { check->set_outcome(v1::OUTCOME_FAILED); }
void MakeFlaky(v1::CheckRecord* check) { check->set_outcome(v1::OUTCOME_FLAKY); }

TEST(WhatIfTest, NumbersOfFailures) {
  TryOut({[](v1::Rule* rule, int limit) { rule->set_not_passed_at_least(limit); }, Fail});
}

TEST(WhatIfTest, RatiosOfFailuresAbove) {
  TryOut({[](v1::Rule* rule, int limit) { rule->set_not_passed_ratio_above((limit - 1) * 0.05); },
          Fail});
}

TEST(WhatIfTest, RatiosOfFailuresAtLeast) {
  TryOut(
      {[](v1::Rule* rule, int limit) { rule->set_not_passed_ratio_at_least(limit * 0.05); }, Fail});
}

TEST(WhatIfTest, NumbersOfFlakyChecks) {
  TryOut({[](v1::Rule* rule, int limit) { rule->set_flaky_at_least(limit); }, MakeFlaky});
}

TEST(WhatIfTest, RatiosOfFlakyChecks) {
  TryOut({[](v1::Rule* rule, int limit) { rule->set_flaky_ratio_above((limit - 1) * 0.05); },
          MakeFlaky});
}

std::string WhatIf(const Records& records, const std::function<void(v1::Rule*)>& set) {
  v1::Policy policy;
  set(AddRule(policy.mutable_hold(), "r", "smoke"));
  return Judge(records.evidence(), policy).rules(0).what_if();
}

TEST(WhatIfTest, ItNamesWhatIsCounted) {
  Records records;
  records.Add(3, v1::OUTCOME_PASSED);
  EXPECT_EQ(WhatIf(records, [](v1::Rule* rule) { rule->set_not_passed_at_least(2); }),
            "would hold with 2 failures more");
  EXPECT_EQ(WhatIf(records,
                   [](v1::Rule* rule) {
                     rule->set_not_passed_at_least(2);
                     rule->set_counts(v1::COUNTS_FAILURES_AND_MISSING);
                   }),
            "would hold with 2 more not passed");
  EXPECT_EQ(WhatIf(records, [](v1::Rule* rule) { rule->set_flaky_at_least(1); }),
            "would hold with 1 more flaky");
  EXPECT_EQ(WhatIf(records, [](v1::Rule* rule) { rule->set_not_passed_at_least(4); }),
            "could not hold: it is over 3 checks only");
}

TEST(WhatIfTest, ARuleOverNothingSaysSo) {
  const auto set = [](v1::Rule* rule) { rule->set_not_passed_at_least(1); };
  Records records;
  EXPECT_EQ(WhatIf(records, set), "is over nothing: it selects no check of this run");
  records.Add(2, v1::OUTCOME_SKIPPED);
  EXPECT_EQ(WhatIf(records, set), "is over nothing: 2 checks selected, all SKIPPED");
  EXPECT_EQ(WhatIf(records, [](v1::Rule* rule) { rule->set_suites_over_target_at_least(1); }),
            "is over nothing: no suite of the 2 checks that it selects has a target");
}

TEST(WhatIfTest, OnlyWhatWasComparedCouldBeNew) {
  Records records;
  records.Add(3, v1::OUTCOME_PASSED);
  const auto failing = [](v1::Rule* rule) { rule->set_newly_failing_at_least(1); };
  const auto slow = [](v1::Rule* rule) { rule->set_newly_slow_at_least(1); };
  EXPECT_EQ(WhatIf(records, failing),
            "could not hold: 0 of its checks passed in earlier promoted runs");
  EXPECT_EQ(WhatIf(records, slow),
            "could not hold: 0 of its checks passed and have promoted runs enough to compare with");
  records.get()[0].mutable_comparison()->set_runs(3);
  records.get()[1].mutable_comparison()->set_added(true);
  records.get()[2].mutable_comparison()->set_runs(2);
  EXPECT_EQ(WhatIf(records, failing), "would hold with 1 more newly failing");
  EXPECT_EQ(WhatIf(records, slow), "would hold with 1 more newly slow");
}

}  // namespace
}  // namespace smokemesh::coordinator
