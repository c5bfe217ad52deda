// Leaving.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/agent/session/session_core_fixture.h"

namespace smokemesh::agent {
namespace {

using std::chrono::seconds;

using SessionCoreDrainTest = SessionCoreTest;

TEST_F(SessionCoreDrainTest, ADrainingAgentTakesNoMoreDeliversAndLeaves) {
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

TEST_F(SessionCoreDrainTest, ADrainingAgentThatLosesItsStreamComesBackToDeliver) {
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

TEST_F(SessionCoreDrainTest, AnAgentWithNothingToDeliverLeavesAtOnceWhateverTheState) {
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

TEST_F(SessionCoreDrainTest, DrainingDoesNotWaitForALongBackoff) {
  Feed(SessionStarted{});
  Finish("a");
  Feed(StreamEnded{absl::PermissionDeniedError("x")});
  EXPECT_EQ(*core().NextDeadline() - now_, seconds(10));
  Feed(DrainRequested{"terminated"});
  EXPECT_EQ(*core().NextDeadline(), now_);
}

TEST_F(SessionCoreDrainTest, StopLeavesWhateverIsNotDelivered) {
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

}  // namespace
}  // namespace smokemesh::agent
