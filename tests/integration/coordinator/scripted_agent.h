#ifndef SMOKEMESH_TESTS_INTEGRATION_COORDINATOR_SCRIPTED_AGENT_H_
#define SMOKEMESH_TESTS_INTEGRATION_COORDINATOR_SCRIPTED_AGENT_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "smokemesh/v1/agent_session.grpc.pb.h"

namespace smokemesh::testing {

v1::Hello MakeHello(const std::string& agent_id, const std::string& service);

// A PASSED result of an assignment.
v1::TaskResult ResultOf(const v1::Assignment& assignment, const std::string& agent_id);

// An agent's side of one stream, said line by line. Every wait ends with the stream's deadline of
// 20 s. Used by one thread.
class ScriptedAgent {
 public:
  explicit ScriptedAgent(const std::shared_ptr<grpc::Channel>& channel);
  // Cuts the stream, if it is still open.
  ~ScriptedAgent();
  ScriptedAgent(const ScriptedAgent&) = delete;
  ScriptedAgent& operator=(const ScriptedAgent&) = delete;

  bool Send(const v1::ConnectRequest& message) { return stream_->Write(message); }
  bool SendHello(const v1::Hello& hello);
  bool Accept(const v1::Assignment& assignment);
  bool SendResults(uint64_t sequence, const std::vector<v1::TaskResult>& results);

  bool SayReady(const v1::Assignment& assignment);

  // The next message that is no heartbeat; nothing when the stream has ended.
  std::optional<v1::ConnectResponse> Next();
  // Says Hello and takes Welcome. False when there was none.
  bool Join(const v1::Hello& hello);
  // The next message, which must be an assignment, or an acknowledgement.
  std::optional<v1::Assignment> NextAssignment();
  std::optional<uint64_t> NextAck();
  // The task that the next message, which must be Go, releases; empty when it is another one.
  std::string NextGo();

  // Cuts the connection as a crash would.
  void Cut() { context_.TryCancel(); }
  // Reads until the stream ends; returns how it ended, and what was read on the way.
  grpc::Status ReadToTheEnd(std::vector<v1::ConnectResponse>* seen = nullptr);

 private:
  grpc::ClientContext context_;
  const std::unique_ptr<v1::AgentSessionService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ConnectRequest, v1::ConnectResponse>> stream_;
  bool finished_ = false;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_INTEGRATION_COORDINATOR_SCRIPTED_AGENT_H_
