// An agent with --state is killed while the coordinator is away: what it had found out is delivered
// by its next start, and not asked for again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/e2e/mesh_fixture.h"
#include "tests/testing/gate/gate_server.h"

namespace smokemesh::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class SpoolTest : public MeshTest {
 protected:
  std::string Plan() {
    return dir()
        .Write("plan.yaml", R"(name: gated
connections: {web: {http: ")" + gate_.url() +
                                R"("}}
timeout: 60s
checks:
  - {name: waits, tags: [smoke], on: {service: a}, timeout: 30s, http: {steps: [{request: {url: /gate}}]}}
)")
        .string();
  }

  void StartAgentWithState() { StartAgent("a", {}, "", {"--state", state_.string()}); }

  // Waits until as many results are kept.
  bool WaitForKept(long count) const {
    const auto kept = [this] {
      std::error_code none_yet;
      long files = 0;
      for (const auto& entry : fs::directory_iterator(state_ / "results", none_yet)) {
        files += entry.path().extension() == ".result" ? 1 : 0;
      }
      return files;
    };
    const shared::SteadyTime deadline = Soon();
    while (kept() != count) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  GateServer gate_;
  const fs::path state_ = dir().path() / "state";
};

TEST_F(SpoolTest, AResultSurvivesTheKillOfItsAgentWhileTheCoordinatorIsAway) {
  StartCoordinator({"--agent-grace", "30s"});
  StartAgentWithState();
  const std::unique_ptr<Process> run = Begin({"run", Plan(), "--coordinator", address()});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  KillCoordinator();
  gate_.Open();
  ASSERT_TRUE(WaitForKept(1)) << AgentLog("a");
  KillAgent("a");

  StartCoordinator({"--agent-grace", "30s"});
  StartAgentWithState();
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("PROMOTE"));
  EXPECT_FALSE(gate_.WaitForArrivals(2, shared::SteadyTime::min())) << "it was run twice";
  EXPECT_TRUE(WaitForKept(0)) << "acknowledged, and kept all the same";
}

TEST_F(SpoolTest, WhatNobodyWaitsForAnyMoreIsTakenAway) {
  StartCoordinator({"--agent-grace", "1s"});
  StartAgentWithState();
  const std::unique_ptr<Process> run = Begin({"run", Plan(), "--coordinator", address()});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  KillCoordinator();
  gate_.Open();
  ASSERT_TRUE(WaitForKept(1)) << AgentLog("a");
  KillAgent("a");

  // The run is over without it, and never PROMOTE.
  StartCoordinator({"--agent-grace", "1s"});
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 4) << finished.out << finished.err;
  EXPECT_THAT(finished.out, AllOf(HasSubstr("INCONCLUSIVE"), HasSubstr("MISSING")));
  StartAgentWithState();
  EXPECT_TRUE(WaitForKept(0)) << AgentLog("a");
}

}  // namespace
}  // namespace smokemesh::testing
