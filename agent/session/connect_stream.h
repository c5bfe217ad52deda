#ifndef SMOKEMESH_AGENT_SESSION_CONNECT_STREAM_H_
#define SMOKEMESH_AGENT_SESSION_CONNECT_STREAM_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "smokemesh/v1/agent_session.grpc.pb.h"

namespace smokemesh::agent {

// One stream of AgentSessionService.Connect. Threads: the owner calls it from one thread; the
// listener is called on gRPC's threads and must only hand over. It keeps itself alive until gRPC is
// done with it; the owner holds it until `on_ended`, so that it ends on the owner's thread.
class ConnectStream final
    : public grpc::ClientBidiReactor<v1::ConnectRequest, v1::ConnectResponse> {
 public:
  struct Listener {
    // A message; the next one comes after ReadNext.
    std::function<void(v1::ConnectResponse)> on_message;
    // What Write or HalfClose began is done. Not called when it failed: then the stream ends.
    std::function<void()> on_written;
    // Nothing more can be read. Answer with Release.
    std::function<void()> on_read_end;
    // The last call.
    std::function<void(absl::Status)> on_ended;
  };

  // Opens the stream and begins to read.
  static std::shared_ptr<ConnectStream> Open(v1::AgentSessionService::Stub* stub,
                                             Listener listener);

  // One Write or HalfClose at a time.
  void Write(v1::ConnectRequest request);
  void HalfClose();
  void ReadNext();
  void Cancel() { context_.TryCancel(); }

  // No operation is begun any more: lets the stream end. Once, after `on_read_end`; the calls above
  // do nothing from then on.
  void Release();

 private:
  explicit ConnectStream(Listener listener) : listener_(std::move(listener)) {}

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnWritesDoneDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  const Listener listener_;
  std::shared_ptr<ConnectStream> self_;  // until OnDone
  grpc::ClientContext context_;
  v1::ConnectRequest request_;    // being written
  v1::ConnectResponse response_;  // being read
  // Owner's thread only. Operations that begin outside a reaction need a hold; it is taken at the
  // start and given back by Release.
  bool released_ = false;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_SESSION_CONNECT_STREAM_H_
