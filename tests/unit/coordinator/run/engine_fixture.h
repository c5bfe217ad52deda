#ifndef SMOKEMESH_TESTS_UNIT_COORDINATOR_RUN_ENGINE_FIXTURE_H_
#define SMOKEMESH_TESTS_UNIT_COORDINATOR_RUN_ENGINE_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "coordinator/run/assignment.h"
#include "coordinator/run/engine.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {

using std::chrono::milliseconds;
using std::chrono::seconds;

// An engine, a clock that a test moves, and everything that the engine has asked for. The store
// answers at once unless a test holds it.
class EngineFixture : public ::testing::Test {
 protected:
  shared::Instant Now() const {
    return {shared::SteadyTime(seconds(1000)) + elapsed_,
            shared::WallTime(std::chrono::hours(400000)) +
                std::chrono::duration_cast<shared::WallTime::duration>(elapsed_)};
  }

  void Give(const Event& event) {
    for (Effect& effect : engine_->Step(event, Now())) {
      uint64_t ticket = 0;
      if (const auto* put = std::get_if<PutRun>(&effect)) {
        ticket = put->ticket;
        stored_ = put->run;
      }
      if (const auto* append = std::get_if<AppendResults>(&effect)) ticket = append->ticket;
      effects_.push_back(std::move(effect));
      if (ticket == 0) continue;
      if (hold_store_) {
        held_.push_back(ticket);
      } else {
        Give(StoreDone{ticket, absl::OkStatus()});
      }
    }
  }

  // The oldest write that is held ends so.
  void AnswerStore(absl::Status status = absl::OkStatus()) {
    ASSERT_FALSE(held_.empty());
    const uint64_t ticket = held_.front();
    held_.erase(held_.begin());
    Give(StoreDone{ticket, status});
  }

  // Lets time pass, with a Tick exactly whenever the engine wants one.
  void Pass(shared::Duration duration) {
    const shared::Duration end = elapsed_ + duration;
    while (true) {
      const auto next = engine_->NextDeadline();
      if (!next.has_value() || *next > shared::SteadyTime(seconds(1000)) + end) break;
      elapsed_ = std::max(elapsed_, *next - shared::SteadyTime(seconds(1000)));
      Give(Tick{});
    }
    elapsed_ = end;
  }
  // The same, while agents say that they are there.
  void PassWithHeartbeats(shared::Duration duration, std::vector<std::string> sessions) {
    for (shared::Duration done{}; done < duration; done += seconds(1)) {
      Pass(seconds(1));
      for (const std::string& session : sessions) {
        v1::ConnectRequest beat;
        beat.mutable_heartbeat();
        Give(AgentMessage{session, beat});
      }
    }
  }

  v1::Check& AddCheck(const std::string& name) {
    v1::Check& check = *request_.mutable_plan()->add_checks();
    check.set_name(name);
    check.mutable_http();
    *check.mutable_timeout() = shared::ToProto(shared::Duration(seconds(10)));
    return check;
  }
  void Create(const std::string& run_id = "run") {
    request_.mutable_plan()->set_name("plan");
    Give(RunCreated{run_id, request_});
  }

  v1::Hello Hello(const std::string& agent, const std::string& service = "svc") {
    v1::Hello hello;
    hello.set_agent_id(agent);
    hello.set_incarnation(agent + "-1");
    hello.set_service(service);
    for (const char* kind : {"http", "flow"}) hello.add_capabilities(kind);
    for (const char* feature : {"clean_up", "flow"}) hello.add_features(feature);
    hello.set_max_parallel(16);
    return hello;
  }
  void Connect(const std::string& session, const v1::Hello& hello) {
    Give(AgentConnected{session, hello});
  }

  v1::TaskResult Result(const std::string& check, const std::string& agent,
                        v1::Outcome outcome = v1::OUTCOME_PASSED, int attempt = 1,
                        const std::string& run_id = "run") {
    v1::TaskResult result;
    result.set_run_id(run_id);
    result.set_check(check);
    result.set_agent_id(agent);
    result.set_attempt(attempt);
    result.set_task_id(FormatTaskId({run_id, check, agent, attempt}));
    result.set_outcome(outcome);
    return result;
  }
  void Report(const std::string& session, uint64_t sequence, std::vector<v1::TaskResult> results) {
    v1::ConnectRequest message;
    message.mutable_results()->set_sequence(sequence);
    for (v1::TaskResult& result : results) *message.mutable_results()->add_results() = result;
    Give(AgentMessage{session, message});
  }
  void Answer(const std::string& session, const std::string& task_id, bool accepted,
              const std::string& reason = "") {
    v1::ConnectRequest message;
    message.mutable_assignment_ack()->set_task_id(task_id);
    message.mutable_assignment_ack()->set_accepted(accepted);
    message.mutable_assignment_ack()->set_reason(reason);
    Give(AgentMessage{session, message});
  }

  void Ready(const std::string& session, const std::string& task_id) {
    v1::ConnectRequest message;
    message.mutable_ready()->set_task_id(task_id);
    Give(AgentMessage{session, message});
  }
  void Drain(const std::string& session) {
    v1::ConnectRequest message;
    message.mutable_drain_notice();
    Give(AgentMessage{session, message});
  }

  v1::Run Run(const std::string& run_id = "run") {
    return engine_->FindRun(run_id, Now()).value_or(v1::Run());
  }
  v1::CheckRecord Check(const std::string& name) {
    const v1::Run run = Run();
    for (const v1::CheckRecord& check : run.checks()) {
      if (check.name() == name) return check;
    }
    return {};
  }
  v1::Decision Decision() { return Run().verdict().decision(); }
  bool Finished(const std::string& run_id = "run") {
    return Run(run_id).state() == v1::Run::STATE_FINISHED;
  }

  // Identifiers of the tasks that were sent, in order; forgets nothing.
  std::vector<std::string> Sent() const {
    std::vector<std::string> ids;
    for (const v1::ConnectResponse& message : Messages()) {
      if (message.has_assignment()) ids.push_back(message.assignment().task_id());
    }
    return ids;
  }
  std::vector<std::string> Cancelled() const {
    std::vector<std::string> ids;
    for (const v1::ConnectResponse& message : Messages()) {
      if (message.has_cancellation()) ids.push_back(message.cancellation().task_id());
    }
    return ids;
  }
  std::vector<std::string> Gone() const {
    std::vector<std::string> ids;
    for (const v1::ConnectResponse& message : Messages()) {
      if (message.has_go()) ids.push_back(message.go().task_id());
    }
    return ids;
  }
  std::vector<uint64_t> Acks() const {
    std::vector<uint64_t> acks;
    for (const v1::ConnectResponse& message : Messages()) {
      if (message.has_result_ack()) acks.push_back(message.result_ack().up_to_sequence());
    }
    return acks;
  }
  std::vector<v1::ConnectResponse> Messages() const {
    std::vector<v1::ConnectResponse> messages;
    for (const Effect& effect : effects_) {
      if (const auto* send = std::get_if<SendToAgent>(&effect)) messages.push_back(send->message);
    }
    return messages;
  }
  template <typename T>
  std::vector<T> All() const {
    std::vector<T> found;
    for (const Effect& effect : effects_) {
      if (const auto* one = std::get_if<T>(&effect)) found.push_back(*one);
    }
    return found;
  }

  EngineOptions options_;
  std::unique_ptr<Engine> engine_ = std::make_unique<Engine>(options_);
  v1::CreateRunRequest request_;
  shared::Duration elapsed_{};
  std::vector<Effect> effects_;
  StoredRun stored_;  // as last put
  bool hold_store_ = false;
  std::vector<uint64_t> held_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_TESTS_UNIT_COORDINATOR_RUN_ENGINE_FIXTURE_H_
