// What becomes of assignments.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/agent/session/session_core_fixture.h"

namespace smokemesh::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using SessionCoreTasksTest = SessionCoreTest;

TEST_F(SessionCoreTasksTest, AnAssignmentIsSubmittedAndAcknowledged) {
  Open();
  Assign("t1");
  EXPECT_THAT(submitted_, ElementsAre("t1"));
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].assignment_ack().task_id(), "t1");
  EXPECT_TRUE(sent_[0].assignment_ack().accepted());
}

TEST_F(SessionCoreTasksTest, ATaskThatTheExecutorRejectsIsRejectedAndNotKept) {
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

TEST_F(SessionCoreTasksTest, ADuplicateAssignmentIsAcknowledgedAndNotRunTwice) {
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

TEST_F(SessionCoreTasksTest, TheMemoryOfFinishedTasksIsBounded) {
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

TEST_F(SessionCoreTasksTest, ACancellationIsPassedOn) {
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

TEST_F(SessionCoreTasksTest, AFullBufferRejectsWorkAndTakesItAgainWhenThereIsRoom) {
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

TEST_F(SessionCoreTasksTest, IdentifiersOfRunningTasksCountAsThoseOfResults) {
  options_.buffer.max_id_bytes = 20;
  Open();
  Assign("0123456789");
  Assign("9876543210");
  Assign("late");
  EXPECT_THAT(submitted_, ElementsAre("0123456789", "9876543210"));
  EXPECT_FALSE(sent_.back().assignment_ack().accepted());
}

TEST_F(SessionCoreTasksTest, ACoordinatorThatDoesNotReadAnswersIsLeft) {
  Open();
  v1::ConnectResponse message;
  for (int i = 0; i < 40 && !cancelled_; ++i) {
    // The first answer is being written, and never is.
    message.mutable_assignment()->set_task_id(std::to_string(i) + std::string(64 * 1024, 'x'));
    Feed(StreamMessage{message});
    if (!cancelled_) Feed(TaskRejected{message.assignment().task_id(), "too long"});
  }
  EXPECT_TRUE(cancelled_);
  EXPECT_LT(submitted_.size(), 20u);
}

}  // namespace
}  // namespace smokemesh::agent
