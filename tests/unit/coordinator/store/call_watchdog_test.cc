#include "coordinator/store/call_watchdog.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

namespace smokemesh::coordinator {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

auto Now() { return std::chrono::steady_clock::now(); }

TEST(CallWatchdogTest, CutsACallThatTakesTooLong) {
  std::promise<void> cut;
  CallWatchdog watchdog([&] { cut.set_value(); });
  watchdog.Begin(Now() + milliseconds(1));
  cut.get_future().wait();  // what the call waits for
  EXPECT_TRUE(watchdog.End());
}

TEST(CallWatchdogTest, LeavesACallAloneThatHasEnded) {
  std::atomic<int> cuts{0};
  {
    CallWatchdog watchdog([&] { ++cuts; });
    for (int i = 0; i < 1000; ++i) {
      watchdog.Begin(Now() + hours(1));
      EXPECT_FALSE(watchdog.End());
    }
    // Neither one that began after an earlier one's deadline.
    watchdog.Begin(Now() + milliseconds(1));
    watchdog.End();
    const int before = cuts;
    watchdog.Begin(Now() + hours(1));
    EXPECT_FALSE(watchdog.End());
    EXPECT_EQ(cuts, before);
  }
  EXPECT_LE(cuts, 1);
}

TEST(CallWatchdogTest, AShorterCallAfterALongOneIsCutInTime) {
  std::promise<void> cut;
  CallWatchdog watchdog([&] { cut.set_value(); });
  watchdog.Begin(Now() + hours(1));
  EXPECT_FALSE(watchdog.End());
  watchdog.Begin(Now() + milliseconds(1));
  EXPECT_EQ(cut.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(watchdog.End());
}

}  // namespace
}  // namespace smokemesh::coordinator
