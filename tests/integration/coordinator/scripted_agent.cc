#include "tests/integration/coordinator/scripted_agent.h"

#include <chrono>

namespace smokemesh::testing {

v1::Hello MakeHello(const std::string& agent_id, const std::string& service) {
  v1::Hello hello;
  hello.set_agent_id(agent_id);
  hello.set_incarnation("first-life-of-" + agent_id);
  hello.set_service(service);
  for (const char* kind : {"http", "flow"}) hello.add_capabilities(kind);
  for (const char* feature : {"clean_up", "flow"}) hello.add_features(feature);
  hello.set_max_parallel(8);
  return hello;
}

v1::TaskResult ResultOf(const v1::Assignment& assignment, const std::string& agent_id) {
  v1::TaskResult result;
  result.set_task_id(assignment.task_id());
  result.set_run_id(assignment.run_id());
  result.set_check(assignment.check().name());
  result.set_agent_id(agent_id);
  result.set_attempt(assignment.attempt());
  result.set_outcome(v1::OUTCOME_PASSED);
  result.set_tries(1);
  return result;
}

ScriptedAgent::ScriptedAgent(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(v1::AgentSessionService::NewStub(channel)) {
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  stream_ = stub_->Connect(&context_);
}

ScriptedAgent::~ScriptedAgent() {
  if (finished_) return;
  context_.TryCancel();
  ReadToTheEnd();
}

bool ScriptedAgent::SendHello(const v1::Hello& hello) {
  v1::ConnectRequest message;
  *message.mutable_hello() = hello;
  return Send(message);
}

bool ScriptedAgent::Accept(const v1::Assignment& assignment) {
  v1::ConnectRequest message;
  message.mutable_assignment_ack()->set_task_id(assignment.task_id());
  message.mutable_assignment_ack()->set_accepted(true);
  return Send(message);
}

bool ScriptedAgent::SendResults(uint64_t sequence, const std::vector<v1::TaskResult>& results) {
  v1::ConnectRequest message;
  message.mutable_results()->set_sequence(sequence);
  message.mutable_results()->mutable_results()->Add(results.begin(), results.end());
  return Send(message);
}

bool ScriptedAgent::SayReady(const v1::Assignment& assignment) {
  v1::ConnectRequest message;
  message.mutable_ready()->set_task_id(assignment.task_id());
  return Send(message);
}

std::optional<v1::ConnectResponse> ScriptedAgent::Next() {
  v1::ConnectResponse message;
  while (stream_->Read(&message)) {
    if (!message.has_heartbeat()) return message;
  }
  return std::nullopt;
}

bool ScriptedAgent::Join(const v1::Hello& hello) {
  if (!SendHello(hello)) return false;
  const auto answer = Next();
  return answer.has_value() && answer->has_welcome();
}

std::optional<v1::Assignment> ScriptedAgent::NextAssignment() {
  const auto message = Next();
  if (!message.has_value() || !message->has_assignment()) return std::nullopt;
  return message->assignment();
}

std::optional<uint64_t> ScriptedAgent::NextAck() {
  const auto message = Next();
  if (!message.has_value() || !message->has_result_ack()) return std::nullopt;
  return message->result_ack().up_to_sequence();
}

std::string ScriptedAgent::NextGo() {
  const auto message = Next();
  return message.has_value() ? message->go().task_id() : "";
}

grpc::Status ScriptedAgent::ReadToTheEnd(std::vector<v1::ConnectResponse>* seen) {
  while (auto message = Next()) {
    if (seen != nullptr) seen->push_back(*std::move(message));
  }
  finished_ = true;
  return stream_->Finish();
}

}  // namespace smokemesh::testing
