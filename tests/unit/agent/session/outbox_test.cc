#include "agent/session/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smokemesh::agent {
namespace {

v1::ConnectRequest Heartbeat() {
  v1::ConnectRequest request;
  request.mutable_heartbeat();
  return request;
}

class OutboxTest : public ::testing::Test {
 protected:
  void AddResult() {
    v1::TaskResult result;
    result.set_task_id("t");
    results_.Add(result);
  }

  ResultBuffer results_{ResultBufferOptions{}};
  Outbox outbox_{&results_};
};

TEST_F(OutboxTest, OneThingIsInFlightAtATime) {
  outbox_.Push(Heartbeat());
  outbox_.Push(Heartbeat());
  EXPECT_TRUE(outbox_.TakeNext().has_value());
  EXPECT_FALSE(outbox_.TakeNext().has_value());
  outbox_.WriteDone();
  EXPECT_TRUE(outbox_.TakeNext().has_value());
}

TEST_F(OutboxTest, HeartbeatsGoAheadOfResults) {
  AddResult();
  outbox_.ReleaseResults();
  outbox_.Push(Heartbeat());
  EXPECT_TRUE(outbox_.TakeNext()->message.has_heartbeat());
  outbox_.WriteDone();
  EXPECT_TRUE(outbox_.TakeNext()->message.has_results());
}

TEST_F(OutboxTest, ResultsWaitUntilTheyAreReleased) {
  AddResult();
  EXPECT_FALSE(outbox_.TakeNext().has_value());
  outbox_.ReleaseResults();
  EXPECT_TRUE(outbox_.TakeNext()->message.has_results());
}

TEST_F(OutboxTest, ClosingSendsWhatIsQueuedHoldsResultsBackAndIsTheLast) {
  AddResult();
  outbox_.ReleaseResults();
  outbox_.Push(Heartbeat());
  outbox_.Close();
  EXPECT_TRUE(outbox_.TakeNext()->message.has_heartbeat());
  outbox_.WriteDone();
  EXPECT_TRUE(outbox_.TakeNext()->half_close);
  outbox_.WriteDone();
  outbox_.Push(Heartbeat());
  EXPECT_FALSE(outbox_.TakeNext().has_value());
}

TEST_F(OutboxTest, ANewStreamBeginsEmptyAndWithResultsToSendAgain) {
  AddResult();
  outbox_.ReleaseResults();
  ASSERT_TRUE(outbox_.TakeNext()->message.has_results());
  outbox_.Push(Heartbeat());
  outbox_.Reset();
  EXPECT_FALSE(outbox_.in_flight());
  EXPECT_FALSE(outbox_.TakeNext().has_value());
  outbox_.ReleaseResults();
  EXPECT_EQ(outbox_.TakeNext()->message.results().sequence(), 1u);
}

}  // namespace
}  // namespace smokemesh::agent
