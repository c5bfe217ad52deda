#include "tests/unit/coordinator/run/engine_fixture.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using EngineAgentsTest = EngineFixture;

TEST_F(EngineAgentsTest, WelcomeAnswersHelloBeforeAnythingElse) {
  AddCheck("one");
  Create();
  Connect("s1", Hello("a"));
  ASSERT_GE(Messages().size(), 2u);
  EXPECT_EQ(Messages()[0].welcome().session_id(), "s1");
  EXPECT_EQ(Messages()[0].welcome().heartbeat_interval().seconds(), 5);
  EXPECT_TRUE(Messages()[1].has_assignment());
}

TEST_F(EngineAgentsTest, AHelloWithoutANameIsRefused) {
  v1::Hello hello = Hello("");
  Connect("s1", hello);
  ASSERT_EQ(All<CloseSession>().size(), 1u);
  EXPECT_TRUE(absl::IsInvalidArgument(All<CloseSession>()[0].status));
  EXPECT_TRUE(engine_->Agents(Now()).empty());
}

TEST_F(EngineAgentsTest, AHeartbeatIsSentOnASessionThatIsIdleForOneInterval) {
  Connect("s1", Hello("a"));
  EXPECT_EQ(engine_->NextDeadline(), Now().steady + seconds(5));
  PassWithHeartbeats(seconds(11), {"s1"});
  int beats = 0;
  for (const v1::ConnectResponse& message : Messages()) beats += message.has_heartbeat() ? 1 : 0;
  EXPECT_EQ(beats, 2);
}

TEST_F(EngineAgentsTest, ASessionThatIsSilentForThreeIntervalsIsEnded) {
  Connect("s1", Hello("a"));
  Pass(seconds(14));
  EXPECT_TRUE(All<CloseSession>().empty());
  Pass(seconds(1));
  ASSERT_EQ(All<CloseSession>().size(), 1u);
  EXPECT_TRUE(absl::IsUnavailable(All<CloseSession>()[0].status));
  EXPECT_EQ(engine_->Agents(Now())[0].state(), v1::AgentInfo::STATE_LOST);
}

TEST_F(EngineAgentsTest, ACoordinatorThatWasAsleepBlamesNobody) {
  Connect("s1", Hello("a"));
  elapsed_ += seconds(60);  // no Tick came: this process was stopped
  Give(Tick{});
  EXPECT_TRUE(All<CloseSession>().empty());
  v1::ConnectRequest beat;  // it was waiting to be read
  beat.mutable_heartbeat();
  Give(AgentMessage{"s1", beat});
  Pass(seconds(14));
  EXPECT_TRUE(All<CloseSession>().empty());
  Pass(seconds(1));
  EXPECT_EQ(All<CloseSession>().size(), 1u);
}

TEST_F(EngineAgentsTest, AnAgentThatDoesNotComeBackLeavesMissing) {
  AddCheck("one");
  AddCheck("two").add_needs("one");
  Connect("s1", Hello("a"));
  Create();
  Give(AgentDisconnected{"s1", "reset"});
  Pass(seconds(14));
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_UNSPECIFIED);
  Pass(seconds(1));
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Check("one").reason(), "agent \"a\" was lost and did not come back within 15s");
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineAgentsTest, AnAgentThatComesBackWithItsTasksLosesNothing) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  Give(AgentDisconnected{"s1", "reset"});
  Pass(seconds(10));
  v1::Hello hello = Hello("a");
  hello.add_tasks_in_hand("run/one/a/1");
  Connect("s2", hello);
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1"));
  EXPECT_EQ(Check("one").tasks(0).state(), v1::Task::STATE_RUNNING);
  Report("s2", 1, {Result("one", "a")});
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineAgentsTest, TasksThatTheAgentHasNotAreSentAgainAsTheNextAttempt) {
  AddCheck("one");
  AddCheck("two");
  Connect("s1", Hello("a"));
  Create();
  Give(AgentDisconnected{"s1", "reset"});
  v1::Hello hello = Hello("a");
  hello.set_incarnation("a-2");
  hello.add_tasks_in_hand("run/two/a/1");
  Connect("s2", hello);
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1", "run/two/a/1", "run/one/a/2"));
  Report("s2", 1, {Result("one", "a", v1::OUTCOME_PASSED, 2), Result("two", "a")});
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineAgentsTest, TasksThatNobodyWaitsForAreCancelled) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  Give(AgentDisconnected{"s1", "reset"});
  Pass(seconds(15));
  ASSERT_TRUE(Finished());
  v1::Hello hello = Hello("a");
  hello.add_tasks_in_hand("run/one/a/1");
  hello.add_tasks_in_hand("unknown/one/a/1");
  hello.add_tasks_in_hand("nonsense");
  Connect("s2", hello);
  EXPECT_THAT(Cancelled(), ElementsAre("run/one/a/1", "unknown/one/a/1"));
}

TEST_F(EngineAgentsTest, TheNewerOfTwoSessionsWins) {
  Connect("s1", Hello("a"));
  Connect("s2", Hello("a"));
  ASSERT_EQ(All<CloseSession>().size(), 1u);
  EXPECT_EQ(All<CloseSession>()[0].session_id, "s1");
  EXPECT_TRUE(absl::IsAborted(All<CloseSession>()[0].status)) << "it is to reconnect if it likes";
  v1::Hello twin = Hello("a");
  twin.set_incarnation("a-2");
  Connect("s3", twin);
  ASSERT_EQ(All<CloseSession>().size(), 2u);
  EXPECT_EQ(All<CloseSession>()[1].session_id, "s2");
  EXPECT_TRUE(absl::IsAlreadyExists(All<CloseSession>()[1].status));
  // The end of the old streams changes nothing.
  Give(AgentDisconnected{"s1", "closed"});
  Give(AgentDisconnected{"s2", "closed"});
  EXPECT_EQ(engine_->Agents(Now())[0].state(), v1::AgentInfo::STATE_CONNECTED);
}

TEST_F(EngineAgentsTest, AcceptedTasksAreRunning) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  Answer("s1", "run/one/a/1", true);
  EXPECT_EQ(Check("one").tasks(0).state(), v1::Task::STATE_RUNNING);
}

TEST_F(EngineAgentsTest, ARejectedTaskIsTriedThreeTimesMoreAndThenMissing) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  for (int attempt = 1; attempt <= 4; ++attempt) {
    ASSERT_EQ(Sent().size(), static_cast<size_t>(attempt));
    EXPECT_EQ(Sent().back(), "run/one/a/" + std::to_string(attempt));
    Answer("s1", Sent().back(), false, "no room");
    Pass(seconds(1));
  }
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Check("one").reason(), "agent \"a\" rejected the task 4 times: no room");
  EXPECT_THAT(Cancelled(), IsEmpty()) << "there is nothing to cancel";
}

TEST_F(EngineAgentsTest, AnAnswerOfAnotherAgentOrToAnOldAttemptIsIgnored) {
  AddCheck("one");
  AddCheck("two");
  Connect("s1", Hello("a"));
  Connect("s2", Hello("b"));
  Create();
  Answer("s2", "run/one/a/1", false, "mischief");
  Answer("s1", "run/one/a/7", false, "mischief");
  Answer("s1", "nonsense", false, "mischief");
  Pass(seconds(2));
  EXPECT_EQ(Sent().size(), 2u);
}

TEST_F(EngineAgentsTest, AnAgentThatNeverReportsIsGivenUp) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  PassWithHeartbeats(seconds(14), {"s1"});
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_UNSPECIFIED);
  PassWithHeartbeats(seconds(1), {"s1"});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_MISSING);
  EXPECT_THAT(Check("one").reason(), HasSubstr("did not report within 15s"));
  EXPECT_THAT(Cancelled(), ElementsAre("run/one/a/1"));
}

TEST_F(EngineAgentsTest, ADrainingAgentHandsOverWhatAnyAgentMayRun) {
  AddCheck("one");                         // to a
  AddCheck("two");                         // to b
  AddCheck("three").add_needs("one");      // to a, waits
  v1::Check& pinned = AddCheck("pinned");  // to a and no other
  pinned.mutable_on()->set_service("only-a");
  pinned.add_needs("one");
  Connect("s1", Hello("a", "only-a"));
  Connect("s2", Hello("b"));
  Create();
  ASSERT_THAT(Sent(), ElementsAre("run/one/a/1", "run/two/b/1"));
  v1::ConnectRequest drain;
  drain.mutable_drain_notice();
  Give(AgentMessage{"s1", drain});
  EXPECT_EQ(engine_->Agents(Now())[0].state(), v1::AgentInfo::STATE_DRAINING);
  EXPECT_EQ(Check("pinned").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Check("pinned").reason(), "agent \"a\" drained before it could run the check");
  EXPECT_EQ(stored_.manifest[2].agent_id, "b") << "stored before it is sent";
  Report("s1", 1, {Result("one", "a")});  // what runs is finished
  EXPECT_EQ(Sent().back(), "run/three/b/1");
}

TEST_F(EngineAgentsTest, DescribesWhatAgentsHaveInHand) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  EXPECT_EQ(engine_->Agents(Now())[0].tasks(), 1);
  Report("s1", 1, {Result("one", "a")});
  EXPECT_EQ(engine_->Agents(Now())[0].tasks(), 0);
}

}  // namespace
}  // namespace smokemesh::coordinator
