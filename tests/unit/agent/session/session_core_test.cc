#include "agent/session/session_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace smokemesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using State = SessionCore::State;

// Drives a core by hand: time moves only when the test says so, writes are done when it says so.
class SessionCoreTest : public ::testing::Test {
 protected:
  SessionCoreTest() {
    options_.hello.set_agent_id("gateway@host");
    options_.hello.set_incarnation("incarnation-1");
    options_.peer = "127.0.0.1:7443";
    options_.backoff = {.first = milliseconds(100), .cap = seconds(10)};
    options_.backoff_seed = 1;
  }

  SessionCore& core() {
    if (!core_.has_value()) core_.emplace(options_);
    return *core_;
  }

  void Feed(const SessionEvent& event) {
    for (SessionEffect& effect : core().Step(event, now_)) {
      if (auto* write = std::get_if<WriteToStream>(&effect)) {
        ASSERT_FALSE(writing_) << "two writes at once";
        writing_ = true;
        sent_.push_back(write->message);
      } else if (std::holds_alternative<HalfCloseStream>(effect)) {
        ASSERT_FALSE(writing_) << "two writes at once";
        writing_ = true;
        half_closed_ = true;
      } else if (std::holds_alternative<OpenStream>(effect)) {
        ++opened_;
        writing_ = false;
        half_closed_ = false;
        cancelled_ = false;
      } else if (std::holds_alternative<CancelStream>(effect)) {
        cancelled_ = true;
      } else if (auto* submit = std::get_if<SubmitTask>(&effect)) {
        submitted_.push_back(submit->assignment.task_id());
      } else if (auto* cancel = std::get_if<CancelTasks>(&effect)) {
        cancels_.push_back(*cancel);
      } else if (auto* line = std::get_if<LogLine>(&effect)) {
        log_.push_back(*line);
      } else {
        stopped_ = true;
      }
    }
  }

  // Lets writes finish until nothing is in flight.
  void Flush() {
    while (writing_) {
      writing_ = false;
      Feed(StreamWritten{});
    }
  }

  void Receive(const v1::ConnectResponse& message) {
    Feed(StreamMessage{message});
    Flush();
  }

  void Welcome(milliseconds heartbeat = seconds(5)) {
    v1::ConnectResponse message;
    message.mutable_welcome()->set_session_id("s");
    auto* interval = message.mutable_welcome()->mutable_heartbeat_interval();
    interval->set_seconds(heartbeat.count() / 1000);
    interval->set_nanos(static_cast<int32_t>(heartbeat.count() % 1000 * 1'000'000));
    Receive(message);
  }

  void Open(milliseconds heartbeat = seconds(5)) {
    Feed(SessionStarted{});
    Flush();
    Welcome(heartbeat);
    ASSERT_EQ(core().state(), State::kOpen);
    sent_.clear();
  }

  // Lets the backoff pass and opens the next stream.
  void Reconnect() {
    WaitForDeadline();
    ASSERT_EQ(core().state(), State::kGreeting);
    Flush();
    Welcome();
  }

  void WaitForDeadline() {
    ASSERT_TRUE(core().NextDeadline().has_value());
    now_ = std::max(now_, *core().NextDeadline());
    Feed(SessionTick{});
  }

  void Assign(const std::string& id) {
    v1::ConnectResponse message;
    message.mutable_assignment()->set_task_id(id);
    message.mutable_assignment()->set_run_id("run");
    const size_t before = submitted_.size();
    Feed(StreamMessage{message});
    if (submitted_.size() > before) Feed(TaskAccepted{id});
    Flush();
  }

  void Finish(const std::string& id, size_t evidence = 0) {
    v1::TaskResult result;
    result.set_task_id(id);
    result.set_outcome(v1::OUTCOME_PASSED);
    if (evidence > 0) result.add_steps()->set_observed(std::string(evidence, 'x'));
    Feed(TaskFinished{result});
    Flush();
  }

  void Ack(uint64_t up_to) {
    v1::ConnectResponse message;
    message.mutable_result_ack()->set_up_to_sequence(up_to);
    Receive(message);
  }

  // The numbers of the batches that were sent.
  std::vector<uint64_t> SentSequences() const {
    std::vector<uint64_t> numbers;
    for (const v1::ConnectRequest& message : sent_) {
      if (message.has_results()) numbers.push_back(message.results().sequence());
    }
    return numbers;
  }

  SessionCoreOptions options_;
  std::optional<SessionCore> core_;
  shared::SteadyTime now_{seconds(1000)};
  bool writing_ = false;
  bool half_closed_ = false;
  bool cancelled_ = false;
  bool stopped_ = false;
  int opened_ = 0;
  std::vector<v1::ConnectRequest> sent_;
  std::vector<std::string> submitted_;
  std::vector<CancelTasks> cancels_;
  std::vector<LogLine> log_;
};

TEST_F(SessionCoreTest, SaysHelloFirstAndNothingElseBeforeWelcome) {
  Feed(SessionStarted{});
  Flush();
  Finish("early");  // from an earlier stream's task
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].hello().agent_id(), "gateway@host");
  EXPECT_EQ(core().state(), State::kGreeting);
  Welcome();
  EXPECT_EQ(core().state(), State::kOpen);
  EXPECT_THAT(SentSequences(), ElementsAre(1u));
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_EQ(log_[0].text, "connected to 127.0.0.1:7443 as gateway@host");
  EXPECT_EQ(log_[0].level, LogLine::Level::kInfo);
}

TEST_F(SessionCoreTest, AnAssignmentIsSubmittedAndAcknowledged) {
  Open();
  Assign("t1");
  EXPECT_THAT(submitted_, ElementsAre("t1"));
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].assignment_ack().task_id(), "t1");
  EXPECT_TRUE(sent_[0].assignment_ack().accepted());
}

TEST_F(SessionCoreTest, ATaskThatTheExecutorRejectsIsRejectedAndNotKept) {
  Open();
  v1::ConnectResponse message;
  message.mutable_assignment()->set_task_id("t1");
  Feed(StreamMessage{message});
  Feed(TaskRejected{"t1", "this agent cannot run checks of kind \"x\""});
  Flush();
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_FALSE(sent_[0].assignment_ack().accepted());
  EXPECT_EQ(sent_[0].assignment_ack().reason(), "this agent cannot run checks of kind \"x\"");
  EXPECT_TRUE(core().delivered());
  // It may be tried again later.
  Assign("t1");
  EXPECT_THAT(submitted_, ElementsAre("t1", "t1"));
}

TEST_F(SessionCoreTest, ADuplicateAssignmentIsAcknowledgedAndNotRunTwice) {
  Open();
  Assign("t1");
  Assign("t1");  // running
  Finish("t1");
  Assign("t1");  // reported, not acknowledged
  Ack(1);
  Assign("t1");  // acknowledged
  EXPECT_THAT(submitted_, ElementsAre("t1"));
  int accepted = 0;
  for (const v1::ConnectRequest& message : sent_) {
    if (message.has_assignment_ack() && message.assignment_ack().accepted()) ++accepted;
  }
  EXPECT_EQ(accepted, 4);
}

TEST_F(SessionCoreTest, TheMemoryOfFinishedTasksIsBounded) {
  options_.max_remembered_tasks = 2;
  Open();
  for (const char* id : {"a", "b", "c"}) {
    Assign(id);
    Finish(id);
  }
  Ack(3);
  submitted_.clear();
  Assign("b");
  Assign("c");
  EXPECT_THAT(submitted_, IsEmpty());
  Assign("a");
  EXPECT_THAT(submitted_, ElementsAre("a"));
}

TEST_F(SessionCoreTest, ResultsThatGatherDuringAWriteGoTogether) {
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

TEST_F(SessionCoreTest, ASecondResultOfATaskIsDropped) {
  Open();
  Assign("t1");
  Finish("t1");
  Finish("t1");
  EXPECT_THAT(SentSequences(), ElementsAre(1u));
}

TEST_F(SessionCoreTest, AfterALostStreamWhatIsNotAcknowledgedIsSentAgainBeforeWhatIsNew) {
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

TEST_F(SessionCoreTest, AnAckForABatchThatWasNeverSentEndsTheStreamAndForgetsNothing) {
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

TEST_F(SessionCoreTest, AHeartbeatGoesOutWhenNothingElseDidAndAheadOfResults) {
  Open(seconds(5));
  EXPECT_EQ(*core().NextDeadline(), now_ + seconds(5));
  now_ += seconds(3);
  Assign("a");  // its answer is a sign of life
  EXPECT_EQ(*core().NextDeadline(), now_ + seconds(5));
  sent_.clear();
  WaitForDeadline();
  Flush();
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_TRUE(sent_[0].has_heartbeat());
}

TEST_F(SessionCoreTest, WhileAWriteIsStuckNoHeartbeatsPileUp) {
  Open(seconds(5));
  v1::TaskResult result;
  result.set_task_id("a");
  Feed(TaskFinished{result});  // is never written
  now_ += seconds(6);
  Feed(SessionTick{});
  EXPECT_EQ(*core().NextDeadline(), now_ - seconds(6) + seconds(15));
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(SessionCoreTest, SilenceOfThreeIntervalsEndsTheStream) {
  Open(seconds(5));
  for (int i = 0; i < 2; ++i) {
    WaitForDeadline();
    Flush();
    EXPECT_FALSE(cancelled_);
  }
  WaitForDeadline();
  EXPECT_TRUE(cancelled_);
  Feed(StreamEnded{absl::CancelledError("")});
  EXPECT_EQ(core().state(), State::kWaiting);
  EXPECT_THAT(log_.back().text,
              HasSubstr("disconnected from 127.0.0.1:7443: nothing heard for 15s"));
}

TEST_F(SessionCoreTest, AnySignOfLifePutsTheEndOff) {
  Open(seconds(5));
  for (int i = 0; i < 10; ++i) {
    now_ += seconds(4);
    v1::ConnectResponse message;
    message.mutable_heartbeat();
    Receive(message);
    Feed(SessionTick{});
    Flush();
  }
  EXPECT_EQ(core().state(), State::kOpen);
}

TEST_F(SessionCoreTest, ACoordinatorThatNeverSaysWelcomeIsLeftAfterTheTimeout) {
  Feed(SessionStarted{});
  Flush();
  EXPECT_EQ(*core().NextDeadline(), now_ + seconds(10));
  WaitForDeadline();
  EXPECT_TRUE(cancelled_);
  EXPECT_FALSE(core().NextDeadline().has_value());
  Feed(StreamEnded{absl::CancelledError("")});
  EXPECT_EQ(core().state(), State::kWaiting);
  EXPECT_THAT(log_.back().text, HasSubstr("no welcome within 10s"));
  EXPECT_EQ(log_.back().level, LogLine::Level::kWarn);
}

TEST_F(SessionCoreTest, AnythingElseBeforeWelcomeBreaksTheConversation) {
  Feed(SessionStarted{});
  Flush();
  Assign("t1");
  EXPECT_TRUE(cancelled_);
  EXPECT_THAT(submitted_, IsEmpty());
  Feed(StreamEnded{absl::CancelledError("")});
  EXPECT_THAT(log_.back().text, HasSubstr("the coordinator sent assignment before welcome"));
  EXPECT_EQ(*core().NextDeadline() - now_, seconds(10));
}

TEST_F(SessionCoreTest, AMessageFromANewerCoordinatorIsIgnored) {
  Open();
  Receive(v1::ConnectResponse());
  EXPECT_EQ(core().state(), State::kOpen);
}

TEST_F(SessionCoreTest, StatusesForWhichTryingAgainDoesNotHelpWaitTheLongestBackoff) {
  const struct {
    absl::Status status;
    bool longest;
  } kCases[] = {
      {absl::InvalidArgumentError("x"), true},    {absl::UnauthenticatedError("x"), true},
      {absl::PermissionDeniedError("x"), true},   {absl::AlreadyExistsError("x"), true},
      {absl::UnavailableError("x"), false},       {absl::InternalError("x"), false},
      {absl::ResourceExhaustedError("x"), false}, {absl::OkStatus(), false},
      {absl::UnimplementedError("x"), false},     {absl::UnknownError("x"), false},
  };
  for (const auto& c : kCases) {
    core_.reset();
    Feed(SessionStarted{});
    Feed(StreamEnded{c.status});
    const shared::Duration wait = *core().NextDeadline() - now_;
    if (c.longest) {
      EXPECT_EQ(wait, seconds(10)) << c.status;
    } else {
      EXPECT_LT(wait, milliseconds(100)) << c.status;
    }
  }
}

TEST_F(SessionCoreTest, TheBackoffGrowsWithFailuresAndStartsAgainAfterASessionThatStood) {
  Feed(SessionStarted{});
  shared::Duration longest{};
  for (int i = 0; i < 20; ++i) {
    Feed(StreamEnded{absl::UnavailableError("connection refused")});
    longest = std::max(longest, *core().NextDeadline() - now_);
    EXPECT_LE(*core().NextDeadline() - now_, seconds(10));
    WaitForDeadline();
  }
  EXPECT_GT(longest, seconds(5));
  Flush();
  Welcome();
  now_ += seconds(2);
  Feed(StreamEnded{absl::UnavailableError("socket closed")});
  EXPECT_LT(*core().NextDeadline() - now_, milliseconds(100));
}

TEST_F(SessionCoreTest, AnOutageIsOneLineAndNotOneForEachAttempt) {
  Feed(SessionStarted{});
  for (int i = 0; i < 5; ++i) {
    Feed(StreamEnded{absl::UnavailableError("connection refused")});
    WaitForDeadline();
  }
  int loud = 0;
  for (const LogLine& line : log_) loud += line.level != LogLine::Level::kDebug ? 1 : 0;
  EXPECT_EQ(loud, 1);
  EXPECT_EQ(opened_, 6);
}

TEST_F(SessionCoreTest, ACancellationIsPassedOn) {
  Open();
  v1::ConnectResponse message;
  message.mutable_cancellation()->set_run_id("run");
  message.mutable_cancellation()->set_task_id("t1");
  message.mutable_cancellation()->set_reason("the run was cancelled");
  Receive(message);
  ASSERT_EQ(cancels_.size(), 1u);
  EXPECT_EQ(cancels_[0].run_id, "run");
  EXPECT_EQ(cancels_[0].task_id, "t1");
  EXPECT_EQ(cancels_[0].reason, "the run was cancelled");
}

TEST_F(SessionCoreTest, ACoordinatorThatLeavesGetsTheStreamBackAndTheAgentReconnects) {
  Open();
  Assign("a");
  now_ += seconds(2);
  v1::ConnectResponse notice;
  notice.mutable_drain_notice()->set_reason("upgrade");
  Receive(notice);
  EXPECT_TRUE(half_closed_);
  Assign("late");  // not taken any more: the next Hello says so
  EXPECT_THAT(submitted_, ElementsAre("a"));
  Finish("a");
  EXPECT_THAT(SentSequences(), IsEmpty());
  Feed(StreamEnded{absl::OkStatus()});
  EXPECT_THAT(log_.back().text, HasSubstr("the coordinator is about to stop: upgrade"));
  EXPECT_LT(*core().NextDeadline() - now_, milliseconds(100));
  sent_.clear();
  Reconnect();
  EXPECT_THAT(SentSequences(), ElementsAre(1u));
}

TEST_F(SessionCoreTest, AckThatComesWhileTheStreamIsClosingCounts) {
  Open();
  Assign("a");
  Finish("a");
  v1::ConnectResponse notice;
  notice.mutable_drain_notice();
  Receive(notice);
  Ack(1);
  EXPECT_TRUE(core().delivered());
}

TEST_F(SessionCoreTest, ACoordinatorThatDoesNotEndAClosedStreamIsCutOff) {
  Open();
  v1::ConnectResponse notice;
  notice.mutable_drain_notice();
  Receive(notice);
  EXPECT_FALSE(cancelled_);
  WaitForDeadline();
  EXPECT_TRUE(cancelled_);
}

TEST_F(SessionCoreTest, ADrainingAgentTakesNoMoreDeliversAndLeaves) {
  Open();
  Assign("a");
  Feed(DrainRequested{"terminated"});
  Flush();
  EXPECT_EQ(sent_.back().drain_notice().reason(), "terminated");
  Assign("b");
  EXPECT_FALSE(sent_.back().assignment_ack().accepted());
  EXPECT_EQ(sent_.back().assignment_ack().reason(), "the agent is draining: terminated");
  EXPECT_FALSE(half_closed_);
  Finish("a");
  EXPECT_FALSE(half_closed_);
  Ack(1);
  EXPECT_TRUE(half_closed_);
  EXPECT_FALSE(stopped_);
  Feed(StreamEnded{absl::OkStatus()});
  EXPECT_TRUE(stopped_);
  EXPECT_TRUE(core().delivered());
}

TEST_F(SessionCoreTest, ADrainingAgentThatLosesItsStreamComesBackToDeliver) {
  Open();
  Assign("a");
  Feed(DrainRequested{"terminated"});
  Finish("a");
  Feed(StreamEnded{absl::UnavailableError("socket closed")});
  EXPECT_FALSE(stopped_);
  sent_.clear();
  Reconnect();
  ASSERT_EQ(sent_.size(), 3u);
  EXPECT_TRUE(sent_[1].has_drain_notice());
  EXPECT_TRUE(sent_[2].has_results());
  Ack(1);
  Feed(StreamEnded{absl::OkStatus()});
  EXPECT_TRUE(stopped_);
}

TEST_F(SessionCoreTest, AnAgentWithNothingToDeliverLeavesAtOnceWhateverTheState) {
  Feed(DrainRequested{"terminated"});  // not started
  EXPECT_TRUE(stopped_);

  core_.reset();
  stopped_ = false;
  Feed(SessionStarted{});
  Feed(StreamEnded{absl::UnavailableError("connection refused")});
  Feed(DrainRequested{"terminated"});  // between two attempts
  EXPECT_TRUE(stopped_);

  core_.reset();
  stopped_ = false;
  Feed(SessionStarted{});
  Feed(DrainRequested{"terminated"});  // before Welcome
  EXPECT_TRUE(cancelled_);
  EXPECT_FALSE(stopped_);
  Feed(StreamEnded{absl::CancelledError("")});
  EXPECT_TRUE(stopped_);
}

TEST_F(SessionCoreTest, DrainingDoesNotWaitForALongBackoff) {
  Feed(SessionStarted{});
  Finish("a");
  Feed(StreamEnded{absl::PermissionDeniedError("x")});
  EXPECT_EQ(*core().NextDeadline() - now_, seconds(10));
  Feed(DrainRequested{"terminated"});
  EXPECT_EQ(*core().NextDeadline(), now_);
}

TEST_F(SessionCoreTest, StopLeavesWhateverIsNotDelivered) {
  Open();
  Assign("a");
  Feed(StopRequested{});
  EXPECT_TRUE(cancelled_);
  Feed(StreamEnded{absl::CancelledError("")});
  EXPECT_TRUE(stopped_);
  EXPECT_FALSE(core().delivered());
  // Nothing happens after that.
  Feed(SessionTick{});
  Finish("a");
  EXPECT_EQ(opened_, 1);
}

TEST_F(SessionCoreTest, AFullBufferRejectsWorkAndTakesItAgainWhenThereIsRoom) {
  options_.buffer.max_bytes = 1000;
  Open();
  Assign("a");
  Finish("a", 2000);
  Assign("b");
  EXPECT_FALSE(sent_.back().assignment_ack().accepted());
  EXPECT_THAT(sent_.back().assignment_ack().reason(),
              HasSubstr("results wait for the coordinator's acknowledgement"));
  Ack(1);
  Assign("b");
  EXPECT_TRUE(sent_.back().assignment_ack().accepted());
}

TEST_F(SessionCoreTest, AResultThatIsRefusedAsTooLargeIsSentAgainWithoutItsEvidence) {
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

TEST_F(SessionCoreTest, ACoordinatorThatIsOnlyBusyCostsNoEvidence) {
  Open();
  Assign("a");
  Finish("a", 50'000);
  Feed(StreamEnded{absl::ResourceExhaustedError("too many sessions")});
  sent_.clear();
  Reconnect();
  EXPECT_EQ(sent_.back().results().results(0).steps_size(), 1);
}

TEST_F(SessionCoreTest, HeartbeatIntervalsOutOfRangeAreBroughtIntoIt) {
  Open(milliseconds(0));
  EXPECT_EQ(*core().NextDeadline(), now_ + seconds(5));
  core_.reset();
  Open(std::chrono::hours(100));
  EXPECT_EQ(*core().NextDeadline(), now_ + std::chrono::minutes(5));
}

}  // namespace
}  // namespace smokemesh::agent
