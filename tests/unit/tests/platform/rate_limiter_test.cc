#include "tests/platform/rate_limiter.h"

#include <gtest/gtest.h>

namespace smokemesh::platform {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

steady_clock::time_point At(int ms) {
  return steady_clock::time_point(std::chrono::hours(1)) + milliseconds(ms);
}

TEST(RateLimiter, AcceptsTheLimitAndTellsWhenToComeBack) {
  RateLimiter limiter(2, seconds(60));
  EXPECT_EQ(limiter.Ask("a", At(0)).remaining, 1u);
  EXPECT_EQ(limiter.Ask("a", At(1000)).remaining, 0u);
  const auto refused = limiter.Ask("a", At(2000));
  EXPECT_FALSE(refused.accepted);
  EXPECT_EQ(refused.retry_after, seconds(58));
}

TEST(RateLimiter, TheWindowSlidesAndRefusedRequestsDoNotCount) {
  RateLimiter limiter(2, seconds(60));
  limiter.Ask("a", At(0));
  limiter.Ask("a", At(30'000));
  EXPECT_FALSE(limiter.Ask("a", At(59'999)).accepted);
  EXPECT_TRUE(limiter.Ask("a", At(60'000)).accepted) << "the first has left the window";
  EXPECT_FALSE(limiter.Ask("a", At(60'001)).accepted) << "the second has not";
  EXPECT_TRUE(limiter.Ask("a", At(90'000)).accepted);
}

TEST(RateLimiter, ClientsDoNotShare) {
  RateLimiter limiter(1, seconds(60));
  EXPECT_TRUE(limiter.Ask("a", At(0)).accepted);
  EXPECT_TRUE(limiter.Ask("b", At(0)).accepted);
  EXPECT_FALSE(limiter.Ask("a", At(1)).accepted);
}

TEST(RateLimiter, ForgetsQuietClientsFirst) {
  RateLimiter limiter(1, seconds(60));
  for (int i = 0; i < 9'999; ++i) limiter.Ask("quiet" + std::to_string(i), At(0));
  limiter.Ask("busy", At(50'000));
  limiter.Ask("new", At(61'000));
  EXPECT_FALSE(limiter.Ask("busy", At(61'001)).accepted) << "still remembered";
}

}  // namespace
}  // namespace smokemesh::platform
