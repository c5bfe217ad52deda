// The executor's promises hold for a check that uses threads of its own.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "agent/checks/step_check.h"
#include "agent/executor/executor.h"
#include "shared/mutex.h"
#include "tests/testing/fake_checks.h"

namespace smokemesh::agent {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

constexpr int kThreads = 6;  // of the check below

// What the runners of a test share.
struct Target {
  testing::Gate all_asked;
  testing::Gate answers;
  std::atomic<int> asked = 0;
  std::atomic<int> running = 0;
  std::atomic<int> clean_ups = 0;
  std::atomic<bool> cleaned_while_running = false;
};

// Gives no answer, whatever the deadline, until the gate opens.
class StuckRunner final : public StepRunner {
 public:
  explicit StuckRunner(Target* target) : target_(*target) {}

  absl::StatusOr<std::unique_ptr<shared::Observation>> Run(const StepRequest&,
                                                           const CheckContext&) override {
    ++target_.running;
    if (++target_.asked == kThreads) target_.all_asked.Open();
    target_.answers.Wait();
    --target_.running;
    return absl::DeadlineExceededError("late");
  }
  absl::Status CleanUp(const CheckContext&) override {
    if (target_.running > 0) target_.cleaned_while_running = true;
    ++target_.clean_ups;
    return absl::OkStatus();
  }

 private:
  Target& target_;
};

class ExecutorStepsTest : public ::testing::Test {
 protected:
  ~ExecutorStepsTest() override {
    target_.answers.Open();
    executor_.reset();
  }

  void Submit(int timeout_seconds) {
    ExecutorOptions options;
    options.agent_id = "agent-1";
    options.cancel_slack = std::chrono::milliseconds(100);
    std::map<std::string, StepRunnerFactory> runners;
    runners["http"] = [this] { return std::make_unique<StuckRunner>(&target_); };
    executor_ = std::make_unique<Executor>(options, MakeStepCheckFactory(std::move(runners)),
                                           [this](v1::TaskResult result) {
                                             shared::MutexLock lock(&mutex_);
                                             result_ = std::move(result);
                                             reported_.Open();
                                           });
    v1::Assignment assignment;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
        R"pb(
          task_id: "run-1/c/agent-1/1"
          run_id: "run-1"
          attempt: 1
          connections {
            key: "web"
            value { http: "http://127.0.0.1:1" }
          }
          check {
            name: "c"
            http {
              steps {
                parallel: "g"
                request { url: "/a" }
              }
              steps {
                parallel: "g"
                request { url: "/b" }
              }
              steps {
                parallel: "g"
                request { url: "/c" }
                repeat { times: 100 parallel: 4 }
              }
              steps { request { url: "/after" } }
            }
          }
        )pb",
        &assignment));
    assignment.mutable_check()->mutable_timeout()->set_seconds(timeout_seconds);
    const absl::Status status = executor_->Submit(assignment);
    ASSERT_TRUE(status.ok()) << status;
  }

  v1::TaskResult result() {
    shared::MutexLock lock(&mutex_);
    return result_;
  }

  // The check ends by itself once the target answers, with all its threads, and cleans up then.
  void ExpectOrderlyEnd() {
    EXPECT_EQ(target_.clean_ups, 0);
    target_.answers.Open();
    EXPECT_TRUE(executor_->WaitIdle(steady_clock::now() + seconds(20)));
    EXPECT_EQ(target_.asked, kThreads);
    EXPECT_EQ(target_.running, 0);
    EXPECT_EQ(target_.clean_ups, 1);
    EXPECT_FALSE(target_.cleaned_while_running);
  }

  Target target_;
  testing::Gate reported_;
  shared::Mutex mutex_;
  v1::TaskResult result_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Executor> executor_;
};

TEST_F(ExecutorStepsTest, ReportsInTimeWhileAllThreadsOfACheckAreStuck) {
  Submit(/*timeout_seconds=*/1);
  ASSERT_TRUE(target_.all_asked.Wait()) << "the steps did not run at the same time";
  ASSERT_TRUE(reported_.Wait());
  EXPECT_EQ(result().outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(result().message(), HasSubstr("no answer within 1s"));
  EXPECT_EQ(target_.running, kThreads);  // the report did not wait for them
  ExpectOrderlyEnd();
}

TEST_F(ExecutorStepsTest, ReportsACancellationWhileAllThreadsOfACheckAreStuck) {
  Submit(/*timeout_seconds=*/60);
  ASSERT_TRUE(target_.all_asked.Wait());
  executor_->Cancel("run-1", "", "enough");
  ASSERT_TRUE(reported_.Wait());
  EXPECT_EQ(result().outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(target_.running, kThreads);
  ExpectOrderlyEnd();
}

}  // namespace
}  // namespace smokemesh::agent
