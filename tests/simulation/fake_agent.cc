#include "tests/simulation/fake_agent.h"

#include <algorithm>
#include <utility>

#include "shared/duration.h"

namespace smokemesh::testing {

void FakeAgent::Start() {
  incarnation_ = id_ + "#" + std::to_string(++starts_);
  max_parallel_ = 1 + world_.random->Below(4);
  open_ = false;
  draining_ = false;
  flushing_ = false;
  last_sequence_ = 0;
  running_.clear();
  started_.clear();
  fresh_.clear();
  batches_.clear();
}

v1::Hello FakeAgent::MakeHello() {
  v1::Hello hello;
  hello.set_agent_id(id_);
  hello.set_incarnation(incarnation_);
  hello.set_service(service_);
  hello.add_capabilities("http");
  hello.set_max_parallel(max_parallel_);
  for (const auto& [task_id, assignment] : running_) hello.add_tasks_in_hand(task_id);
  for (const v1::Results& batch : batches_) {
    for (const v1::TaskResult& result : batch.results()) {
      hello.add_tasks_in_hand(result.task_id());
    }
  }
  for (const v1::TaskResult& result : fresh_) hello.add_tasks_in_hand(result.task_id());
  return hello;
}

void FakeAgent::OnMessage(const v1::ConnectResponse& message) {
  switch (message.message_case()) {
    case v1::ConnectResponse::kWelcome:
      open_ = true;
      if (draining_) {
        v1::ConnectRequest notice;
        notice.mutable_drain_notice();
        world_.send(notice);
      }
      for (const v1::Results& batch : batches_) {
        v1::ConnectRequest replay;
        *replay.mutable_results() = batch;
        world_.send(replay);
      }
      Flush();
      break;
    case v1::ConnectResponse::kAssignment:
      OnAssignment(message.assignment());
      break;
    case v1::ConnectResponse::kCancellation: {
      const std::string& task_id = message.cancellation().task_id();
      const auto it = running_.find(task_id);
      if (it == running_.end()) break;
      v1::TaskResult aborted = MakeResult(it->second);
      aborted.set_outcome(v1::OUTCOME_ABORTED);
      running_.erase(it);
      world_.produced(aborted);
      fresh_.push_back(std::move(aborted));
      Flush();
      break;
    }
    case v1::ConnectResponse::kResultAck:
      while (!batches_.empty() &&
             batches_.front().sequence() <= message.result_ack().up_to_sequence()) {
        batches_.pop_front();
      }
      break;
    default:
      break;
  }
}

void FakeAgent::OnAssignment(const v1::Assignment& assignment) {
  const std::string& task_id = assignment.task_id();
  v1::ConnectRequest answer;
  answer.mutable_assignment_ack()->set_task_id(task_id);
  const v1::Hello hello = MakeHello();
  const bool in_hand = std::find(hello.tasks_in_hand().begin(), hello.tasks_in_hand().end(),
                                 task_id) != hello.tasks_in_hand().end();
  const bool accepted = in_hand || (!draining_ && !world_.random->Chance(habits_.rejects));
  answer.mutable_assignment_ack()->set_accepted(accepted);
  if (!accepted) answer.mutable_assignment_ack()->set_reason("no room");
  world_.send(answer);
  if (!accepted || in_hand) return;
  running_.emplace(task_id, assignment);
  started_[task_id] = world_.wall();
  if (world_.random->Chance(habits_.drains)) {
    draining_ = true;
    v1::ConnectRequest notice;
    notice.mutable_drain_notice();
    world_.send(notice);
  }
  if (world_.random->Chance(habits_.hangs)) return;
  const shared::Duration timeout = shared::FromProto(assignment.check().timeout());
  world_.later(world_.random->Within(timeout), [this, task_id] { Finish(task_id); });
}

v1::TaskResult FakeAgent::MakeResult(const v1::Assignment& assignment) {
  v1::TaskResult result;
  result.set_task_id(assignment.task_id());
  result.set_run_id(assignment.run_id());
  result.set_check(assignment.check().name());
  result.set_agent_id(id_);
  result.set_attempt(assignment.attempt());
  const shared::WallTime started = started_[assignment.task_id()];
  *result.mutable_start_time() = shared::ToProto(started);
  *result.mutable_duration() = shared::ToProto(shared::Duration(world_.wall() - started));
  result.set_outcome(v1::OUTCOME_PASSED);
  if (world_.random->Chance(habits_.fails)) result.set_outcome(v1::OUTCOME_FAILED);
  if (world_.random->Chance(habits_.odd)) {
    result.set_outcome(static_cast<v1::Outcome>(world_.random->Below(9)));
  }
  return result;
}

void FakeAgent::Finish(const std::string& task_id) {
  const auto it = running_.find(task_id);
  if (it == running_.end()) return;
  v1::TaskResult result = MakeResult(it->second);
  running_.erase(it);
  world_.produced(result);
  fresh_.push_back(std::move(result));
  if (flushing_) return;
  flushing_ = true;
  world_.later(world_.random->Within(std::chrono::milliseconds(50)), [this] {
    flushing_ = false;
    Flush();
  });
}

void FakeAgent::Flush() {
  if (!open_ || fresh_.empty()) return;
  v1::Results batch;
  batch.set_sequence(++last_sequence_);
  for (v1::TaskResult& result : fresh_) {
    if (world_.random->Chance(habits_.forges)) {
      v1::TaskResult& forged = *batch.add_results();
      forged = result;
      forged.set_agent_id(world_.other_agent());
      forged.set_outcome(v1::OUTCOME_PASSED);
      if (forged.agent_id() == id_) batch.mutable_results()->RemoveLast();
    }
    *batch.add_results() = std::move(result);
  }
  fresh_.clear();
  batches_.push_back(batch);
  v1::ConnectRequest message;
  *message.mutable_results() = std::move(batch);
  world_.send(message);
}

}  // namespace smokemesh::testing
