// The barrier of a flow: Ready and Go.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/session/session_core_fixture.h"

namespace smokemesh::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using SessionCoreFlowTest = SessionCoreTest;

TEST_F(SessionCoreFlowTest, ReadyIsSaidOnceAndGoLetsTheTaskPass) {
  Open();
  Assign("t1");
  EXPECT_THAT(SentReady(), IsEmpty());
  Ready("t1");
  EXPECT_THAT(SentReady(), ElementsAre("t1"));
  EXPECT_THAT(released_, IsEmpty());
  Go("t1");
  EXPECT_THAT(released_, ElementsAre("t1"));
}

TEST_F(SessionCoreFlowTest, ReadyIsSaidOnEveryStreamUntilGo) {
  Open();
  for (const char* id : {"a", "b", "c"}) Assign(id);
  Ready("a");
  Ready("b");
  Go("a");
  for (int i = 0; i < 2; ++i) {
    Feed(StreamEnded{absl::UnavailableError("socket closed")});
    sent_.clear();
    Reconnect();
    EXPECT_THAT(SentReady(), ElementsAre("b"));
  }
  Go("b");
  Feed(StreamEnded{absl::UnavailableError("socket closed")});
  sent_.clear();
  Reconnect();
  EXPECT_THAT(SentReady(), IsEmpty());
}

TEST_F(SessionCoreFlowTest, WhoGetsReadyWithoutAStreamSaysSoAfterWelcomeAndNotBefore) {
  Open();
  Assign("t1");
  Feed(StreamEnded{absl::UnavailableError("socket closed")});
  sent_.clear();
  Ready("t1");
  WaitForDeadline();
  Flush();
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_TRUE(sent_[0].has_hello());
  EXPECT_THAT(sent_[0].hello().tasks_in_hand(), ElementsAre("t1"));
  Welcome();
  EXPECT_THAT(SentReady(), ElementsAre("t1"));
}

TEST_F(SessionCoreFlowTest, GoCountsOnceHoweverOftenItComes) {
  Open();
  Assign("t1");
  Ready("t1");
  Go("t1");
  Go("t1");
  EXPECT_THAT(released_, ElementsAre("t1"));
}

TEST_F(SessionCoreFlowTest, GoThatComesBeforeReadyIsPassedOnAndReadyNotSaidAnyMore) {
  Open();
  Assign("t1");
  Go("t1");
  EXPECT_THAT(released_, ElementsAre("t1"));
  Ready("t1");
  EXPECT_THAT(SentReady(), IsEmpty());
}

TEST_F(SessionCoreFlowTest, GoForATaskThatDoesNotRunIsIgnored) {
  Open();
  Go("unknown");
  Assign("t1");
  Ready("t1");
  Finish("t1");  // cancelled
  Go("t1");
  EXPECT_THAT(released_, IsEmpty());
  EXPECT_EQ(core().state(), SessionCore::State::kOpen);
}

TEST_F(SessionCoreFlowTest, ReadyIsNotSaidForATaskThatIsOver) {
  Open();
  Assign("t1");
  Assign("t2");
  Finish("t1");
  Ready("t1");
  Ready("unknown");
  Ready("t2");
  EXPECT_THAT(SentReady(), ElementsAre("t2"));
  Finish("t2");
  Feed(StreamEnded{absl::UnavailableError("socket closed")});
  sent_.clear();
  Reconnect();
  EXPECT_THAT(SentReady(), ElementsAre());
}

TEST_F(SessionCoreFlowTest, ADrainingAgentStillGoesThroughItsBarrier) {
  Open();
  Assign("t1");
  Feed(DrainRequested{"terminated"});
  Ready("t1");
  EXPECT_THAT(SentReady(), ElementsAre("t1"));
  Go("t1");
  EXPECT_THAT(released_, ElementsAre("t1"));
  EXPECT_FALSE(half_closed_);
}

}  // namespace
}  // namespace smokemesh::agent
