#ifndef SMOKEMESH_TESTS_SIMULATION_NETWORK_H_
#define SMOKEMESH_TESTS_SIMULATION_NETWORK_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "tests/simulation/world.h"

namespace smokemesh::testing {

class Stream;

// The side that opens streams. Calls come while the process runs.
class StreamClient : public Node {
 public:
  using Node::Node;
  virtual void OnMessage(const std::shared_ptr<Stream>& stream, v1::ConnectResponse message) = 0;
  // Nothing comes any more.
  virtual void OnEnd(const std::shared_ptr<Stream>& stream, absl::Status status) = 0;
};

// The side that accepts them.
class StreamServer : public Node {
 public:
  using Node::Node;
  // A stream's first message. False: refused.
  virtual bool OnHello(const std::shared_ptr<Stream>& stream, v1::Hello hello) = 0;
  virtual void OnMessage(const std::shared_ptr<Stream>& stream, v1::ConnectRequest message) = 0;
  // The client has said all.
  virtual void OnHalfClose(const std::shared_ptr<Stream>& stream) = 0;
  virtual void OnLost(const std::shared_ptr<Stream>& stream, const std::string& reason) = 0;
  // The server that decides for those who ask this one; null: nobody is known.
  virtual StreamServer* Decider() = 0;
};

// A gRPC stream: ordered and reliable in each direction until it is cut. What was on its way is
// lost then, and each side learns of it soon, late or never.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(World* world, std::string id, StreamClient* client)
      : world_(*world), id_(std::move(id)), client_(*client), client_life_(client->life()) {}

  const std::string& id() const { return id_; }
  bool client_open() const { return client_open_; }
  bool server_open() const { return server_open_; }
  StreamServer* server() const { return server_; }
  StreamServer* via() const { return via_; }

  // The client's. Its first message is Hello.
  void Open(StreamServer* asked);
  void Send(v1::ConnectRequest message);
  void HalfClose();
  // The client gives it up: OnEnd follows.
  void Cancel();

  // The server's.
  void Send(v1::ConnectResponse message);
  // Ends it after what has been sent.
  void Close(absl::Status status);

  // Fate's. `silent`: how likely a side is not told.
  void Cut(double silent);
  void KillDirection(bool to_server);
  // A process at one end, or between them, is gone.
  void ServerDied(double silent);
  void ClientDied(double silent);

 private:
  struct HalfClosed {};
  using Up = std::variant<v1::ConnectRequest, HalfClosed>;
  using Down = std::variant<v1::ConnectResponse, absl::Status>;

  void PushUp(Up item);
  void PushDown(Down item);
  void DeliverUp();
  void DeliverDown();
  void Take(Up item);
  void EndClient(absl::Status status, shared::Duration after);
  void EndServer(const std::string& reason, shared::Duration after);
  shared::Duration Latency();

  World& world_;
  const std::string id_;
  StreamClient& client_;
  const int client_life_;
  StreamServer* server_ = nullptr;
  int server_life_ = 0;
  StreamServer* via_ = nullptr;  // passes it through
  bool client_open_ = true;
  bool server_open_ = false;
  bool refused_ = false;
  bool up_works_ = true;
  bool down_works_ = true;
  std::deque<Up> up_;  // on their way
  std::deque<Down> down_;
  shared::Duration last_up_{};  // when the last one arrives
  shared::Duration last_down_{};
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_NETWORK_H_
