#include "tests/property/verdict_property.h"

#include <gtest/gtest.h>

#include <future>
#include <string>

namespace smokemesh::testing {
namespace {

// `./dev property --cases 10000000` runs more of them.
constexpr uint64_t kCases = 100'000;

// On two threads; a case is the same whoever runs it.
PropertyReport CheckOnTwoThreads(uint64_t seed, uint64_t cases) {
  auto half = std::async(std::launch::async, CheckCases, seed, 0, cases / 2);
  PropertyReport report = CheckCases(seed, cases / 2, cases);
  report.Add(half.get());
  return report;
}

TEST(VerdictProperty, TheProductAndTheSlowJudgeAgree) {
  PropertyReport report = CheckOnTwoThreads(/*seed=*/4, kCases);
  EXPECT_EQ(report.cases, kCases);
  EXPECT_EQ(report.differences, 0u);
  for (const std::string& text : report.first) ADD_FAILURE() << text;

  // Every kind of thing was compared, often.
  for (const char* decision :
       {"DECISION_PROMOTE", "DECISION_ROLLBACK", "DECISION_HOLD", "DECISION_INCONCLUSIVE"}) {
    EXPECT_GT(report.decisions[decision], kCases / 20) << decision;
    EXPECT_GT(report.seen[std::string("bake ") + decision], kCases / 20) << decision;
  }
  for (const int limit : {3, 4, 5, 7, 8, 9, 10, 11, 13}) {
    for (const char* what : {" crossed", " not crossed"}) {
      const std::string name = "limit " + std::to_string(limit) + what;
      EXPECT_GT(report.seen[name], kCases / 500) << name;
    }
  }
  for (const char* name : {"tolerated", "ended early", "announced", "held by earlier rounds",
                           "crossed and not held", "nothing selected", "what-if tried out"}) {
    EXPECT_GT(report.seen[name], kCases / 500) << name;
  }
}

TEST(VerdictProperty, ACaseIsTheSameWhoeverRunsIt) {
  const PropertyReport whole = CheckCases(7, 0, 2000);
  PropertyReport parts = CheckCases(7, 0, 700);
  parts.Add(CheckCases(7, 700, 2000));
  EXPECT_EQ(parts.cases, whole.cases);
  EXPECT_EQ(parts.decisions, whole.decisions);
  EXPECT_EQ(parts.seen, whole.seen);
}

}  // namespace
}  // namespace smokemesh::testing
