#include "coordinator/service/watch_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace smokemesh::coordinator {
namespace {

WatchQueue::Event Check(const std::string& name, v1::Outcome outcome) {
  auto event = std::make_shared<v1::WatchRunResponse>();
  event->mutable_check()->set_name(name);
  event->mutable_check()->set_outcome(outcome);
  return event;
}

WatchQueue::Event Verdict(v1::Decision decision) {
  auto event = std::make_shared<v1::WatchRunResponse>();
  event->mutable_verdict()->set_decision(decision);
  return event;
}

WatchQueue::Event Whole(v1::Run::State state) {
  auto event = std::make_shared<v1::WatchRunResponse>();
  event->mutable_run()->set_state(state);
  return event;
}

TEST(WatchQueueTest, GivesEventsInTheirOrder) {
  WatchQueue queue;
  queue.Push(Whole(v1::Run::STATE_RUNNING));
  queue.Push(Check("a", v1::OUTCOME_PASSED));
  queue.Push(Verdict(v1::DECISION_ROLLBACK));
  queue.Push(Check("b", v1::OUTCOME_PASSED));
  EXPECT_TRUE(queue.Pop()->has_run());
  EXPECT_EQ(queue.Pop()->check().name(), "a");
  EXPECT_TRUE(queue.Pop()->has_verdict());
  EXPECT_EQ(queue.Pop()->check().name(), "b");
  EXPECT_EQ(queue.Pop(), nullptr);
  EXPECT_TRUE(queue.empty());
}

TEST(WatchQueueTest, ANewerStateOfACheckTakesThePlaceOfTheOneThatWaits) {
  WatchQueue queue;
  queue.Push(Check("a", v1::OUTCOME_UNSPECIFIED));
  queue.Push(Check("b", v1::OUTCOME_UNSPECIFIED));
  queue.Push(Check("a", v1::OUTCOME_FAILED));
  const WatchQueue::Event first = queue.Pop();
  EXPECT_EQ(first->check().name(), "a");
  EXPECT_EQ(first->check().outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(queue.Pop()->check().name(), "b");
  EXPECT_EQ(queue.Pop(), nullptr);
}

TEST(WatchQueueTest, ACheckThatIsCalledLikeAnotherKindOfEventIsACheck) {
  WatchQueue queue;
  queue.Push(Check("verdict", v1::OUTCOME_PASSED));
  queue.Push(Verdict(v1::DECISION_HOLD));
  EXPECT_TRUE(queue.Pop()->has_check());
  EXPECT_TRUE(queue.Pop()->has_verdict());
}

TEST(WatchQueueTest, TheFinalRunReplacesAllThatWaits) {
  WatchQueue queue;
  queue.Push(Check("a", v1::OUTCOME_PASSED));
  queue.Push(Verdict(v1::DECISION_PROMOTE));
  queue.Push(Whole(v1::Run::STATE_FINISHED));
  EXPECT_EQ(queue.Pop()->run().state(), v1::Run::STATE_FINISHED);
  EXPECT_EQ(queue.Pop(), nullptr);
}

TEST(WatchQueueTest, HoldsNoMoreThanOneEventForEachCheck) {
  WatchQueue queue;
  for (int round = 0; round < 100; ++round) {
    for (int check = 0; check < 10; ++check) {
      queue.Push(Check(std::to_string(check), v1::OUTCOME_PASSED));
    }
    queue.Push(Verdict(v1::DECISION_PROMOTE));
  }
  int held = 0;
  while (queue.Pop() != nullptr) ++held;
  EXPECT_EQ(held, 11);
}

}  // namespace
}  // namespace smokemesh::coordinator
