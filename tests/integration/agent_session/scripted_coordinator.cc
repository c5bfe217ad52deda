#include "tests/integration/agent_session/scripted_coordinator.h"

#include <utility>

namespace smokemesh::testing {

using shared::MutexLock;
using std::chrono::steady_clock;

// Its fields are guarded by the stream's mutex. gRPC's operations may be begun under it: they never
// call back on the same thread.
class ScriptedCoordinator::Stream::Reactor final
    : public grpc::ServerBidiReactor<v1::ConnectRequest, v1::ConnectResponse> {
 public:
  explicit Reactor(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {
    StartRead(&request_);
  }

  void Write(const v1::ConnectResponse& message) {
    writes_.push_back(message);
    if (writes_.size() == 1) StartWrite(&writes_.front());
  }

  void End(grpc::Status status) {
    if (!status_.has_value()) status_ = std::move(status);
    if (!finished_ && writes_.empty()) {
      finished_ = true;
      Finish(*status_);
    }
  }

 private:
  void OnReadDone(bool ok) override {
    MutexLock lock(&stream_->mutex_);
    if (ok) {
      stream_->received_.push_back(request_);
      StartRead(&request_);
    } else {
      stream_->agent_left_ = true;
      End(grpc::Status::OK);
    }
    stream_->changed_.NotifyAll();
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(&stream_->mutex_);
    writes_.pop_front();
    if (!ok) writes_.clear();
    if (!writes_.empty()) {
      StartWrite(&writes_.front());
    } else if (status_.has_value()) {
      End(*status_);
    }
  }

  void OnCancel() override {
    MutexLock lock(&stream_->mutex_);
    stream_->cancelled_ = true;
    stream_->agent_left_ = true;
    stream_->changed_.NotifyAll();
    writes_.clear();
    End(grpc::Status::CANCELLED);
  }

  void OnDone() override {
    {
      MutexLock lock(&stream_->mutex_);
      stream_->reactor_ = nullptr;
      stream_->over_ = true;
      stream_->changed_.NotifyAll();
    }
    delete this;
  }

  const std::shared_ptr<Stream> stream_;
  v1::ConnectRequest request_;
  std::deque<v1::ConnectResponse> writes_;  // the first one is being written
  std::optional<grpc::Status> status_;
  bool finished_ = false;
};

class ScriptedCoordinator::Service final : public v1::AgentSessionService::CallbackService {
 public:
  explicit Service(ScriptedCoordinator* owner) : owner_(*owner) {}

  grpc::ServerBidiReactor<v1::ConnectRequest, v1::ConnectResponse>* Connect(
      grpc::CallbackServerContext*) override {
    auto stream = std::make_shared<Stream>();
    Stream::Reactor* reactor = nullptr;
    {
      MutexLock lock(&stream->mutex_);
      reactor = new Stream::Reactor(stream);
      stream->reactor_ = reactor;
    }
    MutexLock lock(&owner_.mutex_);
    owner_.opened_.push_back(std::move(stream));
    owner_.changed_.NotifyAll();
    return reactor;
  }

 private:
  ScriptedCoordinator& owner_;
};

std::optional<v1::ConnectRequest> ScriptedCoordinator::Stream::Next(bool heartbeats) {
  const auto deadline = steady_clock::now() + kPatience;
  MutexLock lock(&mutex_);
  while (true) {
    while (!received_.empty()) {
      v1::ConnectRequest message = std::move(received_.front());
      received_.pop_front();
      if (heartbeats || !message.has_heartbeat()) return message;
    }
    if (agent_left_ || !changed_.WaitUntil(&mutex_, deadline)) return std::nullopt;
  }
}

void ScriptedCoordinator::Stream::Write(const v1::ConnectResponse& message) {
  MutexLock lock(&mutex_);
  if (reactor_ != nullptr) reactor_->Write(message);
}

void ScriptedCoordinator::Stream::Welcome(std::chrono::milliseconds heartbeat) {
  v1::ConnectResponse message;
  message.mutable_welcome()->set_session_id("session");
  auto* interval = message.mutable_welcome()->mutable_heartbeat_interval();
  interval->set_seconds(heartbeat.count() / 1000);
  interval->set_nanos(static_cast<int32_t>(heartbeat.count() % 1000 * 1'000'000));
  Write(message);
}

void ScriptedCoordinator::Stream::Assign(const v1::Assignment& assignment) {
  v1::ConnectResponse message;
  *message.mutable_assignment() = assignment;
  Write(message);
}

void ScriptedCoordinator::Stream::Ack(uint64_t up_to_sequence) {
  v1::ConnectResponse message;
  message.mutable_result_ack()->set_up_to_sequence(up_to_sequence);
  Write(message);
}

void ScriptedCoordinator::Stream::Finish(grpc::Status status) {
  MutexLock lock(&mutex_);
  if (reactor_ != nullptr) reactor_->End(std::move(status));
}

bool ScriptedCoordinator::Stream::WaitAgentLeft() {
  const auto deadline = steady_clock::now() + kPatience;
  MutexLock lock(&mutex_);
  while (!agent_left_) {
    if (!changed_.WaitUntil(&mutex_, deadline) && !agent_left_) return false;
  }
  return true;
}

bool ScriptedCoordinator::Stream::WaitOrderlyEnd() {
  const auto deadline = steady_clock::now() + kPatience;
  MutexLock lock(&mutex_);
  while (!over_) {
    if (!changed_.WaitUntil(&mutex_, deadline) && !over_) return false;
  }
  return !cancelled_;
}

ScriptedCoordinator::ScriptedCoordinator(int port, int max_receive_bytes)
    : service_(std::make_unique<Service>(this)) {
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(),
                           &port_);
  if (max_receive_bytes > 0) builder.SetMaxReceiveMessageSize(max_receive_bytes);
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
}

ScriptedCoordinator::~ScriptedCoordinator() {
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
}

std::shared_ptr<ScriptedCoordinator::Stream> ScriptedCoordinator::Accept() {
  const auto deadline = steady_clock::now() + kPatience;
  MutexLock lock(&mutex_);
  while (opened_.empty()) {
    if (!changed_.WaitUntil(&mutex_, deadline) && opened_.empty()) return nullptr;
  }
  std::shared_ptr<Stream> stream = std::move(opened_.front());
  opened_.pop_front();
  return stream;
}

std::pair<std::shared_ptr<ScriptedCoordinator::Stream>, v1::Hello>
ScriptedCoordinator::AcceptHello() {
  std::shared_ptr<Stream> stream = Accept();
  if (stream == nullptr) return {nullptr, {}};
  const std::optional<v1::ConnectRequest> message = stream->Read();
  if (!message.has_value() || !message->has_hello()) return {nullptr, {}};
  return {stream, message->hello()};
}

}  // namespace smokemesh::testing
