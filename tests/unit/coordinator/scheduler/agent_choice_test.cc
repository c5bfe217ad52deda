#include "coordinator/scheduler/agent_choice.h"

#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

v1::Hello Hello(const std::string& id, const std::string& service, int max_parallel = 2) {
  v1::Hello hello;
  hello.set_agent_id(id);
  hello.set_service(service);
  hello.set_max_parallel(max_parallel);
  hello.add_capabilities("http");
  return hello;
}

TEST(SelectorTest, MatchesServiceAndEveryLabel) {
  v1::Hello agent = Hello("a", "gateway");
  (*agent.mutable_labels())["zone"] = "eu";
  v1::Selector selector;
  EXPECT_TRUE(Matches(selector, agent));
  selector.set_service("*");
  EXPECT_TRUE(Matches(selector, agent));
  selector.set_service("identity");
  EXPECT_FALSE(Matches(selector, agent));
  selector.set_service("gateway");
  (*selector.mutable_labels())["zone"] = "us";
  EXPECT_FALSE(Matches(selector, agent));
  (*selector.mutable_labels())["zone"] = "eu";
  EXPECT_TRUE(Matches(selector, agent));
  (*selector.mutable_labels())["rack"] = "1";
  EXPECT_FALSE(Matches(selector, agent));
  agent.set_stands_for_all(true);
  EXPECT_TRUE(Matches(selector, agent));
}

TEST(SelectorTest, AnAgentRunsOnlyKindsThatItHas) {
  v1::Check check;
  EXPECT_FALSE(CanRun(check, Hello("a", "x"))) << "a check without a kind";
  check.mutable_http();
  EXPECT_TRUE(CanRun(check, Hello("a", "x")));
  check.mutable_postgres();
  EXPECT_FALSE(CanRun(check, Hello("a", "x")));
}

v1::Hello Beside(const std::string& service, const std::string& deployment) {
  v1::Hello agent;
  agent.set_agent_id(service + "@a");
  agent.set_service(service);
  agent.set_deployment(deployment);
  agent.set_build_version("0.4.0");
  return agent;
}

TEST(DeploymentTest, AServiceHasItsOwnVersionAndTheStarIsForTheOthers) {
  v1::RunOptions options;
  EXPECT_EQ(WantedDeployment(options, "gateway"), nullptr);
  (*options.mutable_deployment())["gateway"] = "v42";
  EXPECT_EQ(*WantedDeployment(options, "gateway"), "v42");
  EXPECT_EQ(WantedDeployment(options, "users"), nullptr);
  (*options.mutable_deployment())["*"] = "v7";
  EXPECT_EQ(*WantedDeployment(options, "gateway"), "v42");
  EXPECT_EQ(*WantedDeployment(options, "users"), "v7");
}

TEST(DeploymentTest, AVersionIsComparedLetterByLetterAndNoneIsNone) {
  v1::RunOptions options;
  (*options.mutable_deployment())["gateway"] = "v42";
  v1::Selector on;
  EXPECT_EQ(OtherThanWanted(on, options, Beside("gateway", "v42")), nullptr);
  for (const char* other : {"", "V42", "v42 ", "v4", "v421"}) {
    ASSERT_NE(OtherThanWanted(on, options, Beside("gateway", other)), nullptr) << other;
    EXPECT_EQ(*OtherThanWanted(on, options, Beside("gateway", other)), "v42");
  }
  EXPECT_EQ(OtherThanWanted(on, options, Beside("users", "")), nullptr) << "any version";
  EXPECT_EQ(OtherDeploymentReason("gateway@a", "", "v42"),
            "agent \"gateway@a\" says version none, and the run judges version v42");
}

TEST(DeploymentTest, AnAgentThatStandsForAllStandsBesideWhatTheSelectorNames) {
  v1::RunOptions options;
  (*options.mutable_deployment())["gateway"] = "v42";
  v1::Hello agent = Beside("local", "v41");
  v1::Selector on;
  on.set_service("gateway");
  EXPECT_EQ(OtherThanWanted(on, options, agent), nullptr) << "it does not stand there";
  agent.set_stands_for_all(true);
  ASSERT_NE(OtherThanWanted(on, options, agent), nullptr);
  agent.set_deployment("v42");
  EXPECT_EQ(OtherThanWanted(on, options, agent), nullptr);
  on.set_service("*");
  agent.set_deployment("");
  EXPECT_EQ(OtherThanWanted(on, options, agent), nullptr) << "nothing is wanted of local";
}

TEST(FeatureTest, AFlowAndCleaningUpNeedOneEachAndOtherChecksNone) {
  v1::Check http;
  http.mutable_http();
  v1::Check flow;
  flow.mutable_flow();
  v1::RunOptions cleans;
  cleans.add_clean_runs();
  v1::Hello old = Beside("gateway", "");
  EXPECT_EQ(LackingFeature(http, {}, old), "");
  EXPECT_EQ(LackingFeature(flow, {}, old), "flow");
  EXPECT_EQ(LackingFeature(http, cleans, old), "clean_up");
  EXPECT_EQ(LackingFeature(flow, cleans, old), "clean_up") << "nobody waits there";
  old.add_capabilities("flow");
  EXPECT_FALSE(IsAble(flow, {}, old));
  old.add_features("flow");
  EXPECT_EQ(LackingFeature(flow, {}, old), "");
  EXPECT_EQ(LackingFeature(flow, cleans, old), "clean_up");
  EXPECT_TRUE(IsAble(flow, {}, old));
}

class WhyNotTest : public ::testing::Test {
 protected:
  WhyNotTest() {
    for (const char* name : {"publisher", "listener"}) {
      v1::FlowRole& role = *flow_.mutable_flow()->add_roles();
      role.set_name(name);
      role.mutable_on()->set_service(name == std::string("publisher") ? "gateway" : "users");
    }
    agent_.add_capabilities("flow");
    agent_.add_features("flow");
  }
  v1::Check flow_;
  v1::Hello agent_ = Beside("users", "v7");
  v1::RunOptions options_;
};

TEST_F(WhyNotTest, AnAgentMustMatchTheRolesThatItHasAndNoOthers) {
  EXPECT_EQ(WhyNot(flow_, {"listener"}, options_, agent_), "");
  EXPECT_EQ(WhyNot(flow_, {"publisher", "listener"}, options_, agent_),
            "agent \"users@a\" came back as one that does not match service \"gateway\"");
}

TEST_F(WhyNotTest, SaysWhatIsNotAsItWas) {
  (*options_.mutable_deployment())["users"] = "v8";
  EXPECT_EQ(WhyNot(flow_, {"listener"}, options_, agent_),
            "agent \"users@a\" says version v7, and the run judges version v8");
  options_.clear_deployment();
  agent_.clear_features();
  EXPECT_EQ(WhyNot(flow_, {"listener"}, options_, agent_),
            "agent \"users@a\" came back without the feature \"flow\"; its build is 0.4.0");
  agent_.clear_capabilities();
  EXPECT_EQ(WhyNot(flow_, {"listener"}, options_, agent_),
            "agent \"users@a\" came back and cannot run checks of kind \"flow\" any more; its "
            "build is 0.4.0");
}

}  // namespace
}  // namespace smokemesh::coordinator
