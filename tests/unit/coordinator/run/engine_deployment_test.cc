#include "tests/unit/coordinator/run/engine_fixture.h"

// What stands beside the agents, what they can do, and who they are.

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EngineDeploymentTest : public EngineFixture {
 protected:
  EngineDeploymentTest() { (*request_.mutable_options()->mutable_deployment())["gateway"] = "v42"; }
  v1::Hello Beside(const std::string& agent, const std::string& version,
                   const std::string& incarnation = "1") {
    v1::Hello hello = Hello(agent, "gateway");
    hello.set_deployment(version);
    hello.set_incarnation(incarnation);
    return hello;
  }
  v1::Check& AddGatewayCheck(const std::string& name) {
    v1::Check& check = AddCheck(name);
    check.mutable_on()->set_service("gateway");
    return check;
  }
};

TEST_F(EngineDeploymentTest, TheRightVersionIsGivenTheCheckAndIsNamedInTheRecord) {
  AddGatewayCheck("one");
  Connect("s1", Beside("g", "v42"));
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/one/g/1"));
  EXPECT_EQ(Check("one").tasks(0).deployment(), "v42");
  EXPECT_EQ(stored_.manifest[0].deployment, "v42");
  Report("s1", 1, {Result("one", "g")});
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineDeploymentTest, TheWrongVersionIsWaitedForAndThenMissing) {
  AddGatewayCheck("one");
  Connect("s1", Beside("gateway@a", "v41"));
  Create();
  PassWithHeartbeats(seconds(9), {"s1"});
  EXPECT_FALSE(stored_.has_manifest);
  PassWithHeartbeats(seconds(1), {"s1"});
  ASSERT_TRUE(Finished());
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Check("one").reason(),
            "no agent beside \"gateway\" says version v42: agent \"gateway@a\" says v41");
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineDeploymentTest, AnAgentThatSaysNoneIsNoWitness) {
  AddGatewayCheck("one");
  Connect("s1", Beside("g", ""));
  Create();
  PassWithHeartbeats(seconds(10), {"s1"});
  EXPECT_EQ(Check("one").reason(),
            "no agent beside \"gateway\" says version v42: agent \"g\" says none");
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineDeploymentTest, ARollingUpdateThatComesInTimeIsTaken) {
  AddGatewayCheck("one");
  Connect("s1", Beside("g", "v41"));
  Connect("s2", Beside("h", "v42"));
  Create();
  PassWithHeartbeats(seconds(3), {"s1", "s2"});
  EXPECT_THAT(Sent(), IsEmpty()) << "the other one may be about to be replaced";
  Connect("s3", Beside("g", "v42", "2"));
  EXPECT_THAT(Sent(), ElementsAre("run/one/g/1", "run/one/h/1"));
}

TEST_F(EngineDeploymentTest, AHalfDoneUpdateIsNeverPromoted) {
  AddGatewayCheck("one");
  Connect("s1", Beside("g", "v41"));
  Connect("s2", Beside("h", "v42"));
  Create();
  PassWithHeartbeats(seconds(10), {"s1", "s2"});
  EXPECT_THAT(Sent(), ElementsAre("run/one/h/1"));
  Report("s2", 1, {Result("one", "h")});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").tasks(0).outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Check("one").tasks(0).reason(),
            "agent \"g\" says version v41, and the run judges version v42");
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineDeploymentTest, AHalfDoneUpdateIsRememberedOverARestart) {
  AddGatewayCheck("one");
  Connect("s1", Beside("g", "v41"));
  Connect("s2", Beside("h", "v42"));
  Create();
  PassWithHeartbeats(seconds(10), {"s1", "s2"});
  engine_ = std::make_unique<Engine>(options_);
  effects_.clear();
  Give(RunRestored{stored_});
  Connect("s3", Beside("g", "v42", "2"));  // too late
  Connect("s4", Beside("h", "v42"));
  EXPECT_THAT(Sent(), ElementsAre("run/one/h/2"));
  Report("s4", 1, {Result("one", "h", v1::OUTCOME_PASSED, 2)});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineDeploymentTest, WhatIsOnItsWayIsAcknowledgedOnlyWhenItIsStoredAlsoByTheNextVersion) {
  AddGatewayCheck("one");
  Connect("s1", Beside("g", "v42"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "g")});
  Give(AgentDisconnected{"s1", "killed"});
  // Its next start stands beside another version, and brings what it has kept.
  v1::Hello next = Beside("g", "v41", "2");
  next.add_tasks_in_hand("run/one/g/1");
  Connect("s2", next);
  Report("s2", 1, {Result("one", "g")});
  EXPECT_THAT(Acks(), IsEmpty());
  AnswerStore(absl::UnavailableError("gone"));
  EXPECT_THAT(Acks(), IsEmpty()) << "it is stored nowhere";
  AnswerStore();
  EXPECT_THAT(Acks(), ElementsAre(1));
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_PASSED);
}

TEST_F(EngineDeploymentTest, AQuorumMayBeContentWithTheOthers) {
  AddGatewayCheck("one").set_quorum("any");
  Connect("s1", Beside("g", "v41"));
  Connect("s2", Beside("h", "v42"));
  Create();
  PassWithHeartbeats(seconds(10), {"s1", "s2"});
  Report("s2", 1, {Result("one", "h")});
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_PASSED);
}

TEST_F(EngineDeploymentTest, OtherServicesMayBeOfAnyVersionUnlessTheStarNamesOne) {
  AddCheck("one").mutable_on()->set_service("users");
  Connect("s1", Hello("u", "users"));
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/one/u/1"));
  (*request_.mutable_options()->mutable_deployment())["*"] = "v7";
  Create("two");
  PassWithHeartbeats(seconds(10), {"s1"});
  EXPECT_EQ(Run("two").checks(0).reason(),
            "no agent beside \"users\" says version v7: agent \"u\" says none");
}

TEST_F(EngineDeploymentTest, ACheckForAnyAgentGoesToOneOfTheRightVersion) {
  AddCheck("one");
  Connect("s1", Beside("g", "v41"));
  Connect("s2", Beside("h", "v42"));
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/one/h/1"));
}

TEST_F(EngineDeploymentTest, AnAgentThatComesBackBesideAnotherVersionIsNoWitnessAnyMore) {
  AddGatewayCheck("one");
  AddGatewayCheck("two");
  Connect("s1", Beside("g", "v42"));
  Create();
  Report("s1", 1, {Result("one", "g")});
  Give(AgentDisconnected{"s1", "replaced"});
  v1::Hello hello = Beside("g", "v43", "2");
  hello.add_tasks_in_hand("run/two/g/1");  // a result that the spool kept
  Connect("s2", hello);
  EXPECT_THAT(Cancelled(), ElementsAre("run/two/g/1"));
  Report("s2", 1, {Result("two", "g")});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_PASSED) << "that was of the right version";
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Check("two").reason(), "agent \"g\" says version v43, and the run judges version v42");
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineDeploymentTest, WhatAnyAgentMayRunGoesToAnotherOneOfTheRightVersion) {
  AddCheck("one");
  Connect("s1", Beside("g", "v42"));
  Connect("s2", Beside("h", "v42"));
  Create();
  ASSERT_THAT(Sent(), ElementsAre("run/one/g/1"));
  Give(AgentDisconnected{"s1", "replaced"});
  Connect("s3", Beside("g", "v43", "2"));
  EXPECT_EQ(stored_.manifest[0].agent_id, "h");
  EXPECT_THAT(Sent(), ElementsAre("run/one/g/1", "run/one/h/2"));
  Report("s3", 1, {Result("one", "g")});
  EXPECT_FALSE(Finished());
  Report("s2", 1, {Result("one", "h", v1::OUTCOME_PASSED, 2)});
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineDeploymentTest, AResultThatIsOnItsWayCountsAndALaterOneDoesNot) {
  AddGatewayCheck("one");
  Connect("s1", Beside("g", "v42"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "g")});
  Give(AgentDisconnected{"s1", "replaced"});
  Connect("s2", Beside("g", "v43", "2"));
  Report("s2", 1, {Result("one", "g", v1::OUTCOME_FAILED)});
  EXPECT_EQ(held_.size(), 1u) << "the second one is not stored";
  hold_store_ = false;
  AnswerStore();
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineDeploymentTest, IfTheStoreDoesNotTakeItThereIsNoEvidence) {
  AddGatewayCheck("one");
  Connect("s1", Beside("g", "v42"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "g")});
  Give(AgentDisconnected{"s1", "replaced"});
  Connect("s2", Beside("g", "v43", "2"));
  hold_store_ = false;
  AnswerStore(absl::UnavailableError("disk"));
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_MISSING);
}

TEST_F(EngineDeploymentTest, AFlowEndsWhenOneOfItsAgentsComesBackBesideAnotherVersion) {
  v1::Check& check = AddCheck("event");
  for (const char* service : {"gateway", "users"}) {
    v1::FlowRole& role = *check.mutable_flow()->add_roles();
    role.set_name(service);
    role.mutable_on()->set_service(service);
  }
  Connect("s1", Beside("g", "v42"));
  Connect("s2", Hello("u", "users"));
  Create();
  Ready("s2", "run/event/u/1");
  Give(AgentDisconnected{"s1", "replaced"});
  Connect("s3", Beside("g", "v43", "2"));
  ASSERT_TRUE(Finished());
  EXPECT_THAT(Check("event").tasks(1).reason(),
              HasSubstr("agent \"g\" says version v43, and the run judges version v42"));
  EXPECT_THAT(Cancelled(), ElementsAre("run/event/u/1"));
}

TEST_F(EngineDeploymentTest, WhatChangedWhileTheManifestWasStoredIsSeen) {
  AddGatewayCheck("one");
  Connect("s1", Beside("g", "v42"));
  hold_store_ = true;
  Create();
  AnswerStore();
  Give(AgentDisconnected{"s1", "replaced"});
  Connect("s2", Beside("g", "v43", "2"));
  hold_store_ = false;
  AnswerStore();
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_MISSING);
}

TEST_F(EngineDeploymentTest, WithoutAWishTheRecordSaysWhatStoodThereWhenItWasSent) {
  request_.mutable_options()->clear_deployment();
  AddGatewayCheck("one");
  Connect("s1", Beside("g", "v41"));
  Create();
  Give(AgentDisconnected{"s1", "replaced"});
  Connect("s2", Beside("g", "v42", "2"));
  EXPECT_THAT(Sent(), ElementsAre("run/one/g/1", "run/one/g/2"));
  EXPECT_EQ(Check("one").tasks(0).deployment(), "v42");
  EXPECT_EQ(stored_.manifest[0].deployment, "v42");
}

TEST_F(EngineDeploymentTest, AnAgentThatComesBackBesideAnotherServiceIsNotTheOneThatWasAsked) {
  request_.mutable_options()->clear_deployment();
  AddGatewayCheck("one");
  Connect("s1", Beside("g", ""));
  Create();
  Give(AgentDisconnected{"s1", "replaced"});
  Connect("s2", Hello("g", "users"));
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").reason(),
            "agent \"g\" came back as one that does not match service \"gateway\"");
}

TEST_F(EngineDeploymentTest, AOneShotAgentSaysWhatTheUserSays) {
  AddGatewayCheck("one");
  v1::Hello hello = Hello("local", "local");
  hello.set_stands_for_all(true);
  hello.set_deployment("v41");
  Connect("s1", hello);
  Create();
  PassWithHeartbeats(seconds(10), {"s1"});
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
  hello.set_deployment("v42");
  hello.set_incarnation("2");
  Connect("s2", hello);
  Create("two");
  Report("s2", 1, {Result("one", "local", v1::OUTCOME_PASSED, 1, "two")});
  EXPECT_EQ(Run("two").verdict().decision(), v1::DECISION_PROMOTE);
}

// ---- Features --------------------------------------------------------------------------------

using EngineFeaturesTest = EngineFixture;

TEST_F(EngineFeaturesTest, AnAgentOfBeforeFeaturesIsNeverSentToCleanUp) {
  AddCheck("one");
  v1::Hello old = Hello("a");
  old.clear_features();
  old.set_build_version("0.4.0");
  Connect("s1", old);
  request_.mutable_options()->add_clean_runs()->set_run_id("earlier");
  Create();
  PassWithHeartbeats(seconds(10), {"s1"});
  ASSERT_TRUE(Finished());
  EXPECT_THAT(Sent(), IsEmpty()) << "it would carry the check out";
  EXPECT_EQ(Check("one").reason(),
            "no agent for any agent has the feature \"clean_up\", which this needs: agent \"a\" is "
            "of build 0.4.0; install an agent of this version there");
}

TEST_F(EngineFeaturesTest, AnAgentOfBeforeFeaturesIsNeverInAFlow) {
  v1::Check& check = AddCheck("event");
  check.mutable_flow()->add_roles()->set_name("all");
  check.mutable_flow()->mutable_roles(0)->mutable_on()->set_service("svc");
  v1::Hello old = Hello("a");
  old.clear_features();
  Connect("s1", old);
  Create();
  PassWithHeartbeats(seconds(10), {"s1"});
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_THAT(Check("event").reason(), HasSubstr("has the feature \"flow\""));
  // An ordinary check is for it, too.
  *request_.mutable_plan() = {};
  AddCheck("plain");
  Create("two");
  EXPECT_THAT(Sent(), ElementsAre("two/plain/a/1"));
}

// ---- Two processes of one name -----------------------------------------------------------------

class EngineTwinsTest : public EngineFixture {
 protected:
  v1::Hello Twin(const std::string& incarnation) {
    v1::Hello hello = Hello("a");
    hello.set_incarnation(incarnation);
    return hello;
  }
  std::string Problem() { return engine_->Agents(Now())[0].problem(); }
};

TEST_F(EngineTwinsTest, TheReplacedProcessIsRefusedWhileTheNewerOneIsThere) {
  Connect("s1", Twin("old"));
  Connect("s2", Twin("new"));
  EXPECT_EQ(Problem(), "") << "an agent that was restarted is none";
  Connect("s3", Twin("old"));
  ASSERT_EQ(All<CloseSession>().size(), 2u);
  EXPECT_EQ(All<CloseSession>()[1].session_id, "s3");
  EXPECT_TRUE(absl::IsAlreadyExists(All<CloseSession>()[1].status));
  EXPECT_THAT(Problem(),
              HasSubstr("another process claims to be this agent and was refused 1 time"));
  AddCheck("one");
  Create();
  Report("s3", 1, {Result("one", "a")});  // of no session
  EXPECT_FALSE(Finished());
  Report("s2", 1, {Result("one", "a")});
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineTwinsTest, TwoProcessesThatReconnectForEverDoNotTakeTurns) {
  Connect("s1", Twin("x"));
  Connect("s2", Twin("y"));
  AddCheck("one");
  Create();
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    effects_.clear();
    Connect("again" + std::to_string(i), Twin("x"));
    for (const CloseSession& close : All<CloseSession>()) {
      ASSERT_NE(close.session_id, "s2");
      ++refused;
    }
    EXPECT_THAT(Sent(), IsEmpty()) << "the task stays where it is";
    PassWithHeartbeats(milliseconds(100), {"s2"});
  }
  EXPECT_EQ(refused, 100);
  EXPECT_THAT(Problem(), HasSubstr("refused 100 times"));
  PassWithHeartbeats(std::chrono::minutes(5), {"s2"});
  EXPECT_EQ(Problem(), "") << "it has given up, or was stopped";
}

TEST_F(EngineTwinsTest, WhenTheNewerOneIsGoneTheOlderOneMayComeBack) {
  Connect("s1", Twin("old"));
  Connect("s2", Twin("new"));
  Connect("s3", Twin("old"));
  Give(AgentDisconnected{"s2", "stopped"});
  Connect("s4", Twin("old"));
  EXPECT_EQ(engine_->Agents(Now())[0].state(), v1::AgentInfo::STATE_CONNECTED);
  EXPECT_EQ(Problem(), "");
  AddCheck("one");
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1"));
}

TEST_F(EngineTwinsTest, TheSameProcessMayComeBackAsOftenAsItLikes) {
  for (int i = 0; i < 5; ++i) Connect("s" + std::to_string(i), Twin("same"));
  for (const CloseSession& close : All<CloseSession>()) {
    EXPECT_TRUE(absl::IsAborted(close.status));
  }
  EXPECT_EQ(Problem(), "");
}

TEST_F(EngineTwinsTest, OnlyTheLatestReplacedOnesAreRemembered) {
  for (int i = 0; i <= 17; ++i) Connect("s" + std::to_string(i), Twin(std::to_string(i)));
  effects_.clear();
  Connect("t1", Twin("16"));
  ASSERT_EQ(All<CloseSession>().size(), 1u);
  EXPECT_EQ(All<CloseSession>()[0].session_id, "t1");
  effects_.clear();
  Connect("t2", Twin("0"));  // forgotten: it counts as new
  ASSERT_EQ(All<CloseSession>().size(), 1u);
  EXPECT_EQ(All<CloseSession>()[0].session_id, "s17");
}

}  // namespace
}  // namespace smokemesh::coordinator
