#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "coordinator/verdict/verdict.h"
#include "tests/simulation/sim_random.h"
#include "tests/simulation/slow_judge.h"

namespace smokemesh::coordinator {
namespace {

constexpr v1::Outcome kOpen = v1::OUTCOME_UNSPECIFIED;
constexpr v1::Outcome kPassed = v1::OUTCOME_PASSED;
constexpr v1::Outcome kFlaky = v1::OUTCOME_FLAKY;
constexpr v1::Outcome kFailed = v1::OUTCOME_FAILED;
constexpr v1::Outcome kErrored = v1::OUTCOME_ERRORED;
constexpr v1::Outcome kBlocked = v1::OUTCOME_BLOCKED;
constexpr v1::Outcome kAborted = v1::OUTCOME_ABORTED;
constexpr v1::Outcome kMissing = v1::OUTCOME_MISSING;
constexpr v1::Outcome kSkipped = v1::OUTCOME_SKIPPED;

struct Case {
  std::vector<v1::Outcome> outcomes;
  const char* quorum;
  v1::Outcome expected;
};

TEST(QuorumTest, DecidesByTheTable) {
  const std::vector<Case> cases = {
      // One agent: its outcome is the check's.
      {{kOpen}, "all", kOpen},
      {{kPassed}, "all", kPassed},
      {{kFlaky}, "", kFlaky},
      {{kFailed}, "all", kFailed},
      {{kErrored}, "any", kErrored},
      {{kBlocked}, "all", kBlocked},
      {{kAborted}, "1", kAborted},
      {{kMissing}, "all", kMissing},
      {{kSkipped}, "all", kSkipped},
      // No pair at all is not a pass.
      {{}, "all", kMissing},
      {{}, "any", kMissing},
      // All must pass; one failure settles it, one silence does not.
      {{kPassed, kPassed}, "all", kPassed},
      {{kPassed, kFlaky}, "all", kFlaky},
      {{kPassed, kOpen}, "all", kOpen},
      {{kFailed, kOpen}, "all", kFailed},
      {{kMissing, kOpen}, "all", kOpen},
      {{kMissing, kFailed}, "all", kFailed},
      {{kMissing, kPassed}, "all", kMissing},
      {{kErrored, kMissing, kPassed}, "all", kMissing},
      {{kErrored, kAborted, kPassed}, "all", kErrored},
      {{kSkipped, kPassed}, "all", kPassed},
      {{kSkipped, kFailed}, "all", kFailed},
      {{kSkipped, kSkipped}, "all", kSkipped},
      // Any: one pass is enough, and it takes all to fail.
      {{kPassed, kFailed, kOpen}, "any", kPassed},
      {{kFlaky, kOpen}, "any", kOpen},  // PASSED may come
      {{kFlaky, kFailed}, "any", kFlaky},
      {{kFailed, kOpen}, "any", kOpen},
      {{kFailed, kFailed}, "any", kFailed},
      {{kFailed, kMissing}, "any", kMissing},  // the silent one might have passed
      {{kFailed, kSkipped}, "any", kFailed},
      // Numbers; agents that are not there do not report.
      {{kPassed, kPassed, kFailed}, "2", kPassed},
      {{kPassed, kFailed, kFailed}, "2", kFailed},
      {{kPassed, kMissing, kFailed}, "2", kMissing},
      {{kPassed, kPassed}, "3", kMissing},
      {{kFailed}, "3", kFailed},
      {{kPassed, kSkipped}, "2", kPassed},
      // What is no quorum asks for all.
      {{kPassed, kFailed}, "most", kFailed},
      {{kPassed, kFailed}, "0", kFailed},
      {{kPassed, kFailed}, "1x", kFailed},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(Quorum(cases[i].outcomes, cases[i].quorum), cases[i].expected) << "case " << i;
  }
}

TEST(QuorumTest, AgreesWithTheSlowOneOnEveryCombinationOfThree) {
  int certain_early = 0;
  for (const char* quorum : {"all", "any", "1", "2", "3", "4"}) {
    for (int a = 0; a <= 8; ++a) {
      for (int b = 0; b <= 8; ++b) {
        for (int c = 0; c <= 8; ++c) {
          const std::vector<v1::Outcome> outcomes = {static_cast<v1::Outcome>(a),
                                                     static_cast<v1::Outcome>(b),
                                                     static_cast<v1::Outcome>(c)};
          const v1::Outcome fast = Quorum(outcomes, quorum);
          const v1::Outcome slow = testing::SlowQuorum(outcomes, quorum);
          // With open pairs it knows a pass or a failure as soon as it is certain. It may wait
          // where only the kind of silence is; it must never know what is not certain.
          const bool has_open = a == 0 || b == 0 || c == 0;
          const bool heard = slow == kPassed || slow == kFlaky || slow == kFailed;
          if (has_open && fast == kOpen && !heard) continue;
          if (has_open && fast != kOpen) ++certain_early;
          ASSERT_EQ(fast, slow) << quorum << " " << a << b << c;
        }
      }
    }
  }
  EXPECT_GT(certain_early, 100);
}

TEST(QuorumTest, AnOutcomeThatIsCertainStays) {
  testing::SimRandom random(7);
  for (int round = 0; round < 20000; ++round) {
    const std::string quorum = std::vector<std::string>{"all", "any", "2", "3"}[random.Below(4)];
    std::vector<v1::Outcome> outcomes(1 + random.Below(5), kOpen);
    v1::Outcome known = kOpen;
    while (true) {
      const v1::Outcome now = Quorum(outcomes, quorum);
      if (known != kOpen) {
        ASSERT_EQ(now, known);
      }
      known = now;
      std::vector<size_t> open;
      for (size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes[i] == kOpen) open.push_back(i);
      }
      if (open.empty()) break;
      outcomes[open[random.Below(static_cast<int>(open.size()))]] =
          static_cast<v1::Outcome>(1 + random.Below(8));
    }
    EXPECT_NE(known, kOpen);
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
