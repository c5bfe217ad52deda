#include "tests/unit/coordinator/run/engine_fixture.h"

// The barrier of a flow: who is told to go on, when, and what happens when somebody cannot.

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class EngineFlowsTest : public EngineFixture {
 protected:
  // Role `pub` beside gateway, role `sub` beside users.
  v1::Check& AddFlow(const std::string& name = "event") {
    v1::Check& check = AddCheck(name);
    AddRole(&check, "pub", "gateway");
    AddRole(&check, "sub", "users");
    return check;
  }
  static void AddRole(v1::Check* check, const std::string& name, const std::string& service) {
    v1::FlowRole& role = *check->mutable_flow()->add_roles();
    role.set_name(name);
    if (!service.empty()) role.mutable_on()->set_service(service);
    role.add_steps();
  }
  void ConnectAll() {
    Connect("s1", Hello("g", "gateway"));
    Connect("s2", Hello("u1", "users"));
    Connect("s3", Hello("u2", "users"));
  }
  // All three agents are at the barrier.
  void ReadyAll() {
    Ready("s1", "run/event/g/1");
    Ready("s2", "run/event/u1/1");
    Ready("s3", "run/event/u2/1");
  }
  v1::Hello HelloWith(const std::string& agent, const std::string& service,
                      std::vector<std::string> tasks) {
    v1::Hello hello = Hello(agent, service);
    for (const std::string& task : tasks) hello.add_tasks_in_hand(task);
    return hello;
  }
  v1::Task Task(const std::string& agent, const std::string& check = "event") {
    const v1::CheckRecord record = Check(check);
    for (const v1::Task& task : record.tasks()) {
      if (task.agent_id() == agent) return task;
    }
    return {};
  }
  // As an agent reports that it had no Go by its deadline.
  v1::TaskResult AtBarrier(const std::string& agent) {
    v1::TaskResult result = Result("event", agent, v1::OUTCOME_FAILED);
    result.set_message("no Go");
    result.add_failures()->set_step_name("barrier");
    result.add_roles()->mutable_prepared_after();
    return result;
  }
  static v1::TaskResult WithLatency(v1::TaskResult result) {
    result.add_roles()->mutable_latency()->set_nanos(1000);
    return result;
  }
  void Restart() {
    engine_ = std::make_unique<Engine>(options_);
    effects_.clear();
    StoredRun run = stored_;
    run.results = results_;
    Give(RunRestored{run});
  }
  std::vector<v1::TaskResult> results_;  // that the store has, for Restart
};

TEST_F(EngineFlowsTest, EachAgentGetsOneTaskWithItsRoles) {
  v1::Check& check = AddFlow();
  AddRole(&check, "audit", "users");
  ConnectAll();
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/event/g/1", "run/event/u1/1", "run/event/u2/1"));
  for (const v1::ConnectResponse& message : Messages()) {
    if (!message.has_assignment()) continue;
    if (message.assignment().task_id() == "run/event/g/1") {
      EXPECT_THAT(message.assignment().roles(), ElementsAre("pub"));
    } else {
      EXPECT_THAT(message.assignment().roles(), ElementsAre("sub", "audit"));
    }
  }
  EXPECT_THAT(Task("u2").roles(), ElementsAre("sub", "audit"));
  EXPECT_THAT(stored_.manifest[1].roles, ElementsAre("sub", "audit"));
}

TEST_F(EngineFlowsTest, GoIsGivenToAllWhenTheLastOneIsReady) {
  AddFlow();
  ConnectAll();
  Create();
  Ready("s2", "run/event/u1/1");
  Ready("s1", "run/event/g/1");
  Ready("s1", "run/event/g/1");  // again, as after a reconnect
  EXPECT_THAT(Gone(), IsEmpty());
  EXPECT_EQ(Task("g").state(), v1::Task::STATE_RUNNING);
  Ready("s3", "run/event/u2/1");
  EXPECT_THAT(Gone(), UnorderedElementsAre("run/event/g/1", "run/event/u1/1", "run/event/u2/1"));
  Report("s1", 1, {Result("event", "g")});
  Report("s2", 1, {Result("event", "u1")});
  EXPECT_FALSE(Finished());
  Report("s3", 1, {Result("event", "u2")});
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
  EXPECT_THAT(Cancelled(), IsEmpty());
}

TEST_F(EngineFlowsTest, WelcomeSaysThatTheCoordinatorKnowsFlows) {
  Connect("s1", Hello("a"));
  EXPECT_THAT(Messages()[0].welcome().features(), ElementsAre("flow"));
}

TEST_F(EngineFlowsTest, ReadyOfAnotherAgentOrAttemptOrOfNoFlowCountsNothing) {
  AddFlow();
  AddCheck("plain").mutable_on()->set_service("gateway");
  ConnectAll();
  Create();
  Ready("s2", "run/event/u1/1");
  Ready("s3", "run/event/u2/1");
  Ready("s2", "run/event/g/1");  // not its own
  Ready("s1", "nonsense");
  EXPECT_THAT(Cancelled(), IsEmpty());
  Ready("s1", "run/event/g/7");  // never sent: nobody waits for it
  Ready("s1", "run/plain/g/1");  // has no barrier
  Ready("s1", "run/unknown/g/1");
  Ready("s1", "other/event/g/1");
  EXPECT_THAT(Gone(), IsEmpty());
  EXPECT_THAT(Cancelled(),
              ElementsAre("run/event/g/7", "run/plain/g/1", "run/unknown/g/1", "other/event/g/1"));
  Ready("s1", "run/event/g/1");
  EXPECT_EQ(Gone().size(), 3u);
}

TEST_F(EngineFlowsTest, WhenOneFailsBeforeTheBarrierTheOthersAreCancelled) {
  AddFlow();
  ConnectAll();
  Create();
  Ready("s1", "run/event/g/1");
  v1::TaskResult failed = Result("event", "u1", v1::OUTCOME_FAILED);
  failed.set_message("subscribe: connection refused");
  Report("s2", 1, {failed});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("event").outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(Task("g").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(Task("g").reason(),
            "the flow cannot begin: agent \"u1\" (role sub) ended FAILED: subscribe: connection "
            "refused");
  EXPECT_EQ(Task("u2").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_THAT(Cancelled(), UnorderedElementsAre("run/event/g/1", "run/event/u2/1"));
  EXPECT_THAT(Gone(), IsEmpty());
}

TEST_F(EngineFlowsTest, WhenOneIsLostBeforeTheBarrierTheOthersAreCancelled) {
  AddFlow().mutable_timeout()->set_seconds(60);
  ConnectAll();
  Create();
  Ready("s1", "run/event/g/1");
  Ready("s2", "run/event/u1/1");
  Give(AgentDisconnected{"s3", "reset"});
  PassWithHeartbeats(seconds(14), {"s1", "s2"});
  EXPECT_FALSE(Finished());
  PassWithHeartbeats(seconds(1), {"s1", "s2"});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Task("u2").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Check("event").outcome(), v1::OUTCOME_MISSING);
  EXPECT_THAT(Task("g").reason(), HasSubstr("agent \"u2\" (role sub) ended MISSING: agent \"u2\" "
                                            "was lost"));
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineFlowsTest, WhenOneRefusesForGoodTheOthersAreCancelled) {
  AddFlow();
  ConnectAll();
  Create();
  Ready("s1", "run/event/g/1");
  Ready("s2", "run/event/u1/1");
  for (int attempt = 1; attempt <= 4; ++attempt) {
    EXPECT_EQ(Sent().back(), "run/event/u2/" + std::to_string(attempt));
    Answer("s3", Sent().back(), false, "no room");
    PassWithHeartbeats(seconds(1), {"s1", "s2", "s3"});
  }
  ASSERT_TRUE(Finished());
  EXPECT_THAT(Task("g").reason(), HasSubstr("rejected the task 4 times: no room"));
  EXPECT_THAT(Gone(), IsEmpty());
}

TEST_F(EngineFlowsTest, OneThatRefusesAtFirstJoinsTheOthersLater) {
  AddFlow();
  ConnectAll();
  Create();
  Ready("s1", "run/event/g/1");
  Ready("s2", "run/event/u1/1");
  Answer("s3", "run/event/u2/1", false, "no room");
  PassWithHeartbeats(seconds(2), {"s1", "s2", "s3"});
  ASSERT_EQ(Sent().back(), "run/event/u2/2");
  Ready("s3", "run/event/u2/2");
  EXPECT_THAT(Gone(), UnorderedElementsAre("run/event/g/1", "run/event/u1/1", "run/event/u2/2"));
}

TEST_F(EngineFlowsTest, ARoleThatNobodyTakesEndsTheFlowAndIsNamed) {
  AddFlow();
  Connect("s1", Hello("g", "gateway"));
  Create();
  EXPECT_THAT(Sent(), IsEmpty()) << "the users may still come";
  PassWithHeartbeats(seconds(10), {"s1"});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("event").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Task("").reason(),
            "role \"sub\": no agent matches service \"users\"; connected agents: g");
  EXPECT_THAT(Task("").roles(), ElementsAre("sub"));
  EXPECT_EQ(Task("g").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_THAT(Task("g").reason(), HasSubstr("a role that no agent takes (role sub)"));
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineFlowsTest, ASkippedRoleOfAnOptionalFlowSkipsItAll) {
  AddFlow().set_optional(true);
  AddCheck("plain").mutable_on()->set_service("gateway");
  ConnectAll();
  Create();
  Report("s2", 1, {Result("event", "u1", v1::OUTCOME_SKIPPED)});
  Report("s1", 1, {Result("plain", "g")});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("event").outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

// ---- Agents that go and come back ----

TEST_F(EngineFlowsTest, AnAgentThatLosesItsTaskBeforeTheBarrierIsSentItAgain) {
  AddFlow();
  ConnectAll();
  Create();
  Ready("s1", "run/event/g/1");
  Ready("s2", "run/event/u1/1");
  Ready("s3", "run/nothing/u2/1");
  Give(AgentDisconnected{"s3", "killed"});
  v1::Hello again = Hello("u2", "users");
  again.set_incarnation("u2-2");
  Connect("s4", again);
  ASSERT_EQ(Sent().back(), "run/event/u2/2");
  Ready("s4", "run/event/u2/2");
  EXPECT_THAT(Gone(), UnorderedElementsAre("run/event/g/1", "run/event/u1/1", "run/event/u2/2"));
}

TEST_F(EngineFlowsTest, OneThatWasReadyAndIsAwayHoldsTheOthersUntilItSaysSoAgain) {
  AddFlow();
  ConnectAll();
  Create();
  Ready("s1", "run/event/g/1");
  Ready("s2", "run/event/u1/1");
  Give(AgentDisconnected{"s1", "reset"});
  Ready("s3", "run/event/u2/1");
  EXPECT_THAT(Gone(), IsEmpty()) << "nobody knows whether it still waits";
  Connect("s4", HelloWith("g", "gateway", {"run/event/g/1"}));
  EXPECT_THAT(Gone(), IsEmpty());
  Ready("s4", "run/event/g/1");
  EXPECT_EQ(Gone().size(), 3u);
}

TEST_F(EngineFlowsTest, TheAttemptThatTheAgentHasIsTheOneThatIsReleasedAndCancelled) {
  AddFlow();
  ConnectAll();
  Create();
  // Another process of the same name comes and goes: the second attempt went with it.
  v1::Hello twin = Hello("u2", "users");
  twin.set_incarnation("twin");
  Connect("t1", twin);
  ASSERT_EQ(Sent().back(), "run/event/u2/2");
  Give(AgentDisconnected{"t1", "killed"});
  Connect("s4", HelloWith("u2", "users", {"run/event/u2/1"}));
  Ready("s4", "run/event/u2/2");
  EXPECT_THAT(Cancelled(), ElementsAre("run/event/u2/2"));
  Ready("s4", "run/event/u2/1");
  Ready("s1", "run/event/g/1");
  Ready("s2", "run/event/u1/1");
  EXPECT_THAT(Gone(), UnorderedElementsAre("run/event/g/1", "run/event/u1/1", "run/event/u2/1"));
  Give(RunCancelled{"run", "enough"});
  EXPECT_EQ(Cancelled().back(), "run/event/u2/1");
}

TEST_F(EngineFlowsTest, GoIsGivenAgainToAnAgentThatComesBackWithItsTask) {
  AddFlow();
  ConnectAll();
  Create();
  ReadyAll();
  ASSERT_EQ(Gone().size(), 3u);
  Give(AgentDisconnected{"s3", "reset"});
  Connect("s4", HelloWith("u2", "users", {"run/event/u2/1"}));
  EXPECT_EQ(Gone().size(), 4u);
  EXPECT_EQ(Gone().back(), "run/event/u2/1");
  Ready("s4", "run/event/u2/1");  // it had not heard the first one
  EXPECT_EQ(Gone().size(), 5u);
  EXPECT_EQ(Sent().size(), 3u);
}

TEST_F(EngineFlowsTest, ATaskThatIsLostAfterGoIsNotSentAgain) {
  AddFlow();
  ConnectAll();
  Create();
  ReadyAll();
  Give(AgentDisconnected{"s3", "killed"});
  v1::Hello again = Hello("u2", "users");
  again.set_incarnation("u2-2");
  Connect("s4", again);
  EXPECT_EQ(Sent().size(), 3u);
  EXPECT_EQ(Task("u2").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Task("u2").reason(),
            "agent \"u2\" lost the task after the flow had begun, and a flow is not carried out "
            "twice");
  EXPECT_THAT(Cancelled(), IsEmpty()) << "the others go on";
  Report("s1", 1, {Result("event", "g")});
  Report("s2", 1, {Result("event", "u1")});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Task("g").outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(Check("event").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineFlowsTest, AResultThatWaitedForTheAgentsReturnCounts) {
  AddFlow();
  ConnectAll();
  Create();
  ReadyAll();
  Give(AgentDisconnected{"s3", "reset"});
  // It ended meanwhile: the agent names it until its result is acknowledged.
  Connect("s4", HelloWith("u2", "users", {"run/event/u2/1"}));
  Report("s4", 1, {Result("event", "u2")});
  Report("s1", 1, {Result("event", "g")});
  Report("s2", 1, {Result("event", "u1")});
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineFlowsTest, ADrainingAgentFinishesTheFlowThatItIsIn) {
  AddFlow();
  ConnectAll();
  Create();
  Drain("s3");
  ReadyAll();
  EXPECT_EQ(Gone().size(), 3u);
  Report("s3", 1, {Result("event", "u2")});
  Report("s1", 1, {Result("event", "g")});
  Report("s2", 1, {Result("event", "u1")});
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineFlowsTest, ARoleForAnyAgentMovesAwayFromOneThatDrains) {
  v1::Check& check = AddCheck("event");
  AddRole(&check, "pub", "");
  AddRole(&check, "sub", "users");
  AddCheck("first").mutable_on()->set_service("gateway");
  check.add_needs("first");
  ConnectAll();
  Connect("s4", Hello("h", "other"));
  Create();
  ASSERT_THAT(Sent(), ElementsAre("run/first/g/1"));
  ASSERT_THAT(Task("g").roles(), ElementsAre("pub")) << "not one that listens";
  Drain("s1");
  EXPECT_THAT(Task("h").roles(), ElementsAre("pub"));
  EXPECT_EQ(stored_.manifest[0].agent_id, "h") << "stored before it is sent";
  Drain("s4");
  EXPECT_EQ(Task("h").outcome(), v1::OUTCOME_MISSING) << "those who listen have a pair each";
  Report("s1", 1, {Result("first", "g")});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Task("u1").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_THAT(Sent(), ElementsAre("run/first/g/1"));
}

// ---- Nobody gave Go ----

TEST_F(EngineFlowsTest, WhoHadNoGoInTimeIsToldWhoWasNotReady) {
  AddFlow();
  ConnectAll();
  Create();
  Ready("s1", "run/event/g/1");
  Report("s1", 1, {AtBarrier("g")});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Task("g").outcome(), v1::OUTCOME_FAILED) << "they are there, and too slow";
  EXPECT_EQ(Task("g").result().message(),
            "no Go; not ready: agent \"u1\" (role sub); agent \"u2\" (role sub)");
}

TEST_F(EngineFlowsTest, SilenceOfAnAgentIsNoFailureOfATarget) {
  AddFlow();
  ConnectAll();
  Create();
  Ready("s1", "run/event/g/1");
  Ready("s2", "run/event/u1/1");
  Give(AgentDisconnected{"s3", "reset"});
  Report("s1", 1, {AtBarrier("g")});
  EXPECT_EQ(Task("g").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(Task("g").result().message(),
            "no Go; not ready: agent \"u2\" (role sub), which was away");
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineFlowsTest, AGoThatDidNotArriveIsNoFailureOfATarget) {
  AddFlow();
  ConnectAll();
  Create();
  ReadyAll();
  Report("s1", 1, {AtBarrier("g")});
  EXPECT_EQ(Task("g").outcome(), v1::OUTCOME_ABORTED);
}

TEST_F(EngineFlowsTest, AFlowThatBeganInHalfBeforeARestartIsNoFailureOfATarget) {
  AddFlow();
  ConnectAll();
  Create();
  ReadyAll();
  Restart();  // u2 had heard of Go, and the others had not
  Connect("t1", HelloWith("g", "gateway", {"run/event/g/1"}));
  Ready("t1", "run/event/g/1");
  Connect("t2", HelloWith("u1", "users", {"run/event/u1/1"}));
  Ready("t2", "run/event/u1/1");
  Connect("t3", HelloWith("u2", "users", {"run/event/u2/1"}));
  v1::TaskResult failed = Result("event", "u2", v1::OUTCOME_FAILED);
  failed.set_message("no event came");
  failed.add_roles()->mutable_prepared_after();
  Report("t3", 1, {failed});
  EXPECT_EQ(Task("u2").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_THAT(Task("u2").result().message(), HasSubstr("restarted while it began the flow"));
  EXPECT_THAT(Gone(), IsEmpty()) << "half a flow proves nothing";
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineFlowsTest, ANewCoordinatorCannotTellWhoWasTooSlow) {
  AddFlow();
  ConnectAll();
  Create();
  Restart();
  Connect("t1", HelloWith("g", "gateway", {"run/event/g/1"}));
  Connect("t2", HelloWith("u1", "users", {"run/event/u1/1"}));
  Connect("t3", HelloWith("u2", "users", {"run/event/u2/1"}));
  Ready("t1", "run/event/g/1");  // the others are on their way to the barrier, or behind it
  Report("t1", 1, {AtBarrier("g")});
  EXPECT_EQ(Task("g").outcome(), v1::OUTCOME_ABORTED);
}

// ---- A new coordinator ----

TEST_F(EngineFlowsTest, AfterARestartTheAgentsThatWaitAreTakenUp) {
  AddFlow();
  ConnectAll();
  Create();
  Restart();
  Connect("t1", HelloWith("g", "gateway", {"run/event/g/1"}));
  Ready("t1", "run/event/g/1");
  Connect("t2", HelloWith("u1", "users", {"run/event/u1/1"}));
  Ready("t2", "run/event/u1/1");
  EXPECT_THAT(Gone(), IsEmpty());
  // This one was restarted, too.
  Connect("t3", HelloWith("u2", "users", {}));
  ASSERT_THAT(Sent(), ElementsAre("run/event/u2/2"));
  Ready("t3", "run/event/u2/2");
  EXPECT_THAT(Gone(), UnorderedElementsAre("run/event/g/1", "run/event/u1/1", "run/event/u2/2"));
  Report("t1", 1, {Result("event", "g")});
  Report("t2", 1, {Result("event", "u1")});
  Report("t3", 1, {Result("event", "u2", v1::OUTCOME_PASSED, 2)});
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineFlowsTest, AFlowThatHasBegunGoesOnUnderANewCoordinator) {
  AddFlow();
  ConnectAll();
  Create();
  ReadyAll();
  Restart();
  Connect("t1", HelloWith("g", "gateway", {"run/event/g/1"}));
  Connect("t2", HelloWith("u1", "users", {"run/event/u1/1"}));
  Connect("t3", HelloWith("u2", "users", {"run/event/u2/1"}));
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_THAT(Gone(), IsEmpty()) << "one may be on its way to the barrier still";
  Report("t1", 1, {Result("event", "g")});
  Report("t2", 1, {Result("event", "u1")});
  Report("t3", 1, {Result("event", "u2")});
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineFlowsTest, AResultFromBehindTheBarrierTellsThatTheFlowHasBegun) {
  AddFlow();
  ConnectAll();
  Create();
  ReadyAll();
  results_ = {WithLatency(Result("event", "g", v1::OUTCOME_FAILED))};
  Restart();
  Connect("t2", HelloWith("u1", "users", {"run/event/u1/1"}));
  EXPECT_THAT(Gone(), ElementsAre("run/event/u1/1")) << "it may not have heard";
  Connect("t3", HelloWith("u2", "users", {}));
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_EQ(Task("u2").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Task("u1").outcome(), v1::OUTCOME_UNSPECIFIED);
  Report("t2", 1, {Result("event", "u1")});
  EXPECT_TRUE(Finished());
}

TEST_F(EngineFlowsTest, WhoeverBeganAnewBesideAFlowThatHadBegunIsMissing) {
  AddFlow();
  ConnectAll();
  Create();
  ReadyAll();
  Restart();
  Connect("t1", HelloWith("g", "gateway", {"run/event/g/1"}));
  Connect("t2", HelloWith("u1", "users", {"run/event/u1/1"}));
  Connect("t3", HelloWith("u2", "users", {}));
  ASSERT_THAT(Sent(), ElementsAre("run/event/u2/2"));
  Ready("t2", "run/event/u1/1");  // it had not heard
  EXPECT_THAT(Gone(), IsEmpty());
  Report("t1", 1, {Result("event", "g")});
  EXPECT_EQ(Gone().front(), "run/event/u1/1");
  EXPECT_EQ(Task("u2").outcome(), v1::OUTCOME_MISSING);
  EXPECT_THAT(Cancelled(), ElementsAre("run/event/u2/2"));
  Report("t2", 1, {Result("event", "u1")});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineFlowsTest, AFailureBeforeTheBarrierIsRememberedOverARestart) {
  AddFlow();
  ConnectAll();
  Create();
  hold_store_ = false;
  results_ = {Result("event", "u1", v1::OUTCOME_FAILED)};
  Restart();
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("event").outcome(), v1::OUTCOME_FAILED);
  Connect("t1", HelloWith("g", "gateway", {"run/event/g/1"}));
  EXPECT_THAT(Cancelled(), ElementsAre("run/event/g/1"));
}

// ---- Limits, and ends from outside ----

TEST_F(EngineFlowsTest, AFlowWaitsUntilAllItsAgentsHaveRoom) {
  AddCheck("slow").mutable_on()->set_service("users");
  AddFlow();
  AddCheck("later").mutable_on()->set_service("gateway");
  v1::Hello gateway = Hello("g", "gateway");
  gateway.set_max_parallel(1);
  v1::Hello users = Hello("u1", "users");
  users.set_max_parallel(1);
  Connect("s1", gateway);
  Connect("s2", users);
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/slow/u1/1")) << "gateway's place is kept for the flow";
  Report("s2", 1, {Result("slow", "u1")});
  EXPECT_THAT(Sent(), ElementsAre("run/slow/u1/1", "run/event/g/1", "run/event/u1/1"));
  Ready("s1", "run/event/g/1");
  Ready("s2", "run/event/u1/1");
  Report("s1", 1, {Result("event", "g")});
  EXPECT_EQ(Sent().back(), "run/later/g/1");
}

TEST_F(EngineFlowsTest, TwoFlowsOnAgentsWithOnePlaceRunOneAfterTheOther) {
  AddFlow("event");
  AddFlow("other");
  for (const auto& [session, agent, service] :
       {std::tuple{"s1", "g", "gateway"}, {"s2", "u1", "users"}, {"s3", "u2", "users"}}) {
    v1::Hello hello = Hello(agent, service);
    hello.set_max_parallel(1);
    Connect(session, hello);
  }
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/event/g/1", "run/event/u1/1", "run/event/u2/1"));
  ReadyAll();
  Report("s1", 1, {Result("event", "g")});
  Report("s2", 1, {Result("event", "u1")});
  EXPECT_EQ(Sent().size(), 3u) << "no half of it";
  Report("s3", 1, {Result("event", "u2")});
  EXPECT_EQ(Sent().size(), 6u);
}

TEST_F(EngineFlowsTest, AFlowOfAnotherRunDoesNotTakeWhatAnEarlierOneWaitsFor) {
  AddFlow();
  AddCheck("slow").mutable_on()->set_service("users");
  v1::Hello gateway = Hello("g", "gateway");
  gateway.set_max_parallel(1);
  v1::Hello users = Hello("u1", "users");
  users.set_max_parallel(1);
  Connect("s1", gateway);
  Connect("s2", users);
  request_.mutable_options()->set_match("slow");
  Create("first");
  request_.mutable_options()->set_match("event");
  Create("second");
  request_.mutable_plan()->mutable_checks(1)->mutable_on()->set_service("gateway");
  request_.mutable_options()->set_match("slow");
  Create("third");
  EXPECT_THAT(Sent(), ElementsAre("first/slow/u1/1"));
  Report("s2", 1, {Result("slow", "u1", v1::OUTCOME_PASSED, 1, "first")});
  EXPECT_THAT(Sent(), ElementsAre("first/slow/u1/1", "second/event/g/1", "second/event/u1/1"));
}

TEST_F(EngineFlowsTest, AFlowIsOneCheckForTheRunsLimit) {
  AddFlow();
  AddCheck("plain").mutable_on()->set_service("gateway");
  request_.mutable_options()->set_max_parallel(1);
  ConnectAll();
  Create();
  EXPECT_EQ(Sent().size(), 3u);
  ReadyAll();
  Report("s1", 1, {Result("event", "g")});
  Report("s2", 1, {Result("event", "u1")});
  EXPECT_EQ(Sent().size(), 3u);
  Report("s3", 1, {Result("event", "u2")});
  EXPECT_EQ(Sent().back(), "run/plain/g/1");
}

TEST_F(EngineFlowsTest, OtherChecksRunBesideAFlowAsFarAsTheRunsLimitGoes) {
  AddFlow();
  AddCheck("plain").mutable_on()->set_service("gateway");
  AddCheck("more").mutable_on()->set_service("gateway");
  request_.mutable_options()->set_max_parallel(2);
  ConnectAll();
  Create();
  EXPECT_EQ(Sent().size(), 4u) << "the flow and one more";
  ReadyAll();
  EXPECT_EQ(Sent().size(), 4u);
  Report("s1", 1, {Result("plain", "g")});
  EXPECT_EQ(Sent().back(), "run/more/g/1");
}

TEST_F(EngineFlowsTest, WhoJoinsTheOthersAgainNeedsNoPlaceOfItsOwn) {
  AddFlow();
  AddCheck("plain").mutable_on()->set_service("users");
  Connect("s1", Hello("g", "gateway"));
  v1::Hello users = Hello("u1", "users");
  users.set_max_parallel(1);
  Connect("s2", users);
  Create();
  ASSERT_THAT(Sent(), ElementsAre("run/event/g/1", "run/event/u1/1"));
  Ready("s1", "run/event/g/1");
  Answer("s2", "run/event/u1/1", false, "busy");  // and something else takes its place
  EXPECT_EQ(Sent().back(), "run/plain/u1/1");
  PassWithHeartbeats(seconds(1), {"s1", "s2"});
  EXPECT_EQ(Sent().back(), "run/event/u1/2") << "the agent decides whether it has room";
}

TEST_F(EngineFlowsTest, AFlowOfWhichAPairIsBeingMovedWaitsAsAWhole) {
  v1::Check& check = AddCheck("event");
  AddRole(&check, "pub", "");
  AddRole(&check, "sub", "users");
  AddCheck("first").mutable_on()->set_service("users");
  check.add_needs("first");
  Connect("s1", Hello("g", "gateway"));
  Connect("s2", Hello("u1", "users"));
  Connect("s4", Hello("h", "other"));
  Create();
  hold_store_ = true;
  Report("s2", 1, {Result("first", "u1")});
  Drain("s1");  // its role goes to h
  ASSERT_EQ(held_.size(), 2u);
  AnswerStore();  // the result: the need is met
  EXPECT_THAT(Sent(), ElementsAre("run/first/u1/1")) << "no half of it";
  AnswerStore();
  EXPECT_THAT(Sent(), ElementsAre("run/first/u1/1", "run/event/h/1", "run/event/u1/1"));
}

TEST_F(EngineFlowsTest, AnExclusiveFlowRunsAlone) {
  AddFlow().set_exclusive(true);
  AddCheck("plain").mutable_on()->set_service("gateway");
  ConnectAll();
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/plain/g/1"));
  Report("s1", 1, {Result("plain", "g")});
  EXPECT_EQ(Sent().size(), 4u);
}

TEST_F(EngineFlowsTest, AFlowThatWaitsForAnAgentThatIsAwayKeepsNobodyWaiting) {
  AddFlow();
  AddCheck("plain").mutable_on()->set_service("gateway");
  ConnectAll();
  hold_store_ = true;
  Create();
  AnswerStore();
  Give(AgentDisconnected{"s3", "reset"});  // before the manifest is stored
  hold_store_ = false;
  AnswerStore();
  EXPECT_THAT(Sent(), ElementsAre("run/plain/g/1"));
  Connect("s4", Hello("u2", "users"));
  EXPECT_EQ(Sent().size(), 4u);
}

TEST_F(EngineFlowsTest, CancellationAndTimeEndAFlowAtTheBarrier) {
  AddFlow().set_suite("bus");
  v1::Suite& suite = *request_.mutable_plan()->add_suites();
  suite.set_name("bus");
  suite.mutable_max()->set_seconds(4);
  ConnectAll();
  Create("run");
  Ready("s1", "run/event/g/1");
  PassWithHeartbeats(seconds(4), {"s1", "s2", "s3"});
  ASSERT_TRUE(Finished());
  EXPECT_THAT(Task("g").reason(), HasSubstr("suite \"bus\" was ended"));
  EXPECT_EQ(Cancelled().size(), 3u);
  Create("two");
  Give(RunCancelled{"two", "enough"});
  ASSERT_TRUE(Finished("two"));
  EXPECT_EQ(Cancelled().size(), 6u);
  EXPECT_THAT(Gone(), IsEmpty());
}

TEST_F(EngineFlowsTest, AFlowWhoseNeedFailedIsBlockedAndNotSent) {
  AddFlow().add_needs("first");
  AddCheck("first").mutable_on()->set_service("gateway");
  ConnectAll();
  Create();
  Report("s1", 1, {Result("first", "g", v1::OUTCOME_FAILED)});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("event").outcome(), v1::OUTCOME_BLOCKED);
  EXPECT_THAT(Sent(), ElementsAre("run/first/g/1"));
}

TEST_F(EngineFlowsTest, CleaningUpAfterAFlowHasNoBarrier) {
  AddFlow();
  ConnectAll();
  request_.mutable_options()->add_clean_runs()->set_run_id("earlier");
  Create();
  ASSERT_EQ(Sent().size(), 1u);
  Report("s1", 1, {Result("event", "g")});
  EXPECT_TRUE(Finished());
}

}  // namespace
}  // namespace smokemesh::coordinator
