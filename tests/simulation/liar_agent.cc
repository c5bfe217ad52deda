#include "tests/simulation/liar_agent.h"

#include <utility>

#include "shared/duration.h"

namespace smokemesh::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

void LiarAgent::Start() {
  if (up()) return;
  Begin();
  open_ = false;
  last_sequence_ = 0;
  stream_ = nullptr;
  running_.clear();
  fresh_.clear();
  batches_.clear();
  incarnation_ = NewIncarnation();
  Connect();
  Beat();
}

void LiarAgent::Crash() {
  if (!up()) return;
  if (stream_ != nullptr) stream_->ClientDied(world_.swarm.silent);
  stream_ = nullptr;
  End();
}

void LiarAgent::Connect() {
  if (stream_ != nullptr) return;
  heard_ = world_.now();
  v1::ConnectRequest request;
  v1::Hello& hello = *request.mutable_hello();
  hello = MakeHello(incarnation_, 4);
  for (const auto& [task_id, assignment] : running_) hello.add_tasks_in_hand(task_id);
  for (const v1::Results& batch : batches_) {
    for (const v1::TaskResult& result : batch.results()) {
      hello.add_tasks_in_hand(result.task_id());
    }
  }
  if (world_.random.Chance(0.1)) hello.add_tasks_in_hand("r0/c0/" + card_.id + "/7");
  OpenStream(incarnation_);
  stream_->Send(std::move(request));
}

void LiarAgent::Beat() {
  Later(seconds(4), [this] {
    if (stream_ != nullptr && world_.now() - heard_ > seconds(20)) {
      stream_->Cancel();
    } else if (open_) {
      v1::ConnectRequest beat;
      beat.mutable_heartbeat();
      stream_->Send(std::move(beat));
    }
    Beat();
  });
}

void LiarAgent::OnEnd(const std::shared_ptr<Stream>& stream, absl::Status /*status*/) {
  if (stream != stream_) return;
  stream_ = nullptr;
  open_ = false;
  Later(world_.random.Within(seconds(5)), [this] { Connect(); });
}

void LiarAgent::OnMessage(const std::shared_ptr<Stream>& stream, v1::ConnectResponse message) {
  if (stream != stream_) return;
  heard_ = world_.now();
  switch (message.message_case()) {
    case v1::ConnectResponse::kWelcome:
      open_ = true;
      for (const v1::Results& batch : batches_) Send(batch);
      Flush();
      break;
    case v1::ConnectResponse::kAssignment:
      OnAssignment(message.assignment());
      break;
    case v1::ConnectResponse::kResultAck:
      while (!batches_.empty() &&
             batches_.front().sequence() <= message.result_ack().up_to_sequence()) {
        // Some are told again for ever.
        if (world_.random.Chance(0.1)) Send(batches_.front());
        batches_.pop_front();
      }
      break;
    default:
      break;
  }
}

void LiarAgent::OnAssignment(const v1::Assignment& assignment) {
  const std::string& task_id = assignment.task_id();
  v1::ConnectRequest answer;
  answer.mutable_assignment_ack()->set_task_id(task_id);
  answer.mutable_assignment_ack()->set_accepted(!world_.random.Chance(0.1));
  stream_->Send(answer);
  if (assignment.check().has_flow()) {
    v1::ConnectRequest ready;
    ready.mutable_ready()->set_task_id(task_id);
    outside_.invariants->OnReady(task_id);
    stream_->Send(std::move(ready));
  }
  if (world_.random.Chance(0.1)) return;
  running_.emplace(task_id, assignment);
  Later(world_.random.Within(seconds(2)), [this, task_id] { Finish(task_id); });
}

v1::TaskResult LiarAgent::MakeResult(const v1::Assignment& assignment) {
  v1::TaskResult result;
  result.set_task_id(assignment.task_id());
  result.set_run_id(assignment.run_id());
  result.set_check(assignment.check().name());
  result.set_agent_id(card_.id);
  result.set_attempt(assignment.attempt() + (world_.random.Chance(0.1) ? 1 : 0));
  *result.mutable_start_time() = shared::ToProto(Now().wall);
  *result.mutable_duration() = shared::ToProto(world_.random.Within(seconds(1)));
  result.set_outcome(v1::OUTCOME_PASSED);
  if (world_.random.Chance(world_.swarm.habits.odd)) {
    result.set_outcome(static_cast<v1::Outcome>(world_.random.Below(9)));
  }
  return result;
}

void LiarAgent::Finish(const std::string& task_id) {
  const auto it = running_.find(task_id);
  if (it == running_.end()) return;
  v1::TaskResult result = MakeResult(it->second);
  running_.erase(it);
  outside_.invariants->OnProduced(result);
  fresh_.push_back(std::move(result));
  Later(world_.random.Within(milliseconds(50)), [this] { Flush(); });
}

void LiarAgent::Flush() {
  if (!open_ || fresh_.empty()) return;
  v1::Results batch;
  batch.set_sequence(++last_sequence_);
  for (v1::TaskResult& result : fresh_) {
    if (world_.random.Chance(world_.swarm.habits.forges)) {
      v1::TaskResult& forged = *batch.add_results();
      forged = result;
      forged.set_agent_id(outside_.another());
      forged.set_outcome(v1::OUTCOME_PASSED);
      if (forged.agent_id() == card_.id) batch.mutable_results()->RemoveLast();
    }
    *batch.add_results() = std::move(result);
  }
  fresh_.clear();
  batches_.push_back(batch);
  Send(batch);
}

void LiarAgent::Send(const v1::Results& batch) {
  if (stream_ == nullptr) return;
  outside_.invariants->OnBatch(incarnation_, batch);
  v1::ConnectRequest message;
  *message.mutable_results() = batch;
  stream_->Send(std::move(message));
}

}  // namespace smokemesh::testing
