#include "tests/simulation/agent_node.h"

#include <algorithm>
#include <utility>

namespace smokemesh::testing {

using agent::SessionEffect;
using agent::SessionEvent;
using std::chrono::milliseconds;
using std::chrono::seconds;

// ---- Every agent -----------------------------------------------------------------------------

std::string AgentNode::NewIncarnation() {
  if (!world_.Is(Mutant::kReusesIncarnation)) ++starts_;
  return card_.id + "#" + std::to_string(card_.process) + "." + std::to_string(starts_);
}

v1::Hello AgentNode::MakeHello(const std::string& incarnation, int max_parallel) const {
  v1::Hello hello;
  hello.set_agent_id(card_.id);
  hello.set_incarnation(incarnation);
  hello.set_service(card_.service);
  hello.set_deployment(card_.deployment);
  for (const char* kind : {"http", "flow", "scenario"}) hello.add_capabilities(kind);
  hello.set_max_parallel(max_parallel);
  if (!card_.old) {
    hello.add_features("clean_up");
    hello.add_features("flow");
    if (card_.spool) hello.add_features("spool");
  }
  return hello;
}

void AgentNode::OpenStream(const std::string& incarnation) {
  stream_ = std::make_shared<Stream>(&world_, outside_.new_session_id(), this);
  outside_.invariants->OnSession(stream_->id(), incarnation);
  stream_->Open(outside_.coordinator());
}

// ---- The product's ---------------------------------------------------------------------------

void CoreAgent::Start() {
  if (up()) return;
  Begin();
  left_ = false;
  events_.clear();
  busy_ = false;
  writing_ = false;
  stream_ = nullptr;
  incarnation_ = NewIncarnation();
  const int max_parallel = 1 + world_.random.Below(4);
  agent::SessionCoreOptions options;
  options.hello = MakeHello(incarnation_, max_parallel);
  options.backoff_seed = world_.random.Next();
  for (const auto& [id, kept] : spool_) {
    if (!world_.Is(Mutant::kForgetsSpool)) options.kept.push_back(kept.result);
  }
  core_.emplace(std::move(options));
  executor_.emplace(&world_, this, card_.id, max_parallel,
                    FakeExecutor::Outside{[this](v1::TaskResult result) {
                                            outside_.invariants->OnProduced(result);
                                            Give(agent::TaskFinished{std::move(result)});
                                          },
                                          [this](const std::string& task_id) {
                                            outside_.invariants->OnReady(task_id);
                                            Give(agent::TaskReady{task_id});
                                          }});
  if (!alarm_.has_value()) {
    alarm_.emplace(&world_, this, [this] { Give(agent::SessionTick{}); });
  }
  Give(agent::SessionStarted{});
}

void CoreAgent::Crash() {
  if (!up()) return;
  if (stream_ != nullptr) stream_->ClientDied(world_.swarm.silent);
  stream_ = nullptr;
  std::erase_if(spool_, [](const auto& one) { return !one.second.synced; });
  core_.reset();
  executor_.reset();
  End();
}

void CoreAgent::Drain() {
  if (core_.has_value()) Give(agent::DrainRequested{"told to"});
}

void CoreAgent::Give(SessionEvent event) {
  events_.push_back(std::move(event));
  if (busy_) return;
  busy_ = true;
  while (!events_.empty() && core_.has_value()) {
    const SessionEvent next = std::move(events_.front());
    events_.pop_front();
    for (SessionEffect& effect : core_->Step(next, Now().steady)) {
      if (!core_.has_value()) break;
      CarryOut(effect);
    }
  }
  busy_ = false;
  if (core_.has_value()) alarm_->Set(core_->NextDeadline());
}

void CoreAgent::CarryOut(SessionEffect& effect) {
  std::visit([this](auto& one) { CarryOut(one); }, effect);
}

void CoreAgent::CarryOut(agent::OpenStream&) {
  writing_ = false;
  OpenStream(incarnation_);
}

void CoreAgent::CarryOut(agent::WriteToStream& effect) {
  if (stream_ == nullptr) return;
  if (effect.message.has_hello()) {
    for (const auto& [id, kept] : spool_) {
      const auto& held = effect.message.hello().tasks_in_hand();
      outside_.invariants->Expect(
          std::find(held.begin(), held.end(), id) != held.end(),
          "Hello of " + card_.id + " does not name the result of " + id + ", which it has kept");
    }
  }
  if (effect.message.has_results()) {
    outside_.invariants->OnBatch(incarnation_, effect.message.results());
  }
  if (effect.message.has_results() && world_.Is(Mutant::kForgetsUnacknowledged)) {
    agent::ForgetResults early;
    for (const v1::TaskResult& result : effect.message.results().results()) {
      early.task_ids.push_back(result.task_id());
    }
    CarryOut(early);
  }
  const bool lost =
      effect.message.has_results() && world_.Is(Mutant::kLosesBatches) && world_.random.Chance(0.1);
  if (!lost) stream_->Send(std::move(effect.message));
  // A network that takes nothing lets the writer wait.
  if (mute_until > world_.now() + milliseconds(10)) {
    const std::shared_ptr<Stream> stream = stream_;
    return Later(mute_until - world_.now(), [this, stream] {
      if (stream == stream_) Give(agent::StreamWritten{});
    });
  }
  events_.push_back(agent::StreamWritten{});
}

void CoreAgent::CarryOut(agent::HalfCloseStream&) {
  if (stream_ == nullptr) return;
  stream_->HalfClose();
  events_.push_back(agent::StreamWritten{});
}

void CoreAgent::CarryOut(agent::CancelStream&) {
  if (stream_ != nullptr) stream_->Cancel();
}

void CoreAgent::CarryOut(agent::SubmitTask& effect) {
  const std::string task_id = effect.assignment.task_id();
  outside_.invariants->OnSubmitted(effect.assignment, card_);
  const absl::Status status = executor_->Submit(effect.assignment);
  if (status.ok()) {
    outside_.invariants->OnExecuted(incarnation_, task_id);
    events_.push_front(agent::TaskAccepted{task_id});
  } else {
    events_.push_front(agent::TaskRejected{task_id, std::string(status.message())});
  }
  if (status.ok() && world_.storm() && world_.random.Chance(world_.swarm.habits.drains)) {
    world_.report.Count("agents drained");
    Later(milliseconds(1), [this] { Drain(); });
  }
}

void CoreAgent::CarryOut(agent::CancelTasks& effect) {
  executor_->Cancel(effect.run_id, effect.task_id);
}

void CoreAgent::CarryOut(agent::ReleaseTask& effect) { executor_->Release(effect.task_id); }

void CoreAgent::CarryOut(agent::KeepResult& effect) {
  if (!card_.spool) return;
  const std::string task_id = effect.result.task_id();
  Kept& kept = spool_[task_id];
  kept.result = std::move(effect.result);
  // The disk may take a while; what is not synced is lost with the machine.
  if (!world_.random.Chance(world_.swarm.unsynced)) {
    kept.synced = true;
    return;
  }
  Later(world_.random.Within(milliseconds(300)), [this, task_id] {
    const auto it = spool_.find(task_id);
    if (it != spool_.end()) it->second.synced = true;
  });
}

void CoreAgent::CarryOut(agent::ForgetResults& effect) {
  for (const std::string& task_id : effect.task_ids) {
    outside_.invariants->OnForgotten(incarnation_, task_id);
    spool_.erase(task_id);
  }
}

void CoreAgent::CarryOut(agent::SessionStopped&) {
  left_ = true;
  stream_ = nullptr;
  // The process ends after this event.
  world_.At(world_.now(), [this, mine = life()] {
    if (mine != life()) return;
    core_.reset();
    executor_.reset();
    End();
  });
}

void CoreAgent::OnMessage(const std::shared_ptr<Stream>& stream, v1::ConnectResponse message) {
  if (stream != stream_) return;
  if (message.has_result_ack()) {
    outside_.invariants->OnAckHeard(incarnation_, message.result_ack().up_to_sequence());
  }
  Give(agent::StreamMessage{std::move(message)});
}

void CoreAgent::OnEnd(const std::shared_ptr<Stream>& stream, absl::Status status) {
  if (stream != stream_) return;
  stream_ = nullptr;
  outside_.invariants->OnSessionEnded(card_.id, status);
  Give(agent::StreamEnded{std::move(status)});
}

}  // namespace smokemesh::testing
