#include "coordinator/replica/forwarded_call.h"

#include <string_view>
#include <utility>

#include "coordinator/access/forwarded_identity.h"
#include "shared/grpc_support/grpc_status.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;

std::string Text(const grpc::string_ref& text) { return {text.data(), text.size()}; }

}  // namespace

grpc::ServerGenericBidiReactor* ForwardedCall::Start(grpc::GenericCallbackServerContext* context,
                                                     Options options) {
  Callers* const callers = options.callers;
  const Caller* const caller = options.caller;
  const auto call = std::make_shared<ForwardedCall>(context, std::move(options));
  call->Begin(callers, caller);
  // It owns itself until OnDone, which comes after this call at the earliest.
  return &call->incoming_;
}

ForwardedCall::ForwardedCall(grpc::GenericCallbackServerContext* context, Options options)
    : entry_(std::move(options.entry)),
      place_(std::move(options.place)),
      context_(*context),
      method_(context->method()),
      incoming_(this),
      outgoing_(this) {
  leader_context_.set_deadline(context->deadline());
  for (const auto& [key, value] : context->client_metadata()) {
    if (MayForward(Text(key))) leader_context_.AddMetadata(Text(key), Text(value));
  }
  for (auto& [key, value] : options.metadata) leader_context_.AddMetadata(key, value);
}

void ForwardedCall::Begin(Callers* callers, const Caller* caller) {
  entry_->Set(weak_from_this());
  std::unique_ptr<CallerWatch> watch;
  if (callers != nullptr && caller != nullptr) {
    watch = callers->WatchCaller(*caller, [weak = weak_from_this()](absl::Status status) {
      if (const auto call = weak.lock()) call->End(std::move(status));
    });
  }
  MutexLock lock(&mutex_);
  self_ = shared_from_this();
  watch_ = std::move(watch);
  grpc::GenericStub stub(place_->channel());
  stub.PrepareBidiStreamingCall(&leader_context_, method_, {}, &outgoing_);
  // Operations on the leader's side begin in reactions of the caller's side, too.
  outgoing_.AddHold();
  outgoing_.StartCall();
  incoming_.StartRead(&request_);
}

// ---- From the caller to the leader -----------------------------------------------------------

void ForwardedCall::OnRequest(bool ok) {
  MutexLock lock(&mutex_);
  if (released_) return;
  if (ok) {
    outgoing_.StartWrite(&request_);
  } else {
    outgoing_.StartWritesDone();  // half-closed, or gone
  }
}

void ForwardedCall::OnRequestWritten(bool ok) {
  MutexLock lock(&mutex_);
  // A write that fails means that the leader's side has ended, which is heard from its reads.
  if (!ok || finished_ || released_) return;
  incoming_.StartRead(&request_);
}

// ---- From the leader to the caller -----------------------------------------------------------

void ForwardedCall::OnResponseBegins(bool ok) {
  MutexLock lock(&mutex_);
  if (!ok) return Release();
  for (const auto& [key, value] : leader_context_.GetServerInitialMetadata()) {
    if (MayForward(Text(key))) context_.AddInitialMetadata(Text(key), Text(value));
  }
  outgoing_.StartRead(&response_);
}

void ForwardedCall::OnResponse(bool ok) {
  MutexLock lock(&mutex_);
  if (!ok) return Release();
  incoming_.StartWrite(&response_);
}

void ForwardedCall::OnResponseWritten(bool ok) {
  MutexLock lock(&mutex_);
  if (ok) {
    outgoing_.StartRead(&response_);
    return;
  }
  leader_context_.TryCancel();
  Release();
}

// ---- The end ---------------------------------------------------------------------------------

void ForwardedCall::Release() {
  if (std::exchange(released_, true)) return;
  outgoing_.RemoveHold();
}

void ForwardedCall::End(absl::Status status) {
  MutexLock lock(&mutex_);
  if (finished_ || end_.has_value()) return;
  end_ = std::move(status);
  leader_context_.TryCancel();
}

void ForwardedCall::Abort() {
  MutexLock lock(&mutex_);
  // Not done means that the context is still there.
  if (!done_) context_.TryCancel();
}

void ForwardedCall::OnCallerGone() {
  MutexLock lock(&mutex_);
  leader_context_.TryCancel();
}

void ForwardedCall::OnLeaderDone(const grpc::Status& status) {
  std::shared_ptr<ForwardedCall> self;  // the lock must be gone before its end
  MutexLock lock(&mutex_);
  self = self_;
  if (std::exchange(finished_, true)) return;
  if (end_.has_value()) {
    incoming_.Finish(shared::ToGrpcStatus(*end_));
    return;
  }
  for (const auto& [key, value] : leader_context_.GetServerTrailingMetadata()) {
    if (MayForward(Text(key))) context_.AddTrailingMetadata(Text(key), Text(value));
  }
  incoming_.Finish(status);
}

void ForwardedCall::OnCallerDone() {
  std::shared_ptr<ForwardedCall> self;
  std::unique_ptr<CallerWatch> watch;
  MutexLock lock(&mutex_);
  done_ = true;
  watch = std::move(watch_);
  self = std::move(self_);
}

}  // namespace smokemesh::coordinator
