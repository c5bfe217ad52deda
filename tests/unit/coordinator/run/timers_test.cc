#include "coordinator/run/timers.h"

#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

using Kind = TimerKey::Kind;

shared::SteadyTime At(int second) { return shared::SteadyTime(std::chrono::seconds(second)); }

TEST(TimersTest, FireInOrderOfTimeAndThenOfKind) {
  Timers timers;
  timers.Set({Kind::kDispatch, "r"}, At(2));
  timers.Set({Kind::kAgentGrace, "a"}, At(2));
  timers.Set({Kind::kRunTimeout, "r"}, At(1));
  EXPECT_EQ(timers.Next(), At(1));
  EXPECT_FALSE(timers.PopDue(At(0)).has_value());
  EXPECT_EQ(timers.PopDue(At(2))->second.kind, Kind::kRunTimeout);
  EXPECT_EQ(timers.PopDue(At(2))->second.kind, Kind::kAgentGrace);
  EXPECT_EQ(timers.PopDue(At(2))->second.kind, Kind::kDispatch);
  EXPECT_FALSE(timers.Next().has_value());
}

TEST(TimersTest, SettingOneAgainMovesIt) {
  Timers timers;
  timers.Set({Kind::kRunTimeout, "r"}, At(1));
  timers.Set({Kind::kRunTimeout, "r"}, At(5));
  EXPECT_EQ(timers.Next(), At(5));
  timers.Cancel({Kind::kRunTimeout, "r"});
  timers.Cancel({Kind::kRunTimeout, "r"});
  EXPECT_FALSE(timers.Next().has_value());
}

TEST(TimersTest, CancelAllTakesEveryNumberOfOneNameOnly) {
  Timers timers;
  timers.Set({Kind::kSuiteMax, "r", 0}, At(1));
  timers.Set({Kind::kSuiteMax, "r", 7}, At(2));
  timers.Set({Kind::kSuiteMax, "r2", 0}, At(3));
  timers.CancelAll(Kind::kSuiteMax, "r");
  EXPECT_EQ(timers.Next(), At(3));
}

}  // namespace
}  // namespace smokemesh::coordinator
