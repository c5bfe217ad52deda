#include "coordinator/cli/run_client.h"

#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "smokemesh/v1/run_service.grpc.pb.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kRunId[] = "run-1";

v1::Run RunIn(v1::Run::State state) {
  v1::Run run;
  run.set_run_id(kRunId);
  run.set_state(state);
  run.add_checks()->set_name("a");
  run.add_checks()->set_name("b");
  if (state == v1::Run::STATE_FINISHED) {
    run.mutable_verdict()->set_decision(v1::DECISION_PROMOTE);
    run.mutable_verdict()->set_final(true);
  }
  return run;
}

v1::WatchRunResponse RunEvent(v1::Run::State state) {
  v1::WatchRunResponse event;
  *event.mutable_run() = RunIn(state);
  return event;
}

v1::WatchRunResponse CheckEvent(const std::string& name, v1::Outcome outcome) {
  v1::WatchRunResponse event;
  event.mutable_check()->set_name(name);
  event.mutable_check()->set_outcome(outcome);
  return event;
}

// A coordinator that does what a test says.
class ScriptedService final : public v1::RunService::Service {
 public:
  using Writer = grpc::ServerWriter<v1::WatchRunResponse>;

  grpc::Status CreateRun(grpc::ServerContext*, const v1::CreateRunRequest* request,
                         v1::CreateRunResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex);
    request_ids.push_back(request->request_id());
    *response->mutable_run() = RunIn(v1::Run::STATE_PENDING);
    return on_create(static_cast<int>(request_ids.size()));
  }

  grpc::Status WatchRun(grpc::ServerContext* context, const v1::WatchRunRequest*,
                        Writer* writer) override {
    int call = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      call = ++watches;
    }
    return on_watch(call, context, writer);
  }

  grpc::Status CancelRun(grpc::ServerContext*, const v1::CancelRunRequest* request,
                         v1::CancelRunResponse*) override {
    const std::lock_guard<std::mutex> lock(mutex);
    cancelled.push_back(request->run_id());
    on_cancel();
    return grpc::Status::OK;
  }

  // Called with the number of the call, from 1.
  std::function<grpc::Status(int)> on_create = [](int) { return grpc::Status::OK; };
  std::function<grpc::Status(int, grpc::ServerContext*, Writer*)> on_watch =
      [](int, grpc::ServerContext*, Writer* writer) {
        writer->Write(RunEvent(v1::Run::STATE_FINISHED));
        return grpc::Status::OK;
      };
  std::function<void()> on_cancel = [] {};

  std::mutex mutex;
  std::vector<std::string> request_ids;
  std::vector<std::string> cancelled;
  int watches = 0;
};

class RecordedProgress final : public Progress {
 public:
  void Update(const v1::Run& run) override {
    ++updates;
    last = run;
    if (on_update) on_update();
  }
  void Note(const std::string& text) override { notes.push_back(text); }
  void End() override {}

  int updates = 0;
  v1::Run last;
  std::vector<std::string> notes;
  std::function<void()> on_update;
};

class RunClientTest : public testing::Test {
 protected:
  RunClientTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    request_.set_request_id("request-1");
    options_.coordinator_name = "test";
    options_.in_process = true;
    options_.connect_timeout = seconds(5);
    options_.patience = seconds(20);
    options_.cancel_grace = seconds(10);
  }
  ~RunClientTest() override { server_->Shutdown(std::chrono::system_clock::now()); }

  RunOutcome Drive() {
    return CreateAndWatch({server_->InProcessChannel({})}, request_, options_, &progress_,
                          &interruption_);
  }

  // Blocks a stream until its client has gone away.
  static grpc::Status WaitForTheClientToGo(grpc::ServerContext* context) {
    while (!context->IsCancelled()) std::this_thread::sleep_for(milliseconds(1));
    return grpc::Status::CANCELLED;
  }

  ScriptedService service_;
  std::unique_ptr<grpc::Server> server_;
  v1::CreateRunRequest request_;
  RunClientOptions options_;
  RecordedProgress progress_;
  shared::Cancellation interruption_;
};

TEST_F(RunClientTest, WatchesUntilTheVerdictIsFinal) {
  service_.on_watch = [](int, grpc::ServerContext*, ScriptedService::Writer* writer) {
    writer->Write(RunEvent(v1::Run::STATE_RUNNING));
    writer->Write(CheckEvent("b", v1::OUTCOME_PASSED));
    writer->Write(RunEvent(v1::Run::STATE_FINISHED));
    return grpc::Status::OK;
  };
  const RunOutcome outcome = Drive();
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  ASSERT_TRUE(outcome.run.has_value());
  EXPECT_EQ(outcome.run->state(), v1::Run::STATE_FINISHED);
  EXPECT_EQ(progress_.updates, 4);  // created, and three events
  EXPECT_TRUE(progress_.notes.empty());
}

TEST_F(RunClientTest, PutsChangedChecksIntoTheRunThatItShows) {
  service_.on_watch = [](int call, grpc::ServerContext* context, ScriptedService::Writer* writer) {
    writer->Write(RunEvent(v1::Run::STATE_RUNNING));
    writer->Write(CheckEvent("b", v1::OUTCOME_FAILED));
    if (call == 1) return WaitForTheClientToGo(context);
    return grpc::Status::OK;
  };
  options_.cancel_grace = milliseconds(50);
  progress_.on_update = [&] {
    if (progress_.last.checks(1).outcome() == v1::OUTCOME_FAILED) interruption_.Cancel("test");
  };
  const RunOutcome outcome = Drive();
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kCancelled);
  ASSERT_TRUE(outcome.run.has_value());
  EXPECT_EQ(outcome.run->checks(0).outcome(), v1::OUTCOME_UNSPECIFIED);
  EXPECT_EQ(outcome.run->checks(1).outcome(), v1::OUTCOME_FAILED);
}

TEST_F(RunClientTest, CreatesAgainWithTheSameRequestIdWhenTheCoordinatorIsAway) {
  service_.on_create = [](int call) {
    return call < 3 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping") : grpc::Status::OK;
  };
  EXPECT_TRUE(Drive().status.ok());
  EXPECT_THAT(service_.request_ids, ElementsAre("request-1", "request-1", "request-1"));
}

TEST_F(RunClientTest, WaitsLongerForACoordinatorThatHasAnsweredBefore) {
  service_.on_create = [](int call) {
    return call < 3 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "away") : grpc::Status::OK;
  };
  options_.has_answered = true;
  options_.connect_timeout = milliseconds(1);
  EXPECT_TRUE(Drive().status.ok());
  EXPECT_THAT(progress_.notes, ElementsAre("lost the coordinator at test, trying again",
                                           "the coordinator at test is back"));
}

TEST_F(RunClientTest, DoesNotWaitForeverForACoordinatorThatHasAnsweredBefore) {
  service_.on_create = [](int) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away"); };
  options_.has_answered = true;
  options_.patience = milliseconds(300);
  const RunOutcome outcome = Drive();
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(outcome.status.message()), HasSubstr("within 300ms"));
}

TEST_F(RunClientTest, LeavesAFrozenCoordinatorThatDoesNotMakeTheRun) {
  std::promise<void> thaw;
  service_.on_create = [this, frozen = thaw.get_future().share()](int) {
    interruption_.Cancel("test");
    frozen.wait();
    return grpc::Status::OK;
  };
  options_.has_answered = true;
  options_.cancel_grace = milliseconds(50);
  const RunOutcome outcome = Drive();
  thaw.set_value();
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kCancelled);
  EXPECT_FALSE(outcome.run.has_value());
}

TEST_F(RunClientTest, GivesUpWhenNobodyHasEverAnswered) {
  service_.on_create = [](int) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away"); };
  options_.connect_timeout = milliseconds(300);
  const RunOutcome outcome = Drive();
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(outcome.status.message()),
              HasSubstr("no coordinator answers at test within 300ms"));
  EXPECT_FALSE(outcome.run.has_value());
}

TEST_F(RunClientTest, DoesNotRepeatWhatTheCoordinatorRefuses) {
  service_.on_create = [](int) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "bad plan");
  };
  const RunOutcome outcome = Drive();
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(service_.request_ids.size(), 1u);
}

TEST_F(RunClientTest, WatchesAgainWhenTheStreamBreaksAndSaysSo) {
  service_.on_watch = [](int call, grpc::ServerContext*, ScriptedService::Writer* writer) {
    writer->Write(RunEvent(call < 3 ? v1::Run::STATE_RUNNING : v1::Run::STATE_FINISHED));
    return call < 3 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "killed") : grpc::Status::OK;
  };
  const RunOutcome outcome = Drive();
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(service_.watches, 3);
  EXPECT_THAT(progress_.notes, Contains(HasSubstr("lost the coordinator at test")));
  EXPECT_THAT(progress_.notes, Contains(HasSubstr("is back")));
}

TEST_F(RunClientTest, DoesNotTakeTheEndOfAStreamForTheEndOfTheRun) {
  service_.on_watch = [](int call, grpc::ServerContext*, ScriptedService::Writer* writer) {
    writer->Write(RunEvent(call < 2 ? v1::Run::STATE_RUNNING : v1::Run::STATE_FINISHED));
    return grpc::Status::OK;
  };
  EXPECT_TRUE(Drive().status.ok());
  EXPECT_EQ(service_.watches, 2);
}

TEST_F(RunClientTest, StopsWhenTheCoordinatorNoLongerKnowsTheRun) {
  service_.on_watch = [](int, grpc::ServerContext*, ScriptedService::Writer*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such run");
  };
  const RunOutcome outcome = Drive();
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(service_.watches, 1);
}

TEST_F(RunClientTest, GivesUpOnACoordinatorThatIsSilentForTooLong) {
  options_.patience = milliseconds(200);
  service_.on_watch = [](int, grpc::ServerContext* context, ScriptedService::Writer*) {
    return WaitForTheClientToGo(context);
  };
  const RunOutcome outcome = Drive();
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(outcome.status.message()), HasSubstr("was lost for more than 200ms"));
  EXPECT_TRUE(outcome.run.has_value());
}

TEST_F(RunClientTest, CancelsTheRunWhenInterruptedAndWaitsForItsVerdict) {
  std::atomic<bool> cancelled{false};
  service_.on_cancel = [&] { cancelled = true; };
  service_.on_watch = [&](int, grpc::ServerContext*, ScriptedService::Writer* writer) {
    writer->Write(RunEvent(v1::Run::STATE_RUNNING));
    while (!cancelled) std::this_thread::sleep_for(milliseconds(1));
    writer->Write(RunEvent(v1::Run::STATE_FINISHED));
    return grpc::Status::OK;
  };
  progress_.on_update = [&] {
    if (progress_.last.state() == v1::Run::STATE_RUNNING) interruption_.Cancel("test");
  };
  const RunOutcome outcome = Drive();
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.run->state(), v1::Run::STATE_FINISHED);
  EXPECT_THAT(service_.cancelled, ElementsAre(kRunId));
}

TEST_F(RunClientTest, LeavesWhenTheCancelledRunDoesNotEndInTime) {
  service_.on_watch = [](int, grpc::ServerContext* context, ScriptedService::Writer* writer) {
    writer->Write(RunEvent(v1::Run::STATE_RUNNING));
    return WaitForTheClientToGo(context);
  };
  options_.cancel_grace = milliseconds(100);
  progress_.on_update = [&] {
    if (progress_.last.state() == v1::Run::STATE_RUNNING) interruption_.Cancel("test");
  };
  const RunOutcome outcome = Drive();
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(outcome.run.has_value());
}

TEST_F(RunClientTest, MakesNoRunWatchedWhenInterruptedBeforeItCouldBeMade) {
  service_.on_create = [&](int) {
    interruption_.Cancel("test");
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away");
  };
  const RunOutcome outcome = Drive();
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(service_.request_ids.size(), 1u);
  EXPECT_EQ(service_.watches, 0);
}

}  // namespace
}  // namespace smokemesh::coordinator
