#ifndef SMOKEMESH_TESTS_UNIT_AGENT_SESSION_SESSION_CORE_FIXTURE_H_
#define SMOKEMESH_TESTS_UNIT_AGENT_SESSION_SESSION_CORE_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/session/session_core.h"

namespace smokemesh::agent {

// Drives a core by hand: time moves only when the test says so, writes are done when it says so.
class SessionCoreTest : public ::testing::Test {
 protected:
  SessionCoreTest() {
    options_.hello.set_agent_id("gateway@host");
    options_.hello.set_incarnation("incarnation-1");
    options_.peer = "127.0.0.1:7443";
    options_.backoff = {.first = std::chrono::milliseconds(100), .cap = std::chrono::seconds(10)};
    options_.backoff_seed = 1;
  }

  SessionCore& core() {
    if (!core_.has_value()) core_.emplace(options_);
    return *core_;
  }

  void Feed(const SessionEvent& event) {
    for (SessionEffect& effect : core().Step(event, now_)) {
      if (auto* write = std::get_if<WriteToStream>(&effect)) {
        ASSERT_FALSE(writing_) << "two writes at once";
        writing_ = true;
        sent_.push_back(write->message);
      } else if (std::holds_alternative<HalfCloseStream>(effect)) {
        ASSERT_FALSE(writing_) << "two writes at once";
        writing_ = true;
        half_closed_ = true;
      } else if (std::holds_alternative<OpenStream>(effect)) {
        ++opened_;
        writing_ = false;
        half_closed_ = false;
        cancelled_ = false;
      } else if (std::holds_alternative<CancelStream>(effect)) {
        cancelled_ = true;
      } else if (auto* submit = std::get_if<SubmitTask>(&effect)) {
        submitted_.push_back(submit->assignment.task_id());
      } else if (auto* cancel = std::get_if<CancelTasks>(&effect)) {
        cancels_.push_back(*cancel);
      } else if (auto* line = std::get_if<LogLine>(&effect)) {
        log_.push_back(*line);
      } else if (auto* release = std::get_if<ReleaseTask>(&effect)) {
        released_.push_back(release->task_id);
      } else if (auto* keep = std::get_if<KeepResult>(&effect)) {
        kept_[keep->result.task_id()] = keep->result;
      } else if (auto* forget = std::get_if<ForgetResults>(&effect)) {
        for (const std::string& id : forget->task_ids) {
          EXPECT_EQ(kept_.erase(id), 1u) << id << " is forgotten and was not kept";
        }
      } else {
        stopped_ = true;
      }
    }
  }

  // Lets writes finish until nothing is in flight.
  void Flush() {
    while (writing_) {
      writing_ = false;
      Feed(StreamWritten{});
    }
  }

  void Receive(const v1::ConnectResponse& message) {
    Feed(StreamMessage{message});
    Flush();
  }

  void Welcome(std::chrono::milliseconds heartbeat = std::chrono::seconds(5)) {
    v1::ConnectResponse message;
    message.mutable_welcome()->set_session_id("s");
    auto* interval = message.mutable_welcome()->mutable_heartbeat_interval();
    interval->set_seconds(heartbeat.count() / 1000);
    interval->set_nanos(static_cast<int32_t>(heartbeat.count() % 1000 * 1'000'000));
    Receive(message);
  }

  void Open(std::chrono::milliseconds heartbeat = std::chrono::seconds(5)) {
    Feed(SessionStarted{});
    Flush();
    Welcome(heartbeat);
    ASSERT_EQ(core().state(), SessionCore::State::kOpen);
    sent_.clear();
  }

  // Lets the backoff pass and opens the next stream.
  void Reconnect() {
    WaitForDeadline();
    ASSERT_EQ(core().state(), SessionCore::State::kGreeting);
    Flush();
    Welcome();
  }

  void WaitForDeadline() {
    ASSERT_TRUE(core().NextDeadline().has_value());
    now_ = std::max(now_, *core().NextDeadline());
    Feed(SessionTick{});
  }

  void Assign(const std::string& id) {
    v1::ConnectResponse message;
    message.mutable_assignment()->set_task_id(id);
    message.mutable_assignment()->set_run_id("run");
    const size_t before = submitted_.size();
    Feed(StreamMessage{message});
    if (submitted_.size() > before) Feed(TaskAccepted{id});
    Flush();
  }

  void Finish(const std::string& id, size_t evidence = 0) {
    v1::TaskResult result;
    result.set_task_id(id);
    result.set_outcome(v1::OUTCOME_PASSED);
    if (evidence > 0) result.add_steps()->set_observed(std::string(evidence, 'x'));
    Feed(TaskFinished{result});
    Flush();
  }

  void Ack(uint64_t up_to) {
    v1::ConnectResponse message;
    message.mutable_result_ack()->set_up_to_sequence(up_to);
    Receive(message);
  }

  void Ready(const std::string& id) {
    Feed(TaskReady{id});
    Flush();
  }

  void Go(const std::string& id) {
    v1::ConnectResponse message;
    message.mutable_go()->set_task_id(id);
    Receive(message);
  }

  // The tasks that the coordinator was told are ready.
  std::vector<std::string> SentReady() const {
    std::vector<std::string> ids;
    for (const v1::ConnectRequest& message : sent_) {
      if (message.has_ready()) ids.push_back(message.ready().task_id());
    }
    return ids;
  }

  // The numbers of the batches that were sent.
  std::vector<uint64_t> SentSequences() const {
    std::vector<uint64_t> numbers;
    for (const v1::ConnectRequest& message : sent_) {
      if (message.has_results()) numbers.push_back(message.results().sequence());
    }
    return numbers;
  }

  SessionCoreOptions options_;
  std::optional<SessionCore> core_;
  shared::SteadyTime now_{std::chrono::seconds(1000)};
  bool writing_ = false;
  bool half_closed_ = false;
  bool cancelled_ = false;
  bool stopped_ = false;
  int opened_ = 0;
  std::vector<v1::ConnectRequest> sent_;
  std::vector<std::string> submitted_;
  std::vector<CancelTasks> cancels_;
  std::vector<LogLine> log_;
  std::vector<std::string> released_;
  std::map<std::string, v1::TaskResult> kept_;  // what is on disk
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_TESTS_UNIT_AGENT_SESSION_SESSION_CORE_FIXTURE_H_
