#include "agent/checks/postgres/statement_watchdog.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

#include "tests/testing/stopwatch.h"

namespace smokemesh::agent {
namespace {

using Reason = StatementWatchdog::Reason;

// What a watchdog did. The call that it ends is a wait for `over`.
class StatementWatchdogTest : public ::testing::Test {
 protected:
  CheckContext In(shared::Duration duration) {
    return {std::chrono::steady_clock::now() + duration, &cancellation_};
  }
  StatementWatchdog::Actions Actions(bool obedient) {
    return {.ask =
                [this, obedient] {
                  ++asked_;
                  if (obedient) over_.set_value();
                },
            .cut =
                [this, obedient] {
                  ++cut_;
                  if (!obedient) over_.set_value();
                },
            .too_much = [this] { return too_much_.load(); }};
  }
  void Call() { over_.get_future().wait(); }

  shared::Cancellation cancellation_;
  std::promise<void> over_;
  std::atomic<int> asked_{0};
  std::atomic<int> cut_{0};
  std::atomic<bool> too_much_{false};
};

TEST_F(StatementWatchdogTest, DoesNothingToACallThatEndsInTime) {
  StatementWatchdog watchdog(In(std::chrono::seconds(20)), Actions(true));
  EXPECT_EQ(watchdog.Stop(), std::nullopt);
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(cut_, 0);
}

TEST_F(StatementWatchdogTest, AsksAtTheDeadlineAndCutsNothingThatObeys) {
  StatementWatchdog watchdog(In(std::chrono::milliseconds(30)), Actions(true));
  Call();
  EXPECT_EQ(watchdog.Stop(), Reason::kDeadline);
  EXPECT_EQ(asked_, 1);
  EXPECT_FALSE(watchdog.cut());
}

TEST_F(StatementWatchdogTest, CutsWhatDoesNotObey) {
  const testing::Stopwatch watch;
  StatementWatchdog watchdog(In(std::chrono::milliseconds(30)), Actions(false));
  Call();
  EXPECT_EQ(watchdog.Stop(), Reason::kDeadline);
  EXPECT_TRUE(watchdog.cut());
  EXPECT_EQ(asked_, 1);
  EXPECT_LT(watch.Elapsed(), std::chrono::milliseconds(180));
}

TEST_F(StatementWatchdogTest, EndsACallThatIsCancelled) {
  StatementWatchdog watchdog(In(std::chrono::seconds(20)), Actions(true));
  cancellation_.Cancel("enough");
  Call();
  EXPECT_EQ(watchdog.Stop(), Reason::kCancelled);
}

TEST_F(StatementWatchdogTest, EndsACallThatBringsTooMuch) {
  StatementWatchdog watchdog(In(std::chrono::seconds(20)), Actions(false));
  too_much_ = true;
  Call();
  EXPECT_EQ(watchdog.Stop(), Reason::kTooMuch);
}

}  // namespace
}  // namespace smokemesh::agent
