// Connecting, greeting, signs of life, the end of a stream.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/agent/session/session_core_fixture.h"

namespace smokemesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = SessionCore::State;

using SessionCoreStreamTest = SessionCoreTest;

TEST_F(SessionCoreStreamTest, SaysHelloFirstAndNothingElseBeforeWelcome) {
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

TEST_F(SessionCoreStreamTest, AHeartbeatGoesOutWhenNothingElseDidAndAheadOfResults) {
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

TEST_F(SessionCoreStreamTest, WhileAWriteIsStuckNoHeartbeatsPileUp) {
  Open(seconds(5));
  v1::TaskResult result;
  result.set_task_id("a");
  Feed(TaskFinished{result});  // is never written
  now_ += seconds(6);
  Feed(SessionTick{});
  EXPECT_EQ(*core().NextDeadline(), now_ - seconds(6) + seconds(15));
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(SessionCoreStreamTest, SilenceOfThreeIntervalsEndsTheStream) {
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

TEST_F(SessionCoreStreamTest, AnySignOfLifePutsTheEndOff) {
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

TEST_F(SessionCoreStreamTest, ACoordinatorThatNeverSaysWelcomeIsLeftAfterTheTimeout) {
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

TEST_F(SessionCoreStreamTest, AnythingElseBeforeWelcomeBreaksTheConversation) {
  Feed(SessionStarted{});
  Flush();
  Assign("t1");
  EXPECT_TRUE(cancelled_);
  EXPECT_THAT(submitted_, IsEmpty());
  Feed(StreamEnded{absl::CancelledError("")});
  EXPECT_THAT(log_.back().text, HasSubstr("the coordinator sent assignment before welcome"));
  EXPECT_EQ(*core().NextDeadline() - now_, seconds(10));
}

TEST_F(SessionCoreStreamTest, AMessageFromANewerCoordinatorIsIgnored) {
  Open();
  Receive(v1::ConnectResponse());
  EXPECT_EQ(core().state(), State::kOpen);
}

TEST_F(SessionCoreStreamTest, StatusesForWhichTryingAgainDoesNotHelpWaitTheLongestBackoff) {
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

TEST_F(SessionCoreStreamTest, TheBackoffGrowsWithFailuresAndStartsAgainAfterASessionThatStood) {
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

TEST_F(SessionCoreStreamTest, AnOutageIsOneLineAndNotOneForEachAttempt) {
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

TEST_F(SessionCoreStreamTest, ACoordinatorThatLeavesGetsTheStreamBackAndTheAgentReconnects) {
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

TEST_F(SessionCoreStreamTest, ACoordinatorThatDoesNotEndAClosedStreamIsCutOff) {
  Open();
  v1::ConnectResponse notice;
  notice.mutable_drain_notice();
  Receive(notice);
  EXPECT_FALSE(cancelled_);
  WaitForDeadline();
  EXPECT_TRUE(cancelled_);
}

TEST_F(SessionCoreStreamTest, HeartbeatIntervalsOutOfRangeAreBroughtIntoIt) {
  Open(milliseconds(0));
  EXPECT_EQ(*core().NextDeadline(), now_ + seconds(5));
  core_.reset();
  Open(std::chrono::hours(100));
  EXPECT_EQ(*core().NextDeadline(), now_ + std::chrono::minutes(5));
}

}  // namespace
}  // namespace smokemesh::agent
