#include "coordinator/scheduler/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;

class ManifestTest : public ::testing::Test {
 protected:
  void Connect(const std::string& id, const std::string& service,
               std::vector<std::string> kinds = {"http"}) {
    v1::Hello hello;
    hello.set_agent_id(id);
    hello.set_service(service);
    for (const std::string& kind : kinds) hello.add_capabilities(kind);
    registry_.Connect(hello, "session-" + id, shared::SteadyTime());
  }
  v1::Check& AddCheck(const std::string& name) {
    v1::Check& check = *plan_.add_checks();
    check.set_name(name);
    check.mutable_http();
    return check;
  }
  // `check@agent` for each pair.
  std::vector<std::string> Pairs(const v1::RunOptions& options = {}) {
    std::vector<std::string> pairs;
    const auto selected = SelectChecks(plan_, options);
    for (const ManifestPair& pair :
         BuildManifest(plan_, selected.value(), options, registry_.AvailableAgents())) {
      pairs.push_back(pair.check + "@" + pair.agent_id);
    }
    return pairs;
  }
  std::vector<std::string> Waiting(const v1::RunOptions& options = {}) {
    return WaitingForAgents(plan_, SelectChecks(plan_, {}).value(), options,
                            registry_.AvailableAgents());
  }
  std::string Reason(const v1::RunOptions& options = {}) {
    return NoAgentReason(plan_.checks(0), options, registry_.AvailableAgents());
  }

  v1::Plan plan_;
  AgentRegistry registry_;
};

TEST_F(ManifestTest, ChecksWithoutOnAreSpreadInTurns) {
  Connect("b", "x");
  Connect("a", "x");
  for (const char* name : {"one", "two", "three"}) AddCheck(name);
  EXPECT_THAT(Pairs(), ElementsAre("one@a", "two@b", "three@a"));
}

TEST_F(ManifestTest, ACheckWithOnRunsOnEveryAgentThatMatches) {
  Connect("b", "gateway");
  Connect("a", "gateway");
  Connect("c", "identity");
  AddCheck("one").mutable_on()->set_service("gateway");
  AddCheck("two").mutable_on()->set_service("*");
  EXPECT_THAT(Pairs(), ElementsAre("one@a", "one@b", "two@a", "two@b", "two@c"));
}

TEST_F(ManifestTest, ASelectorThatMatchesNobodyIsAPairWithoutAnAgent) {
  Connect("a", "gateway");
  AddCheck("one").mutable_on()->set_service("identity");
  EXPECT_THAT(Pairs(), ElementsAre("one@"));
  EXPECT_THAT(Waiting(), ElementsAre("one"));
  EXPECT_EQ(Reason(), "no agent matches service \"identity\"; connected agents: a");
}

TEST_F(ManifestTest, AnAgentThatCannotRunTheKindDoesNotCount) {
  Connect("a", "gateway", {"postgres"});
  AddCheck("one").mutable_on()->set_service("gateway");
  EXPECT_THAT(Pairs(), ElementsAre("one@"));
  EXPECT_EQ(Reason(), "no agent for service \"gateway\" can run checks of kind \"http\"; asked: a");
}

TEST_F(ManifestTest, WithoutAnyAgentTheReasonSaysSo) {
  AddCheck("one");
  EXPECT_EQ(Reason(), "no agent is connected; wanted: any agent");
}

TEST_F(ManifestTest, SkippedAndDeselectedChecksNeedNobody) {
  AddCheck("one").set_skip("not in this release");
  AddCheck("two").add_tags("slow");
  AddCheck("three").add_tags("smoke");
  v1::RunOptions options;
  options.set_select("smoke");
  EXPECT_THAT(Pairs(options), ElementsAre("three@"));
  options.set_match("TWO");
  EXPECT_TRUE(Pairs(options).empty());
}

TEST_F(ManifestTest, DrainingAgentsAreNotPlannedFor) {
  Connect("a", "x");
  Connect("b", "x");
  registry_.Drain("a");
  AddCheck("one");
  AddCheck("two");
  EXPECT_THAT(Pairs(), ElementsAre("one@b", "two@b"));
}

TEST_F(ManifestTest, AWrongExpressionIsAnError) {
  v1::RunOptions options;
  options.set_select("smoke and");
  EXPECT_TRUE(absl::IsInvalidArgument(SelectChecks(plan_, options).status()));
}

TEST_F(ManifestTest, LabelsAreNamedInOrder) {
  v1::Check& check = AddCheck("one");
  (*check.mutable_on()->mutable_labels())["zone"] = "eu";
  (*check.mutable_on()->mutable_labels())["rack"] = "1";
  EXPECT_EQ(SelectorText(check.on()), "label rack=\"1\" and label zone=\"eu\"");
}

}  // namespace
}  // namespace smokemesh::coordinator
