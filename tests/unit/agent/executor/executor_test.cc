#include "agent/executor/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "shared/duration.h"
#include "tests/testing/fake_checks.h"

namespace smokemesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::FakeChecks;
using testing::Gate;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using testing::MakeAssignment;
using ::testing::Pair;
using ::testing::SizeIs;
using testing::WithOutcome;

// Collects results and lets tests wait for them.
class Results {
 public:
  void Add(v1::TaskResult result) {
    shared::MutexLock lock(&mutex_);
    arrived_.push_back(steady_clock::now());
    results_.push_back(std::move(result));
    changed_.NotifyAll();
  }
  // Waits for `count` results; returns what there is.
  std::vector<v1::TaskResult> Wait(size_t count) {
    const auto deadline = steady_clock::now() + seconds(20);
    shared::MutexLock lock(&mutex_);
    while (results_.size() < count && changed_.WaitUntil(&mutex_, deadline)) {
    }
    return results_;
  }
  shared::SteadyTime arrival(size_t i) {
    shared::MutexLock lock(&mutex_);
    return arrived_.at(i);
  }

 private:
  shared::Mutex mutex_;
  shared::CondVar changed_;
  std::vector<v1::TaskResult> results_ ABSL_GUARDED_BY(mutex_);
  std::vector<shared::SteadyTime> arrived_ ABSL_GUARDED_BY(mutex_);
};

class ExecutorTest : public ::testing::Test {
 protected:
  ExecutorTest() {
    options_.agent_id = "agent-1";
    options_.max_parallel = 2;
    options_.cancel_slack = milliseconds(200);
    options_.clean_up_time = seconds(1);
  }

  // Gates that checks wait on are opened before the executor is torn down.
  ~ExecutorTest() override {
    for (Gate* gate : {&gate_, &clean_up_gate_}) gate->Open();
    executor_.reset();
  }

  Executor& executor() {
    if (executor_ == nullptr) {
      executor_ = std::make_unique<Executor>(
          options_, checks_, [this](v1::TaskResult result) { results_.Add(std::move(result)); });
    }
    return *executor_;
  }

  void Submit(const std::string& task, const std::string& check,
              milliseconds timeout = seconds(10)) {
    const absl::Status status = executor().Submit(MakeAssignment(task, check, timeout));
    ASSERT_TRUE(status.ok()) << status;
  }

  // A check that ignores its deadline and its cancellation until the gate opens.
  void SetStuck(const std::string& check) {
    checks_->Set(check, {.run = [this](const CheckContext&) {
                   running_.Open();
                   gate_.Wait();
                   return WithOutcome(v1::OUTCOME_PASSED);
                 }});
  }

  // A check that runs until it is cancelled.
  void SetObedient(const std::string& check) {
    checks_->Set(check, {.run = [this](const CheckContext& context) {
                   Gate cancelled;
                   const shared::Cancellation::Registration registration(context.cancellation,
                                                                         [&] { cancelled.Open(); });
                   running_.Open();
                   cancelled.WaitUntil(context.deadline);
                   v1::TaskResult result =
                       WithOutcome(context.cancellation->cancelled() ? v1::OUTCOME_ABORTED
                                                                     : v1::OUTCOME_FAILED);
                   result.set_message(context.cancellation->reason());
                   return result;
                 }});
  }

  bool WaitIdle() { return executor().WaitIdle(steady_clock::now() + seconds(20)); }

  ExecutorOptions options_;
  std::shared_ptr<FakeChecks> checks_ = std::make_shared<FakeChecks>();
  Results results_;
  Gate running_;
  Gate gate_;
  Gate clean_up_gate_;
  std::unique_ptr<Executor> executor_;
};

TEST_F(ExecutorTest, AResultCarriesTheIdentifiersOfItsAssignment) {
  v1::Assignment assignment = MakeAssignment("t1", "login", seconds(5));
  assignment.set_attempt(3);
  ASSERT_TRUE(executor().Submit(assignment).ok());
  const v1::TaskResult result = results_.Wait(1).at(0);
  EXPECT_EQ(result.task_id(), "t1");
  EXPECT_EQ(result.run_id(), "run-1");
  EXPECT_EQ(result.check(), "login");
  EXPECT_EQ(result.agent_id(), "agent-1");
  EXPECT_EQ(result.attempt(), 3);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  EXPECT_TRUE(result.has_start_time());
  EXPECT_TRUE(result.has_duration());
}

TEST_F(ExecutorTest, ACheckThatEndsInTimeCleansUpBeforeItsResult) {
  checks_->Set("login", {.clean_up = [](const CheckContext&) {
                 return absl::UnavailableError("the user is still there");
               }});
  Submit("t1", "login");
  const v1::TaskResult result = results_.Wait(1).at(0);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(result.cleanup_error(), "the user is still there");
  EXPECT_EQ(checks_->clean_ups("t1"), 1);
}

TEST_F(ExecutorTest, ACheckThatUsesUpItsTimeIsReportedAndThenCleansUpWithTimeOfItsOwn) {
  std::atomic<bool> had_time{false};
  checks_->Set("slow", {.run =
                            [](const CheckContext& context) {
                              std::this_thread::sleep_until(context.deadline);
                              return WithOutcome(v1::OUTCOME_FAILED);
                            },
                        .clean_up =
                            [&](const CheckContext& context) {
                              // The result is out before cleaning up goes on.
                              EXPECT_THAT(results_.Wait(1), SizeIs(1));
                              had_time = context.deadline > steady_clock::now() &&
                                         !context.cancellation->cancelled();
                              return absl::OkStatus();
                            }});
  Submit("t1", "slow", milliseconds(50));
  EXPECT_EQ(results_.Wait(1).at(0).outcome(), v1::OUTCOME_FAILED);
  ASSERT_TRUE(WaitIdle());
  EXPECT_TRUE(had_time);
  EXPECT_EQ(checks_->clean_ups("t1"), 1);
}

TEST_F(ExecutorTest, ACheckThatDoesNotStopIsReportedByTheWatchdogInTimeAndOnce) {
  SetStuck("stuck");
  const auto begin = steady_clock::now();
  Submit("t1", "stuck", milliseconds(300));
  const v1::TaskResult result = results_.Wait(1).at(0);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.message(), "no answer within 300ms; the check did not stop by itself");
  ASSERT_EQ(result.failures_size(), 1);
  EXPECT_EQ(result.failures(0).expected(), "an answer within 300ms");
  EXPECT_THAT(results_.arrival(0) - begin, AllOf(Gt(milliseconds(499)), Lt(milliseconds(900))));
  EXPECT_EQ(shared::FromProto(result.duration()) >= milliseconds(499), true);

  gate_.Open();
  ASSERT_TRUE(WaitIdle());
  EXPECT_THAT(results_.Wait(1), SizeIs(1));
  EXPECT_EQ(checks_->clean_ups("t1"), 1);
}

TEST_F(ExecutorTest, StuckWorkersAreReplacedSoThatOthersGoOn) {
  SetStuck("stuck");
  Submit("t1", "stuck", milliseconds(50));
  Submit("t2", "stuck", milliseconds(50));
  Submit("t3", "quick", seconds(20));
  std::map<std::string, v1::Outcome> outcomes;
  for (const v1::TaskResult& result : results_.Wait(3)) {
    outcomes[result.task_id()] = result.outcome();
  }
  EXPECT_THAT(outcomes, ElementsAre(Pair("t1", v1::OUTCOME_FAILED), Pair("t2", v1::OUTCOME_FAILED),
                                    Pair("t3", v1::OUTCOME_PASSED)));
}

TEST_F(ExecutorTest, WithTooManyStuckWorkersNewTasksAreRejectedAndLaterTakenAgain) {
  options_.max_lagging = 2;
  SetStuck("stuck");
  Submit("t1", "stuck", milliseconds(50));
  Submit("t2", "stuck", milliseconds(50));
  results_.Wait(2);
  const absl::Status status = executor().Submit(MakeAssignment("t3", "quick", seconds(1)));
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 earlier checks"));

  gate_.Open();
  ASSERT_TRUE(WaitIdle());
  Submit("t4", "quick");
  EXPECT_EQ(results_.Wait(3).at(2).outcome(), v1::OUTCOME_PASSED);
}

TEST_F(ExecutorTest, ATaskThatFoundNoWorkerInItsTimeIsErrored) {
  options_.max_parallel = 1;
  SetStuck("stuck");
  Submit("t1", "stuck", seconds(20));
  Submit("t2", "quick", milliseconds(50));
  const v1::TaskResult result = results_.Wait(1).at(0);
  EXPECT_EQ(result.task_id(), "t2");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_THAT(result.message(), HasSubstr("no free worker within 50ms"));
  EXPECT_EQ(checks_->runs("t2"), 0);
}

TEST_F(ExecutorTest, CleaningUpThatTakesTooLongDoesNotHoldTheResultBack) {
  checks_->Set("login", {.clean_up = [this](const CheckContext&) {
                 clean_up_gate_.Wait();
                 return absl::OkStatus();
               }});
  Submit("t1", "login", milliseconds(100));
  const v1::TaskResult result = results_.Wait(1).at(0);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  EXPECT_THAT(result.cleanup_error(), HasSubstr("not finished within 100ms"));
  EXPECT_FALSE(executor().WaitIdle(steady_clock::now()));
  clean_up_gate_.Open();
  EXPECT_TRUE(WaitIdle());
}

TEST_F(ExecutorTest, NeverMoreThanMaxParallelRunAtOnce) {
  options_.max_parallel = 3;
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  checks_->Set("counting", {.run = [&](const CheckContext&) {
                 const int now = ++running;
                 int seen = most;
                 while (now > seen && !most.compare_exchange_weak(seen, now)) {
                 }
                 // Three at once are needed to go on: fewer would never reach the gate.
                 if (now == 3) gate_.Open();
                 gate_.Wait();
                 --running;
                 return WithOutcome(v1::OUTCOME_PASSED);
               }});
  for (int i = 0; i < 40; ++i) Submit("t" + std::to_string(i), "counting", seconds(20));
  EXPECT_THAT(results_.Wait(40), SizeIs(40));
  EXPECT_EQ(most, 3);
}

TEST_F(ExecutorTest, ACancelledTaskIsAbortedWithTheReasonAndCleansUp) {
  SetObedient("long");
  Submit("t1", "long", seconds(20));
  ASSERT_TRUE(running_.Wait());
  executor().Cancel("run-1", "t1", "the run was cancelled");
  const v1::TaskResult result = results_.Wait(1).at(0);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(result.message(), "the run was cancelled");
  ASSERT_TRUE(WaitIdle());
  EXPECT_EQ(checks_->clean_ups("t1"), 1);
}

TEST_F(ExecutorTest, ACancelledCheckThatDoesNotStopIsReportedAborted) {
  SetStuck("stuck");
  Submit("t1", "stuck", seconds(20));
  ASSERT_TRUE(running_.Wait());
  executor().Cancel("run-1", "", "the run was cancelled");
  const v1::TaskResult result = results_.Wait(1).at(0);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(result.message(), "cancelled: the run was cancelled; the check did not stop by itself");
}

TEST_F(ExecutorTest, CancellingARunTakesItsWaitingTasksToo) {
  options_.max_parallel = 1;
  SetObedient("long");
  Submit("t1", "long", seconds(20));
  Submit("t2", "quick", seconds(20));
  v1::Assignment other = MakeAssignment("t3", "quick", seconds(20));
  other.set_run_id("run-2");
  ASSERT_TRUE(executor().Submit(other).ok());
  ASSERT_TRUE(running_.Wait());
  executor().Cancel("run-1", "", "stop");
  std::map<std::string, v1::Outcome> outcomes;
  for (const v1::TaskResult& result : results_.Wait(3)) {
    outcomes[result.task_id()] = result.outcome();
  }
  EXPECT_THAT(outcomes,
              ElementsAre(Pair("t1", v1::OUTCOME_ABORTED), Pair("t2", v1::OUTCOME_ABORTED),
                          Pair("t3", v1::OUTCOME_PASSED)));
  EXPECT_EQ(checks_->runs("t2"), 0);
}

TEST_F(ExecutorTest, CancellingWhatIsUnknownDoesNothing) {
  executor().Cancel("run-1", "t1", "stop");
  executor().Cancel("run-9", "", "stop");
  EXPECT_THAT(results_.Wait(0), IsEmpty());
}

TEST_F(ExecutorTest, AnUnknownKindIsRejectedBeforeItRuns) {
  v1::Assignment assignment = MakeAssignment("t1", "db", seconds(1));
  assignment.mutable_check()->mutable_postgres();
  const absl::Status status = executor().Submit(assignment);
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
  EXPECT_EQ(status.message(),
            "this agent cannot run checks of kind \"postgres\"; it knows: http, redis");
  assignment.mutable_check()->clear_kind();
  EXPECT_TRUE(absl::IsUnimplemented(executor().Submit(assignment)));
}

TEST_F(ExecutorTest, ATaskThatIsRunningIsNotTakenTwice) {
  SetStuck("stuck");
  Submit("t1", "stuck", seconds(20));
  EXPECT_TRUE(absl::IsAlreadyExists(executor().Submit(MakeAssignment("t1", "stuck", seconds(20)))));
}

TEST_F(ExecutorTest, AFullQueueRejects) {
  options_.max_parallel = 1;
  options_.max_queued = 1;
  SetStuck("stuck");
  Submit("t1", "stuck", seconds(20));
  ASSERT_TRUE(running_.Wait());
  Submit("t2", "stuck", seconds(20));
  EXPECT_TRUE(
      absl::IsResourceExhausted(executor().Submit(MakeAssignment("t3", "quick", seconds(1)))));
}

TEST_F(ExecutorTest, ACheckThatCannotBeMadeIsErroredWithTheReason) {
  checks_->Set("login", {.create = absl::InvalidArgumentError("no such connection: db")});
  Submit("t1", "login");
  const v1::TaskResult result = results_.Wait(1).at(0);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_EQ(result.message(), "no such connection: db");
}

TEST_F(ExecutorTest, AKindThatThrowsCostsOneResultAndNotTheProcess) {
  checks_->Set("bad", {.run = [](const CheckContext&) -> v1::TaskResult {
                 throw std::runtime_error("vector::at");
               }});
  Submit("t1", "bad");
  const v1::TaskResult result = results_.Wait(1).at(0);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_EQ(result.message(), "the agent failed: vector::at");
  EXPECT_EQ(checks_->clean_ups("t1"), 1);
}

TEST_F(ExecutorTest, OutcomesThatOnlyTheCoordinatorMayGiveAreAFaultOfTheAgent) {
  for (const v1::Outcome outcome :
       {v1::OUTCOME_UNSPECIFIED, v1::OUTCOME_BLOCKED, v1::OUTCOME_MISSING}) {
    checks_->Set("bad", {.run = [outcome](const CheckContext&) { return WithOutcome(outcome); }});
    const size_t before = results_.Wait(0).size();
    Submit("t" + std::to_string(outcome), "bad");
    EXPECT_EQ(results_.Wait(before + 1).back().outcome(), v1::OUTCOME_ERRORED);
  }
}

TEST_F(ExecutorTest, CancelAllAcceptsNothingMore) {
  SetObedient("long");
  Submit("t1", "long", seconds(20));
  ASSERT_TRUE(running_.Wait());
  executor().CancelAll("the agent is stopping");
  EXPECT_EQ(results_.Wait(1).at(0).outcome(), v1::OUTCOME_ABORTED);
  const absl::Status status = executor().Submit(MakeAssignment("t2", "quick", seconds(1)));
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST_F(ExecutorTest, TearingDownDoesNotWaitForeverForACheckThatNeverStops) {
  options_.cancel_slack = milliseconds(20);
  options_.clean_up_time = milliseconds(20);
  SetStuck("stuck");
  Submit("t1", "stuck", seconds(20));
  ASSERT_TRUE(running_.Wait());
  const auto begin = steady_clock::now();
  executor_.reset();
  EXPECT_LT(steady_clock::now() - begin, seconds(10));
  EXPECT_EQ(results_.Wait(1).at(0).outcome(), v1::OUTCOME_ABORTED);
  // The thread that is left behind comes back to a pool and a check that are still there.
  gate_.Open();
  const auto deadline = steady_clock::now() + seconds(20);
  while (checks_.use_count() > 1 && steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(checks_->clean_ups("t1"), 1);
}

TEST_F(ExecutorTest, EveryTaskHasExactlyOneResultUnderConcurrentSubmitsAndCancels) {
  options_.max_parallel = 4;
  options_.max_queued = 10'000;
  checks_->Set("mixed", {.run = [](const CheckContext& context) {
                 std::this_thread::yield();
                 return WithOutcome(context.cancellation->cancelled() ? v1::OUTCOME_ABORTED
                                                                      : v1::OUTCOME_PASSED);
               }});
  constexpr int kThreads = 4;
  constexpr int kTasks = 200;
  executor();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kTasks; ++i) {
        const std::string id = std::to_string(t) + "/" + std::to_string(i);
        EXPECT_TRUE(executor_->Submit(MakeAssignment(id, "mixed", seconds(20))).ok());
        if (i % 3 == 0) executor_->Cancel("run-1", id, "stop");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(WaitIdle());
  std::map<std::string, int> seen;
  for (const v1::TaskResult& result : results_.Wait(kThreads * kTasks)) ++seen[result.task_id()];
  EXPECT_THAT(seen, SizeIs(kThreads * kTasks));
  for (const auto& [id, count] : seen) EXPECT_EQ(count, 1) << id;
}

}  // namespace
}  // namespace smokemesh::agent
