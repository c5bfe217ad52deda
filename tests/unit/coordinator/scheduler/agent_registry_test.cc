#include "coordinator/scheduler/agent_registry.h"

#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

using std::chrono::seconds;

v1::Hello Hello(const std::string& id, const std::string& service, int max_parallel = 2) {
  v1::Hello hello;
  hello.set_agent_id(id);
  hello.set_service(service);
  hello.set_max_parallel(max_parallel);
  hello.add_capabilities("http");
  return hello;
}

const shared::SteadyTime kStart{seconds(100)};

TEST(AgentRegistryTest, AnAgentHasRoomUpToItsLimit) {
  AgentRegistry registry;
  EXPECT_EQ(registry.FreeSlots("a"), 0);
  registry.Connect(Hello("a", "x"), "s1", kStart);
  EXPECT_EQ(registry.FreeSlots("a"), 2);
  registry.AddInFlight("a", 3);
  EXPECT_EQ(registry.FreeSlots("a"), 0);
  registry.AddInFlight("a", -2);
  EXPECT_EQ(registry.FreeSlots("a"), 1);
}

TEST(AgentRegistryTest, AnAgentWithoutALimitGetsOneAtATime) {
  AgentRegistry registry;
  registry.Connect(Hello("a", "x", 0), "s1", kStart);
  EXPECT_EQ(registry.FreeSlots("a"), 1);
}

TEST(AgentRegistryTest, DrainingAndLostAgentsTakeNothing) {
  AgentRegistry registry;
  registry.Connect(Hello("a", "x"), "s1", kStart);
  registry.Connect(Hello("b", "x"), "s2", kStart);
  registry.Drain("a");
  registry.Lose("b", kStart + seconds(1));
  EXPECT_TRUE(registry.AvailableAgents().empty());
  EXPECT_EQ(registry.FreeSlots("a"), 0);
  EXPECT_EQ(registry.FreeSlots("b"), 0);
  registry.Connect(Hello("a", "x"), "s3", kStart);
  EXPECT_TRUE(registry.Available("a")) << "a new session ends draining";
}

TEST(AgentRegistryTest, WhatIsInFlightStaysCountedOverAReconnect) {
  AgentRegistry registry;
  registry.Connect(Hello("a", "x"), "s1", kStart);
  registry.AddInFlight("a", 1);
  registry.Lose("a", kStart);
  registry.Connect(Hello("a", "x"), "s2", kStart);
  EXPECT_EQ(registry.FreeSlots("a"), 1);
}

TEST(AgentRegistryTest, AnExpectedAgentIsLostUntilItComes) {
  AgentRegistry registry;
  registry.Expect("a", "x", kStart);
  ASSERT_NE(registry.Find("a"), nullptr);
  EXPECT_FALSE(registry.Find("a")->connected());
  registry.Connect(Hello("a", "x"), "s1", kStart);
  registry.Expect("a", "x", kStart);
  EXPECT_TRUE(registry.Find("a")->connected());
}

TEST(AgentRegistryTest, DescribesAgentsSortedWithStateAndSilence) {
  AgentRegistry registry;
  registry.Connect(Hello("b", "x"), "s1", kStart);
  registry.Connect(Hello("a", "y"), "s2", kStart);
  registry.Connect(Hello("c", "y"), "s3", kStart);
  registry.Drain("a");
  registry.Lose("c", kStart);
  registry.Heard("b", kStart + seconds(2));
  registry.AddInFlight("b", 1);
  const auto infos = registry.Describe(kStart + seconds(5));
  ASSERT_EQ(infos.size(), 3u);
  EXPECT_EQ(infos[0].agent_id(), "a");
  EXPECT_EQ(infos[0].state(), v1::AgentInfo::STATE_DRAINING);
  EXPECT_EQ(infos[1].state(), v1::AgentInfo::STATE_CONNECTED);
  EXPECT_EQ(infos[1].silence().seconds(), 3);
  EXPECT_EQ(infos[1].tasks(), 1);
  EXPECT_EQ(infos[2].state(), v1::AgentInfo::STATE_LOST);
}

TEST(AgentRegistryTest, RemembersABoundedNumberOfLostAgents) {
  AgentRegistry registry;
  for (int i = 0; i < 1500; ++i) {
    const std::string id = "a" + std::to_string(i);
    registry.Connect(Hello(id, "x"), "s", kStart);
    registry.Lose(id, kStart + seconds(i));
  }
  EXPECT_EQ(registry.Describe(kStart).size(), 1000u);
  EXPECT_EQ(registry.Find("a0"), nullptr) << "the oldest goes first";
  EXPECT_NE(registry.Find("a1499"), nullptr);
}

}  // namespace
}  // namespace smokemesh::coordinator
