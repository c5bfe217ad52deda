#include "agent/session/connect_stream.h"

#include <utility>

#include "shared/grpc_support/grpc_status.h"

namespace smokemesh::agent {

std::shared_ptr<ConnectStream> ConnectStream::Open(v1::AgentSessionService::Stub* stub,
                                                   Listener listener) {
  std::shared_ptr<ConnectStream> stream(new ConnectStream(std::move(listener)));
  stream->self_ = stream;
  stub->async()->Connect(&stream->context_, stream.get());
  stream->AddHold();
  stream->StartRead(&stream->response_);
  stream->StartCall();
  return stream;
}

void ConnectStream::Write(v1::ConnectRequest request) {
  if (released_) return;
  request_ = std::move(request);  // must stay as it is until OnWriteDone
  StartWrite(&request_);
}

void ConnectStream::HalfClose() {
  if (!released_) StartWritesDone();
}

void ConnectStream::ReadNext() {
  if (!released_) StartRead(&response_);
}

void ConnectStream::Release() {
  if (std::exchange(released_, true)) return;
  RemoveHold();
}

void ConnectStream::OnReadDone(bool ok) {
  if (ok) {
    listener_.on_message(std::move(response_));
  } else {
    listener_.on_read_end();
  }
}

void ConnectStream::OnWriteDone(bool ok) {
  if (ok) listener_.on_written();
}

void ConnectStream::OnWritesDoneDone(bool ok) {
  if (ok) listener_.on_written();
}

void ConnectStream::OnDone(const grpc::Status& status) {
  // The owner lets go last, when it hears of this. Its context holds the channel: were that to end
  // here, with nothing else of gRPC left, gRPC 1.51 would wait for this thread on this thread, go
  // on all the same, and use what it has freed (CompletionQueue::ReleaseCallbackAlternativeCQ).
  const auto on_ended = listener_.on_ended;
  self_ = nullptr;
  on_ended(shared::FromGrpcStatus(status));
}

}  // namespace smokemesh::agent
