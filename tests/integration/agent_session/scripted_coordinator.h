#ifndef SMOKEMESH_TESTS_INTEGRATION_AGENT_SESSION_SCRIPTED_COORDINATOR_H_
#define SMOKEMESH_TESTS_INTEGRATION_AGENT_SESSION_SCRIPTED_COORDINATOR_H_

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "shared/mutex.h"
#include "smokemesh/v1/agent_session.grpc.pb.h"

namespace smokemesh::testing {

// A coordinator that does what a test tells it, one message at a time, on a real port of the
// loopback.
class ScriptedCoordinator {
 public:
  // Longest wait of every call below.
  static constexpr auto kPatience = std::chrono::seconds(20);

  // One stream that an agent opened. Calls are for one test thread.
  class Stream {
   public:
    // The next message of the agent, heartbeats left out; nothing when the stream ended or time ran
    // out.
    std::optional<v1::ConnectRequest> Read() { return Next(/*heartbeats=*/false); }
    // The same with heartbeats.
    std::optional<v1::ConnectRequest> ReadAny() { return Next(/*heartbeats=*/true); }

    void Write(const v1::ConnectResponse& message);
    void Welcome(std::chrono::milliseconds heartbeat = std::chrono::seconds(5));
    void Assign(const v1::Assignment& assignment);
    void Ack(uint64_t up_to_sequence);

    // Ends the stream with this status, after what was written.
    void Finish(grpc::Status status);
    // Waits until the agent has ended its side: half-closed it, cancelled it, or gone.
    bool WaitAgentLeft();
    // Waits until the stream is over; returns whether the agent ended it in order, by half-closing
    // its side, and did not cancel it.
    bool WaitOrderlyEnd();

   private:
    friend class ScriptedCoordinator;
    class Reactor;

    std::optional<v1::ConnectRequest> Next(bool heartbeats);

    shared::Mutex mutex_;
    shared::CondVar changed_;
    std::deque<v1::ConnectRequest> received_ ABSL_GUARDED_BY(mutex_);
    bool agent_left_ ABSL_GUARDED_BY(mutex_) = false;
    bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
    bool over_ ABSL_GUARDED_BY(mutex_) = false;
    Reactor* reactor_ ABSL_GUARDED_BY(mutex_) = nullptr;  // until the stream is over
  };

  // Port 0 picks one. `max_receive_bytes` 0 leaves the default.
  explicit ScriptedCoordinator(int port = 0, int max_receive_bytes = 0);
  // Ends all streams at once, as a crash would look to the agent.
  ~ScriptedCoordinator();

  int port() const { return port_; }
  // Whether the server has the port.
  bool ok() const { return server_ != nullptr && port_ != 0; }

  // The next stream that an agent opens; null when time ran out.
  std::shared_ptr<Stream> Accept();
  // The next stream after Hello, and Hello itself.
  std::pair<std::shared_ptr<Stream>, v1::Hello> AcceptHello();

 private:
  class Service;
  std::unique_ptr<Service> service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;

  shared::Mutex mutex_;
  shared::CondVar changed_;
  std::deque<std::shared_ptr<Stream>> opened_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_INTEGRATION_AGENT_SESSION_SCRIPTED_COORDINATOR_H_
