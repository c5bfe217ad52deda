// Tasks of a flow at their barrier.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/executor/executor.h"
#include "tests/testing/fake_checks.h"

namespace smokemesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using testing::FakeChecks;
using testing::MakeAssignment;
using ::testing::UnorderedElementsAre;
using testing::WithOutcome;

// What happened, in order, for all threads.
class Events {
 public:
  void Add(std::string event) {
    shared::MutexLock lock(&mutex_);
    events_.push_back(std::move(event));
    changed_.NotifyAll();
  }
  // Waits until there are `count` of them, and returns them.
  std::vector<std::string> Wait(size_t count) {
    const auto deadline = steady_clock::now() + seconds(20);
    shared::MutexLock lock(&mutex_);
    while (events_.size() < count && changed_.WaitUntil(&mutex_, deadline)) {
    }
    return events_;
  }

 private:
  shared::Mutex mutex_;
  shared::CondVar changed_;
  std::vector<std::string> events_ ABSL_GUARDED_BY(mutex_);
};

class ExecutorBarrierTest : public ::testing::Test {
 protected:
  ExecutorBarrierTest() {
    options_.agent_id = "agent-1";
    options_.max_parallel = 1;
    checks_->Set("flow", {.run = [](const CheckContext& context) {
                   const absl::Status passed = context.barrier->Await(context.deadline);
                   v1::TaskResult result =
                       WithOutcome(passed.ok()                        ? v1::OUTCOME_PASSED
                                   : absl::IsCancelled(passed)        ? v1::OUTCOME_ABORTED
                                   : absl::IsDeadlineExceeded(passed) ? v1::OUTCOME_FAILED
                                                                      : v1::OUTCOME_ERRORED);
                   return result;
                 }});
  }
  ~ExecutorBarrierTest() override { executor_.reset(); }

  Executor& executor() {
    if (executor_ == nullptr) {
      executor_ = std::make_unique<Executor>(
          options_, checks_,
          [this](v1::TaskResult result) {
            events_.Add(result.task_id() + " " +
                        v1::Outcome_Name(result.outcome()).substr(sizeof("OUTCOME_") - 1));
          },
          [this](const std::string& task_id) { events_.Add(task_id + " ready"); });
    }
    return *executor_;
  }

  void Submit(const std::string& task, const std::string& check = "flow",
              milliseconds timeout = seconds(20)) {
    const absl::Status status = executor().Submit(MakeAssignment(task, check, timeout));
    ASSERT_TRUE(status.ok()) << status;
  }

  ExecutorOptions options_;
  std::shared_ptr<FakeChecks> checks_ = std::make_shared<FakeChecks>();
  Events events_;
  std::unique_ptr<Executor> executor_;  // last: it uses the others
};

TEST_F(ExecutorBarrierTest, ATaskSaysThatItIsReadyAndPassesWhenItIsReleased) {
  Submit("t1");
  EXPECT_THAT(events_.Wait(1), ElementsAre("t1 ready"));
  executor().Release("unknown");
  executor().Release("t1");
  executor().Release("t1");
  EXPECT_THAT(events_.Wait(2), ElementsAre("t1 ready", "t1 PASSED"));
  executor().Release("t1");  // over
}

TEST_F(ExecutorBarrierTest, AReleaseThatComesFirstCounts) {
  testing::Gate begin;
  checks_->Set("slow", {.run = [&](const CheckContext& context) {
                 begin.Wait();
                 return WithOutcome(context.barrier->Await(context.deadline).ok()
                                        ? v1::OUTCOME_PASSED
                                        : v1::OUTCOME_FAILED);
               }});
  Submit("t1", "slow");
  executor().Release("t1");
  begin.Open();
  EXPECT_THAT(events_.Wait(2), ElementsAre("t1 ready", "t1 PASSED"));
}

TEST_F(ExecutorBarrierTest, ACancellationEndsTheWait) {
  Submit("t1");
  events_.Wait(1);
  executor().Cancel("run-1", "t1", "another agent is lost");
  EXPECT_THAT(events_.Wait(2), ElementsAre("t1 ready", "t1 ABORTED"));
}

TEST_F(ExecutorBarrierTest, TheDeadlineEndsTheWait) {
  const auto begin = steady_clock::now();
  Submit("t1", "flow", milliseconds(100));
  EXPECT_THAT(events_.Wait(2), ElementsAre("t1 ready", "t1 FAILED"));
  EXPECT_LT(steady_clock::now() - begin, seconds(5));
}

TEST_F(ExecutorBarrierTest, WhoWaitsDoesNotKeepOthersFromRunning) {
  for (const char* flow : {"f1", "f2", "f3"}) {
    Submit(flow);
  }
  EXPECT_THAT(events_.Wait(3), UnorderedElementsAre("f1 ready", "f2 ready", "f3 ready"));
  Submit("plain", "other");
  EXPECT_EQ(events_.Wait(4).back(), "plain PASSED");
  for (const char* flow : {"f1", "f2", "f3"}) executor().Release(flow);
  EXPECT_EQ(events_.Wait(7).size(), 7u);
  EXPECT_TRUE(executor().WaitIdle(steady_clock::now() + seconds(20)));
}

TEST_F(ExecutorBarrierTest, BeyondTheBoundWhoWaitsKeepsItsPlace) {
  options_.max_waiting = 1;
  Submit("f1");
  events_.Wait(1);
  Submit("f2");  // takes the only place
  events_.Wait(2);
  Submit("late", "other", milliseconds(100));  // no worker gets free in its time
  EXPECT_EQ(events_.Wait(3).back(), "late ERRORED");
  Submit("plain", "other");
  executor().Release("f2");
  EXPECT_THAT(events_.Wait(5),
              ElementsAre("f1 ready", "f2 ready", "late ERRORED", "f2 PASSED", "plain PASSED"));
}

TEST_F(ExecutorBarrierTest, AfterTheBarriersAsManyRunAsBefore) {
  for (const char* flow : {"f1", "f2", "f3", "f4"}) Submit(flow);
  events_.Wait(4);
  for (const char* flow : {"f1", "f2", "f3", "f4"}) executor().Release(flow);
  events_.Wait(8);
  ASSERT_TRUE(executor().WaitIdle(steady_clock::now() + seconds(20)));
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  checks_->Set("counted", {.run = [&](const CheckContext&) {
                 most = std::max<int>(most, ++running);
                 std::this_thread::yield();
                 --running;
                 return WithOutcome(v1::OUTCOME_PASSED);
               }});
  for (int i = 0; i < 50; ++i) Submit("c" + std::to_string(i), "counted");
  EXPECT_EQ(events_.Wait(58).size(), 58u);
  EXPECT_EQ(most, 1);
}

TEST_F(ExecutorBarrierTest, AWaitingTaskDoesNotOutliveTheExecutor) {
  Submit("t1");
  events_.Wait(1);
  executor_.reset();
  EXPECT_THAT(events_.Wait(2), ElementsAre("t1 ready", "t1 ABORTED"));
}

TEST_F(ExecutorBarrierTest, AStuckTaskAtItsBarrierIsReportedAndItsPlaceGiven) {
  // It comes to the barrier after its time: the watchdog has reported it and replaced its worker.
  testing::Gate late;
  testing::Gate done;
  checks_->Set("late", {.run = [&](const CheckContext& context) {
                 late.Wait();
                 context.barrier->Await(context.deadline).IgnoreError();
                 done.Open();
                 return WithOutcome(v1::OUTCOME_PASSED);
               }});
  Submit("t1", "late", milliseconds(50));
  EXPECT_THAT(events_.Wait(1), ElementsAre("t1 FAILED"));
  late.Open();
  EXPECT_TRUE(done.Wait());
  Submit("plain", "other");
  EXPECT_EQ(events_.Wait(3).back(), "plain PASSED");
  EXPECT_TRUE(executor().WaitIdle(steady_clock::now() + seconds(20)));
}

}  // namespace
}  // namespace smokemesh::agent
