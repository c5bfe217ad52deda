#include "shared/backoff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace smokemesh::shared {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAreArray;

std::vector<Duration> Waits(Backoff& backoff, int count) {
  std::vector<Duration> waits;
  for (int i = 0; i < count; ++i) waits.push_back(backoff.Next());
  return waits;
}

TEST(BackoffTest, EveryWaitStaysBelowABoundThatDoublesUpToTheCap) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Backoff backoff({.first = milliseconds(100), .cap = seconds(1)}, seed);
    for (const int bound : {100, 200, 400, 800, 1000, 1000, 1000}) {
      const Duration wait = backoff.Next();
      EXPECT_GE(wait, Duration::zero());
      EXPECT_LT(wait, milliseconds(bound)) << "seed " << seed;
    }
  }
}

TEST(BackoffTest, JitterIsFullSoThatClientsDoNotComeBackInStep) {
  // The fourth wait of many clients fills its whole range evenly.
  std::vector<int> tenths(10, 0);
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Backoff backoff({.first = milliseconds(100), .cap = seconds(10)}, seed);
    const Duration wait = Waits(backoff, 4).back();
    ++tenths[static_cast<size_t>(wait / milliseconds(80))];
  }
  EXPECT_GT(*std::min_element(tenths.begin(), tenths.end()), 140);
  EXPECT_LT(*std::max_element(tenths.begin(), tenths.end()), 260);
}

TEST(BackoffTest, ASeedMeansTheSameWaits) {
  Backoff one({}, 42);
  Backoff other({}, 42);
  EXPECT_THAT(Waits(one, 20), ElementsAreArray(Waits(other, 20)));
}

TEST(BackoffTest, ResetStartsAgainWithTheFirstBound) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Backoff backoff({.first = milliseconds(100), .cap = seconds(10)}, seed);
    Waits(backoff, 10);
    EXPECT_EQ(backoff.attempts(), 10);
    backoff.Reset();
    EXPECT_EQ(backoff.attempts(), 0);
    EXPECT_LT(backoff.Next(), milliseconds(100));
  }
}

TEST(BackoffTest, TheBoundGrowsOnceForAllThatAreTriedInTurn) {
  Duration longest{};
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Backoff backoff({.first = milliseconds(100), .cap = seconds(10), .targets = 3}, seed);
    for (int round = 0; round < 5; ++round) {
      EXPECT_LT(backoff.Next(), milliseconds(100)) << "the second one is tried soon";
      EXPECT_LT(backoff.Next(), milliseconds(100)) << "and the third one";
      const Duration wait = backoff.Next();
      EXPECT_LT(wait, milliseconds(100) * (1 << round));
      longest = std::max(longest, wait);
    }
  }
  EXPECT_GT(longest, milliseconds(100)) << "then all of them are given time";
}

TEST(BackoffTest, TheBoundDoesNotOverflowAfterManyAttempts) {
  Backoff backoff({.first = seconds(1), .cap = std::chrono::hours(24)}, 7);
  for (const Duration wait : Waits(backoff, 1000)) {
    EXPECT_GE(wait, Duration::zero());
    EXPECT_LT(wait, std::chrono::hours(24));
  }
}

TEST(BackoffTest, AFirstWaitAboveTheCapIsCut) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Backoff backoff({.first = seconds(60), .cap = seconds(1)}, seed);
    EXPECT_LT(backoff.Next(), seconds(1));
    EXPECT_EQ(backoff.Longest(), seconds(1));
  }
}

}  // namespace
}  // namespace smokemesh::shared
