#include "tests/durability/power_cut.h"

#include <gtest/gtest.h>

namespace smokemesh::testing {
namespace {

TEST(PowerCutTest, NothingThatWasAcknowledgedIsLost) {
  const auto report = CutPower({.seed = 20261122, .cuts = 24});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->lost, 0);
  EXPECT_GT(report->acknowledged, 1000) << "too little to show anything";
}

// The same, with a store that syncs less. If this finds nothing, the test above shows nothing.
TEST(PowerCutTest, WeakerSettingsWouldBeNoticed) {
  const auto report = CutPower({.seed = 20261122, .cuts = 8, .weaker = true});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GT(report->lost, 0);
}

}  // namespace
}  // namespace smokemesh::testing
