// Results on their way: order, numbers, acknowledgements, refusals, back-pressure.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/agent/session/session_core_fixture.h"

namespace smokemesh::agent {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using State = SessionCore::State;

using SessionCoreResultsTest = SessionCoreTest;

TEST_F(SessionCoreResultsTest, ResultsThatGatherDuringAWriteGoTogether) {
  Open();
  for (const char* id : {"a", "b", "c"}) Assign(id);
  sent_.clear();
  v1::TaskResult result;
  for (const char* id : {"a", "b", "c"}) {
    result.set_task_id(id);
    Feed(TaskFinished{result});  // the first is being written meanwhile
  }
  Flush();
  ASSERT_EQ(sent_.size(), 2u);
  EXPECT_EQ(sent_[0].results().results_size(), 1);
  EXPECT_EQ(sent_[1].results().results_size(), 2);
  EXPECT_THAT(SentSequences(), ElementsAre(1u, 2u));
}

TEST_F(SessionCoreResultsTest, ASecondResultOfATaskIsDropped) {
  Open();
  Assign("t1");
  Finish("t1");
  Finish("t1");
  EXPECT_THAT(SentSequences(), ElementsAre(1u));
}

TEST_F(SessionCoreResultsTest, AfterALostStreamWhatIsNotAcknowledgedIsSentAgainBeforeWhatIsNew) {
  Open();
  for (const char* id : {"a", "b", "c", "d"}) Assign(id);
  Finish("a");
  Finish("b");
  Ack(1);
  Feed(StreamEnded{absl::UnavailableError("socket closed")});
  EXPECT_EQ(core().state(), State::kWaiting);
  Finish("c");
  sent_.clear();
  Reconnect();
  ASSERT_GE(sent_.size(), 1u);
  EXPECT_THAT(sent_[0].hello().tasks_in_hand(), UnorderedElementsAre("b", "c", "d"));
  EXPECT_EQ(sent_[0].hello().incarnation(), "incarnation-1");
  EXPECT_THAT(SentSequences(), ElementsAre(2u, 3u));
  Ack(3);
  Finish("d");
  Ack(4);
  EXPECT_TRUE(core().delivered());
}

TEST_F(SessionCoreResultsTest, AnAckForABatchThatWasNeverSentEndsTheStreamAndForgetsNothing) {
  Open();
  Assign("a");
  Finish("a");
  Ack(7);
  EXPECT_TRUE(cancelled_);
  Feed(StreamEnded{absl::CancelledError("")});
  EXPECT_FALSE(core().delivered());
  EXPECT_THAT(log_.back().text, HasSubstr("acknowledged batch 7"));
  EXPECT_EQ(*core().NextDeadline() - now_, seconds(10));
}

TEST_F(SessionCoreResultsTest, AckThatComesWhileTheStreamIsClosingCounts) {
  Open();
  Assign("a");
  Finish("a");
  v1::ConnectResponse notice;
  notice.mutable_drain_notice();
  Receive(notice);
  Ack(1);
  EXPECT_TRUE(core().delivered());
}

TEST_F(SessionCoreResultsTest, AResultThatIsRefusedAsTooLargeIsSentAgainWithoutItsEvidence) {
  Open();
  Assign("a");
  Finish("a", 50'000);
  Feed(StreamEnded{
      absl::ResourceExhaustedError("Received message larger than max (50123 vs. 4096)")});
  sent_.clear();
  Reconnect();
  ASSERT_THAT(SentSequences(), ElementsAre(1u));
  EXPECT_EQ(sent_.back().results().results(0).steps_size(), 0);
}

TEST_F(SessionCoreResultsTest, ACoordinatorThatIsOnlyBusyCostsNoEvidence) {
  Open();
  Assign("a");
  Finish("a", 50'000);
  Feed(StreamEnded{absl::ResourceExhaustedError("too many sessions")});
  sent_.clear();
  Reconnect();
  EXPECT_EQ(sent_.back().results().results(0).steps_size(), 1);
}

TEST_F(SessionCoreResultsTest, AResultThatIsRefusedTwiceIsGivenUpWithOneSentence) {
  Open();
  Assign("a");
  Assign("b");
  Finish("a", 50'000);
  const absl::Status refused =
      absl::ResourceExhaustedError("Received message larger than max (50123 vs. 4096)");
  Feed(StreamEnded{refused});
  Reconnect();
  EXPECT_THAT(kept_["a"].message(), HasSubstr("evidence left out"));
  Feed(StreamEnded{refused});  // it was another limit: the stripped one is refused, too
  EXPECT_EQ(kept_["a"].outcome(), v1::OUTCOME_PASSED) << "it is below that limit";
  Reconnect();
  sent_.clear();
  for (int i = 0; i < 5; ++i) {
    Feed(StreamEnded{absl::ResourceExhaustedError("results.results has 70000 bytes: at most 9")});
    sent_.clear();
    Reconnect();
  }
  ASSERT_THAT(SentSequences(), ElementsAre(1u));
  const v1::TaskResult& given_up = sent_.back().results().results(0);
  EXPECT_EQ(given_up.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_EQ(given_up.task_id(), "a");
  EXPECT_EQ(given_up.message(),
            "the coordinator refused the result as too large, even without its evidence; it was "
            "PASSED");
  EXPECT_EQ(kept_["a"].outcome(), v1::OUTCOME_ERRORED);
  // The others go on as ever.
  Ack(1);
  Finish("b", 10'000);
  EXPECT_EQ(sent_.back().results().results(0).steps_size(), 1);
}

TEST_F(SessionCoreResultsTest, WhatCannotGetSmallerIsTriedAgainSeldom) {
  Open();
  Feed(StreamEnded{
      absl::ResourceExhaustedError("Received message larger than max (300000 vs. 262144)")});
  EXPECT_EQ(*core().NextDeadline() - now_, seconds(10));  // Hello itself, say
}

TEST_F(SessionCoreResultsTest, EveryResultIsKeptBeforeItIsSentAndForgottenWhenItIsAcknowledged) {
  Open();
  Assign("a");
  v1::TaskResult result;
  result.set_task_id("a");
  result.set_message("text");
  const std::vector<SessionEffect> effects = core().Step(TaskFinished{result}, now_);
  ASSERT_EQ(effects.size(), 2u);
  ASSERT_TRUE(std::holds_alternative<KeepResult>(effects[0]));
  EXPECT_EQ(std::get<KeepResult>(effects[0]).result.message(), "text");
  ASSERT_TRUE(std::holds_alternative<WriteToStream>(effects[1]));
  kept_["a"] = result;
  writing_ = true;
  Flush();
  EXPECT_EQ(kept_.size(), 1u);
  Ack(1);
  EXPECT_THAT(kept_, IsEmpty());
  Ack(1);  // again: nothing is left to be forgotten
}

TEST_F(SessionCoreResultsTest, WhatAnEarlierStartKeptIsInHandAndSentFirst) {
  for (const char* id : {"old-1", "old-2"}) {
    v1::TaskResult result;
    result.set_task_id(id);
    options_.kept.push_back(result);
    kept_[id] = result;
  }
  options_.buffer.max_batch_results = 1;
  EXPECT_FALSE(core().delivered());
  EXPECT_EQ(core().undelivered(), 2u);
  Feed(SessionStarted{});
  Flush();
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_THAT(sent_[0].hello().tasks_in_hand(), ElementsAre("old-1", "old-2"));
  Finish("new");
  Welcome();
  EXPECT_THAT(SentSequences(), ElementsAre(1u, 2u, 3u));
  EXPECT_EQ(sent_[1].results().results(0).task_id(), "old-1");
  EXPECT_EQ(sent_[3].results().results(0).task_id(), "new");
  Assign("old-1");  // the coordinator does not know yet: it is not run again
  EXPECT_THAT(submitted_, IsEmpty());
  EXPECT_TRUE(sent_.back().assignment_ack().accepted());
  Ack(2);
  EXPECT_EQ(kept_.size(), 1u);
  EXPECT_EQ(kept_.count("new"), 1u);
}

TEST_F(SessionCoreResultsTest, ADrainingAgentDeliversWhatAnEarlierStartKept) {
  v1::TaskResult result;
  result.set_task_id("old");
  options_.kept.push_back(result);
  kept_["old"] = result;
  Open();
  Feed(DrainRequested{"terminated"});
  Flush();
  EXPECT_FALSE(half_closed_);
  Ack(1);
  EXPECT_TRUE(half_closed_);
}

TEST_F(SessionCoreResultsTest, ACoordinatorThatAcknowledgesNothingIsNotSentMegabytes) {
  options_.buffer.max_unacked_bytes = 100'000;
  Open();
  for (int i = 0; i < 20; ++i) Finish("t" + std::to_string(i), 30'000);
  EXPECT_EQ(SentSequences().size(), 4u);
  sent_.clear();
  WaitForDeadline();
  Flush();
  ASSERT_EQ(sent_.size(), 1u);  // nothing is in its way
  EXPECT_TRUE(sent_[0].has_heartbeat());
  Ack(1);
  EXPECT_THAT(SentSequences(), ElementsAre(5u));
  // All that is not acknowledged goes again on the next stream, in the same portions.
  Feed(StreamEnded{absl::UnavailableError("socket closed")});
  sent_.clear();
  Reconnect();
  EXPECT_THAT(SentSequences(), ElementsAre(2u, 3u, 4u, 5u));
  uint64_t acked = 5;
  while (!core().delivered()) Ack(acked++);
  EXPECT_EQ(core().undelivered(), 0u);
}

}  // namespace
}  // namespace smokemesh::agent
