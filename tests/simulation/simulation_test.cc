#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "tests/simulation/simulator.h"

namespace smokemesh::testing {
namespace {

// 20,000 seeds in parts, so that they run side by side.
class SeedsTest : public ::testing::TestWithParam<int> {};

TEST_P(SeedsTest, HoldEveryInvariant) {
  constexpr uint64_t kSeeds = 2500;
  const uint64_t first = 1 + kSeeds * GetParam();
  SimReport total;
  int calm = 0;
  for (uint64_t seed = first; seed < first + kSeeds; ++seed) {
    const SimReport report = Simulate(seed);
    ASSERT_EQ(report.violation, "") << "seed " << seed;
    calm += report.faults == 0 ? 1 : 0;
    total.Add(report);
  }
  // A calm simulation proves nothing.
  EXPECT_LT(calm, 10);
  const auto expect = [&total](const char* what, int least) {
    EXPECT_GT(total.counts[what], least) << what;
  };
  expect("runs", 2500);
  expect("results", 4000);
  expect("clean-ups", 100);
  expect("rounds", 200);
  expect("ended by fail-fast", 20);
  expect("with max_parallel", 300);
  expect("shadow checks", 300);
  expect("streams cut", 1000);
  expect("streams half cut", 500);
  expect("nodes clogged", 1000);
  expect("connections into a black hole", 50);
  expect("coordinators crashed", 1000);
  expect("coordinators stopped for a while", 1000);
  expect("coordinators that left", 100);
  expect("coordinators without a store", 500);
  expect("agents crashed", 1000);
  expect("agents stopped for a while", 500);
  expect("failures of the store", 500);
  expect("writes fenced", 5);
  expect("commits in doubt", 500);
  expect("flows", 300);
  expect("with a deployment", 100);
  expect("clocks that jumped", 500);
  expect("healings watched", 200);
  expect("liars", 200);
  expect("twins", 100);
  expect("old agents", 200);
  for (const char* decision : {"PROMOTE", "ROLLBACK", "HOLD", "INCONCLUSIVE"}) {
    expect(decision, 50);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SeedsTest, ::testing::Range(0, 8));

TEST(SimulationTest, TheSameSeedDoesTheSame) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    EXPECT_EQ(Simulate(seed).counts, Simulate(seed).counts) << "seed " << seed;
  }
}

// Seeds that once showed a bug of the product.
TEST(SimulationTest, OldViolationsAreGone) {
  std::ifstream file(SMOKEMESH_SOURCE_DIR "/tests/simulation/regressions.txt");
  ASSERT_TRUE(file.is_open());
  int seeds = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const uint64_t seed = std::stoull(line);
    EXPECT_EQ(Simulate(seed).violation, "") << "seed " << seed;
    ++seeds;
  }
  EXPECT_GT(seeds, 0);
}

class MutantTest : public ::testing::TestWithParam<Planted> {};

TEST_P(MutantTest, IsFound) {
  constexpr uint64_t kSeeds = 100000;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const SimReport report = Simulate(seed, GetParam().mutant);
    // What is planted may show in other ways before.
    const bool shown = report.violation.find(GetParam().found) != std::string::npos;
    if (!report.violation.empty() && shown) return;
  }
  FAIL() << "no violation that shows it in " << kSeeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(All, MutantTest, ::testing::ValuesIn(AllMutants()),
                         [](const auto& planted) { return std::string(planted.param.name); });

}  // namespace
}  // namespace smokemesh::testing
