#include "tests/unit/coordinator/run/engine_fixture.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EngineResultsTest : public EngineFixture {
 protected:
  void Begin(int checks) {
    for (int i = 0; i < checks; ++i) AddCheck("c" + std::to_string(i));
    Connect("s1", Hello("a"));
    Create();
  }
};

TEST_F(EngineResultsTest, AcknowledgesAfterTheCommitAndNotBefore) {
  Begin(2);
  hold_store_ = true;
  Report("s1", 1, {Result("c0", "a")});
  EXPECT_THAT(Acks(), IsEmpty());
  EXPECT_EQ(Check("c0").outcome(), v1::OUTCOME_UNSPECIFIED);
  AnswerStore();
  EXPECT_THAT(Acks(), ElementsAre(1));
  EXPECT_EQ(Check("c0").outcome(), v1::OUTCOME_PASSED);
}

TEST_F(EngineResultsTest, TriesAgainAfterASecondWhenTheStoreFails) {
  Begin(2);
  hold_store_ = true;
  Report("s1", 1, {Result("c0", "a")});
  AnswerStore(absl::UnavailableError("disk full"));
  EXPECT_THAT(Acks(), IsEmpty());
  EXPECT_TRUE(held_.empty());
  EXPECT_EQ(engine_->NextDeadline(), Now().steady + seconds(1));
  Pass(seconds(1));
  AnswerStore();
  EXPECT_THAT(Acks(), ElementsAre(1));
}

TEST_F(EngineResultsTest, WhatCouldNotBeStoredComesAgainWithTheNextSession) {
  Begin(2);
  hold_store_ = true;
  Report("s1", 1, {Result("c0", "a")});
  AnswerStore(absl::UnavailableError("disk full"));
  Give(AgentDisconnected{"s1", "reset"});
  Pass(seconds(2));
  EXPECT_TRUE(held_.empty());
  v1::Hello hello = Hello("a");
  hello.add_tasks_in_hand("run/c0/a/1");
  hello.add_tasks_in_hand("run/c1/a/1");
  Connect("s2", hello);
  Report("s2", 1, {Result("c0", "a")});
  AnswerStore();
  EXPECT_THAT(Acks(), ElementsAre(1));
  EXPECT_EQ(Check("c0").outcome(), v1::OUTCOME_PASSED);
}

TEST_F(EngineResultsTest, WhatWaitsForTheStoreIsBoundedOverAllAgents) {
  options_.max_pending_bytes = 100'000;
  engine_ = std::make_unique<Engine>(options_);
  for (const char* check : {"c0", "c1", "c2"}) AddCheck(check).mutable_on()->set_service("*");
  Connect("s1", Hello("a"));
  Connect("s2", Hello("b"));
  Create();
  const auto large = [this](const std::string& check, const std::string& agent) {
    v1::TaskResult result = Result(check, agent);
    result.set_message(std::string(60'000, 'x'));
    return result;
  };
  hold_store_ = true;
  Report("s1", 1, {large("c0", "a")});
  Report("s2", 1, {large("c0", "b")});
  ASSERT_EQ(All<CloseSession>().size(), 1u);
  EXPECT_EQ(All<CloseSession>()[0].session_id, "s2");
  EXPECT_TRUE(absl::IsResourceExhausted(All<CloseSession>()[0].status));
  EXPECT_THAT(std::string(All<CloseSession>()[0].status.message()),
              HasSubstr("0 batches of this agent and 60"));
  // Once the store has answered there is room, however it answered.
  v1::Hello hello = Hello("b");
  for (const char* task : {"run/c0/b/1", "run/c1/b/1"}) hello.add_tasks_in_hand(task);
  Connect("s3", hello);
  AnswerStore(absl::UnavailableError("disk full"));
  Report("s3", 1, {large("c0", "b")});
  EXPECT_EQ(All<CloseSession>().size(), 2u) << "a's batch is to be tried again: it still waits";
  Pass(seconds(1));
  AnswerStore();
  Connect("s4", hello);
  for (int round = 0; round < 3; ++round) {  // what is done is forgotten
    Report("s4", static_cast<uint64_t>(round) + 1, {large("c" + std::to_string(round), "b")});
    ASSERT_EQ(held_.size(), 1u) << round;
    AnswerStore();
  }
  EXPECT_EQ(All<CloseSession>().size(), 2u);
}

TEST_F(EngineResultsTest, OneBatchIsTakenHoweverLargeItIs) {
  options_.max_pending_bytes = 1;
  engine_ = std::make_unique<Engine>(options_);
  Begin(1);
  Report("s1", 1, {Result("c0", "a")});
  EXPECT_TRUE(Finished());
}

TEST_F(EngineResultsTest, BatchesAreAcknowledgedInOrder) {
  Begin(3);
  hold_store_ = true;
  Report("s1", 1, {Result("c0", "a")});
  Report("s1", 2, {Result("c1", "a")});
  const uint64_t second = held_[1];
  held_.erase(held_.begin() + 1);
  Give(StoreDone{second, absl::OkStatus()});
  EXPECT_THAT(Acks(), IsEmpty());
  AnswerStore();
  EXPECT_THAT(Acks(), ElementsAre(2));
}

TEST_F(EngineResultsTest, ABatchThatComesTwiceIsStoredOnceAndAcknowledgedTwice) {
  Begin(2);
  Report("s1", 1, {Result("c0", "a")});
  Report("s1", 1, {Result("c0", "a")});
  EXPECT_THAT(Acks(), ElementsAre(1, 1));
  EXPECT_EQ(All<AppendResults>().size(), 1u);
}

TEST_F(EngineResultsTest, ADuplicateWaitsForTheCommitOfTheFirst) {
  Begin(2);
  hold_store_ = true;
  Report("s1", 1, {Result("c0", "a")});
  Report("s1", 1, {Result("c0", "a")});
  EXPECT_THAT(Acks(), IsEmpty());
  AnswerStore();
  EXPECT_THAT(Acks(), ElementsAre(1));
  EXPECT_TRUE(held_.empty());
}

TEST_F(EngineResultsTest, AReplayDuringTheCommitIsAcknowledgedOnTheNewSession) {
  Begin(2);
  hold_store_ = true;
  Report("s1", 1, {Result("c0", "a")});
  v1::Hello hello = Hello("a");
  hello.add_tasks_in_hand("run/c0/a/1");
  hello.add_tasks_in_hand("run/c1/a/1");
  Connect("s2", hello);
  Report("s2", 1, {Result("c0", "a")});
  AnswerStore();
  const auto sends = All<SendToAgent>();
  EXPECT_EQ(sends.back().session_id, "s2");
  EXPECT_EQ(sends.back().message.result_ack().up_to_sequence(), 1u);
}

TEST_F(EngineResultsTest, ResultsThatNobodyWaitsForAreDroppedAndAcknowledged) {
  Begin(2);
  Connect("s2", Hello("b"));
  Report("s1", 1, {Result("c0", "a", v1::OUTCOME_PASSED, 1, "no-such-run")});
  Report("s1", 2, {Result("no-such-check", "a")});
  Report("s1", 3, {Result("c0", "a", v1::OUTCOME_PASSED, 2)});  // never sent
  Report("s2", 1, {Result("c0", "a")});                         // another agent's
  Report("s2", 2, {Result("c0", "b")});                         // no pair
  EXPECT_THAT(Acks(), ElementsAre(1, 2, 3, 1, 2));
  EXPECT_TRUE(All<AppendResults>().empty());
  EXPECT_EQ(Check("c0").outcome(), v1::OUTCOME_UNSPECIFIED);
}

TEST_F(EngineResultsTest, TheFirstCommittedResultOfAPairWins) {
  Begin(1);
  Give(AgentDisconnected{"s1", "reset"});
  v1::Hello hello = Hello("a");
  hello.set_incarnation("a-2");
  Connect("s2", hello);
  ASSERT_EQ(Sent().back(), "run/c0/a/2");
  Report("s2", 1, {Result("c0", "a", v1::OUTCOME_FAILED, 2), Result("c0", "a")});
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Check("c0").outcome(), v1::OUTCOME_FAILED);
}

TEST_F(EngineResultsTest, OutcomesThatAreNotAnAgentsToSayAreErrored) {
  Begin(4);
  Report("s1", 1,
         {Result("c0", "a", v1::OUTCOME_BLOCKED), Result("c1", "a", v1::OUTCOME_MISSING),
          Result("c2", "a", v1::OUTCOME_UNSPECIFIED), Result("c3", "a", v1::OUTCOME_SKIPPED)});
  for (const char* name : {"c0", "c1", "c2", "c3"}) {
    EXPECT_EQ(Check(name).outcome(), v1::OUTCOME_ERRORED) << name;
  }
  EXPECT_THAT(Check("c3").reason(), HasSubstr("not optional"));
  EXPECT_EQ(All<AppendResults>()[0].results[0].outcome(), v1::OUTCOME_ERRORED) << "stored so";
}

TEST_F(EngineResultsTest, AnOptionalCheckMayBeSkippedByItsAgent) {
  AddCheck("maybe").set_optional(true);
  Begin(1);
  Report("s1", 1, {Result("maybe", "a", v1::OUTCOME_SKIPPED), Result("c0", "a")});
  EXPECT_EQ(Check("maybe").outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineResultsTest, AGapInTheNumbersEndsTheSession) {
  Begin(3);
  Report("s1", 1, {Result("c0", "a")});
  Report("s1", 3, {Result("c2", "a")});
  ASSERT_EQ(All<CloseSession>().size(), 1u);
  EXPECT_TRUE(absl::IsAborted(All<CloseSession>()[0].status));
  EXPECT_EQ(Check("c2").outcome(), v1::OUTCOME_UNSPECIFIED);
}

TEST_F(EngineResultsTest, AnAgentCannotFillTheCoordinatorsMemory) {
  v1::Hello roomy = Hello("a");
  roomy.set_max_parallel(100);
  Connect("s0", roomy);
  for (int i = 0; i < 70; ++i) AddCheck("c" + std::to_string(i));
  Create();
  hold_store_ = true;
  for (int i = 0; i < 70; ++i) Report("s0", i + 1, {Result("c" + std::to_string(i), "a")});
  EXPECT_EQ(held_.size(), 64u);
  ASSERT_EQ(All<CloseSession>().size(), 1u);
  EXPECT_TRUE(absl::IsResourceExhausted(All<CloseSession>()[0].status));
}

TEST_F(EngineResultsTest, AResultThatComesTooLateIsAcknowledgedAndChangesNothing) {
  Begin(2);
  PassWithHeartbeats(seconds(15), {"s1"});
  ASSERT_TRUE(Finished());
  Report("s1", 1, {Result("c0", "a")});
  EXPECT_EQ(Check("c0").outcome(), v1::OUTCOME_MISSING);
  EXPECT_THAT(Acks(), ElementsAre(1));
}

TEST_F(EngineResultsTest, QuorumDecidesAndTheOthersStillReport) {
  v1::Check& check = AddCheck("many");
  check.mutable_on()->set_service("*");
  check.set_quorum("any");
  Connect("s1", Hello("a"));
  Connect("s2", Hello("b"));
  Create();
  Report("s1", 1, {Result("many", "a")});
  EXPECT_EQ(Check("many").outcome(), v1::OUTCOME_PASSED);
  EXPECT_FALSE(Finished());
  Report("s2", 1, {Result("many", "b", v1::OUTCOME_FAILED)});
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

}  // namespace
}  // namespace smokemesh::coordinator
