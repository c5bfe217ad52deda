#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/simulation/simulator.h"

namespace smokemesh::testing {
namespace {

TEST(SimulationTest, TwoThousandSeedsHoldEveryInvariant) {
  SimReport total;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    const SimReport report = Simulate(seed);
    ASSERT_EQ(report.violation, "") << "seed " << seed;
    total.runs += report.runs;
    total.clean_ups += report.clean_ups;
    total.rounds += report.rounds;
    total.fail_fast += report.fail_fast;
    total.limited += report.limited;
    total.shadows += report.shadows;
    total.results += report.results;
    total.crashes += report.crashes;
    total.restarts += report.restarts;
    total.cuts += report.cuts;
    total.store_failures += report.store_failures;
    for (const auto& [decision, count] : report.decisions) total.decisions[decision] += count;
  }
  // A calm simulation proves nothing.
  EXPECT_GT(total.runs, 2000);
  EXPECT_GT(total.clean_ups, 500);
  EXPECT_GT(total.rounds, 1000);
  EXPECT_GT(total.fail_fast, 100);
  EXPECT_GT(total.limited, 1000);
  EXPECT_GT(total.shadows, 1000);
  EXPECT_GT(total.results, 5000);
  EXPECT_GT(total.crashes, 500);
  EXPECT_GT(total.restarts, 1000);
  EXPECT_GT(total.cuts, 2000);
  EXPECT_GT(total.store_failures, 500);
  for (const char* decision : {"PROMOTE", "ROLLBACK", "HOLD", "INCONCLUSIVE"}) {
    EXPECT_GT(total.decisions[decision], 50) << decision;
  }
}

TEST(SimulationTest, TheSameSeedDoesTheSame) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const SimReport first = Simulate(seed);
    const SimReport second = Simulate(seed);
    EXPECT_EQ(first.checks, second.checks) << "seed " << seed;
    EXPECT_EQ(first.decisions, second.decisions) << "seed " << seed;
  }
}

struct Planted {
  Mutant mutant;
  const char* name;
  const char* found;  // part of the violation that shows it
};

class MutantTest : public ::testing::TestWithParam<Planted> {};

TEST_P(MutantTest, IsFound) {
  constexpr uint64_t kSeeds = 2000;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const SimReport report = Simulate(seed, GetParam().mutant);
    if (report.violation.empty()) continue;
    EXPECT_THAT(report.violation, ::testing::HasSubstr(GetParam().found)) << "seed " << seed;
    return;
  }
  FAIL() << "no violation in " << kSeeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(
    All, MutantTest,
    ::testing::Values(
        Planted{Mutant::kAckBeforeCommit, "AckBeforeCommit", "not stored"},
        Planted{Mutant::kLiesAboutWrites, "LiesAboutWrites", "without a stored result"},
        Planted{Mutant::kTrustsAgents, "TrustsAgents", "its agent never had"},
        Planted{Mutant::kMissingIsSkipped, "MissingIsSkipped", "by its pairs"},
        Planted{Mutant::kForgetsResults, "ForgetsResults", ""},
        Planted{Mutant::kNeverTicks, "NeverTicks", "in time"},
        Planted{Mutant::kAnnouncesEarly, "AnnouncesEarly", "not the stored one"},
        Planted{Mutant::kRunsInsteadOfCleaning, "RunsInsteadOfCleaning", "sent as a check to run"},
        Planted{Mutant::kAssignsBeforeStored, "AssignsBeforeStored", "manifest is not stored"},
        Planted{Mutant::kIgnoresFailFast, "IgnoresFailFast", "the run was to fail fast"},
        Planted{Mutant::kIgnoresMaxParallel, "IgnoresMaxParallel", "more at once than"},
        Planted{Mutant::kForgetsRounds, "ForgetsRounds", "by the law"},
        Planted{Mutant::kForgetsBaseline, "ForgetsBaseline", ""},
        Planted{Mutant::kCountsShadows, "CountsShadows", ""},
        Planted{Mutant::kIgnoresHoldRules, "IgnoresHoldRules", ""},
        Planted{Mutant::kStoresLateResults, "StoresLateResults", "does not hold"},
        Planted{Mutant::kLosesStoredResults, "LosesStoredResults", "without a stored result"}),
    [](const auto& planted) { return std::string(planted.param.name); });

}  // namespace
}  // namespace smokemesh::testing
