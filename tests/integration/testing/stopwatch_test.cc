#include "tests/testing/stopwatch.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace smokemesh::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(Stopwatch, CountsWhatIsWaitedFor) {
  const Stopwatch watch;
  std::this_thread::sleep_for(milliseconds(100));  // what is measured
  EXPECT_GE(watch.Elapsed(), milliseconds(50));
}

TEST(Stopwatch, LeavesOutTheTimeWithoutAProcessor) {
  // Two threads that want the same processor all the time.
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  std::atomic<bool> ended = false;
  std::thread other([&ended] {
    while (!ended) {
    }
  });
  const Stopwatch watch;
  const auto until = steady_clock::now() + milliseconds(300);
  while (steady_clock::now() < until) {
  }
  const auto elapsed = watch.Elapsed();
  ended = true;
  other.join();
  ASSERT_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
  EXPECT_LT(elapsed, milliseconds(200));
}

}  // namespace
}  // namespace smokemesh::testing
