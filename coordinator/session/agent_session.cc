#include "coordinator/session/agent_session.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/session/message_limits.h"
#include "shared/duration.h"
#include "shared/grpc_support/grpc_status.h"
#include "shared/status_macros.h"
#include "shared/uuid.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;

// Assignments carry their checks; this is more than a run's worth in flight.
constexpr size_t kMaxQueuedBytes = 16u << 20;

// The in-process transport names no peer, for which gRPC 1.51 says "unknown"; every socket names
// one, and a connection whose address cannot be told is not accepted.
bool IsInProcess(const grpc::CallbackServerContext& context) {
  const std::string peer = context.peer();
  return peer == "unknown" || peer.rfind("inproc", 0) == 0;
}

}  // namespace

std::shared_ptr<AgentSession> AgentSession::Start(grpc::CallbackServerContext* context,
                                                  SessionEvents* events,
                                                  const SessionOptions& options) {
  auto session = std::make_shared<AgentSession>(context, events, options);
  const absl::Status identified = session->Identify();
  MutexLock lock(&session->mutex_);
  session->self_ = session;
  if (!identified.ok()) {
    session->StartClosing(identified, std::string(identified.message()));
    return session;
  }
  session->SetAlarm(options.hello_timeout, &AgentSession::HelloIsLate);
  session->reading_ = true;
  session->StartRead(&session->incoming_);
  return session;
}

AgentSession::AgentSession(grpc::CallbackServerContext* context, SessionEvents* events,
                           const SessionOptions& options)
    : context_(*context),
      events_(*events),
      options_(options),
      id_(shared::RandomUuid()),
      in_process_(IsInProcess(*context)) {}

void AgentSession::Send(const v1::ConnectResponse& message) {
  grpc::ByteBuffer bytes;
  bool own_buffer = false;
  const grpc::Status serialized =
      grpc::SerializationTraits<v1::ConnectResponse>::Serialize(message, &bytes, &own_buffer);
  if (!serialized.ok()) {
    Close(shared::FromGrpcStatus(serialized));
    return;
  }
  MutexLock lock(&mutex_);
  if (state_ != State::kOpen) return;
  // Anything on its way says as much as a heartbeat.
  if (message.has_heartbeat() && !queue_.empty()) return;
  if (queued_bytes_ + bytes.Length() > kMaxQueuedBytes) {
    StartClosing(absl::ResourceExhaustedError(absl::StrCat(
                     "the agent does not read: ", queued_bytes_, " bytes wait for it")),
                 "the agent does not read what it is sent");
    DropQueue();
    return;
  }
  queued_bytes_ += bytes.Length();
  queue_.push_back(std::move(bytes));
  Advance();
}

void AgentSession::Close(absl::Status status) {
  MutexLock lock(&mutex_);
  std::string reason = status.ok() ? "closed by the coordinator" : std::string(status.message());
  StartClosing(std::move(status), std::move(reason));
}

void AgentSession::ReadNext() {
  MutexLock lock(&mutex_);
  if (state_ != State::kOpen || reading_) return;
  reading_ = true;
  StartRead(&incoming_);
}

absl::Status AgentSession::Identify() {
  if (options_.callers == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(caller_, options_.callers->CallerOf(context_));
  std::unique_ptr<CallerWatch> watch =
      options_.callers->WatchCaller(caller_, [weak = weak_from_this()](absl::Status status) {
        const std::shared_ptr<AgentSession> session = weak.lock();
        if (session != nullptr) session->Close(std::move(status));
      });
  MutexLock lock(&mutex_);
  caller_watch_ = std::move(watch);
  return absl::OkStatus();
}

absl::Status AgentSession::CheckIdentity(const v1::Hello& hello) const {
  if (caller_.proof == Caller::Proof::kLocal) return absl::OkStatus();
  if (caller_.role != Role::kAgent) {
    return absl::PermissionDeniedError(
        absl::StrCat(Describe(caller_), " may not open the stream of an agent"));
  }
  if (caller_.name != hello.agent_id()) {
    return absl::PermissionDeniedError(absl::StrCat(
        "the certificate is that of agent \"", caller_.name, "\", and hello.agent_id is \"",
        hello.agent_id(), "\": an agent goes by the name in its certificate"));
  }
  return absl::OkStatus();
}

absl::Status AgentSession::Take(v1::ConnectRequest* message) {
  if (incoming_.Length() > kMaxAgentMessageBytes) {
    return absl::ResourceExhaustedError(absl::StrCat("a message of ", incoming_.Length(),
                                                     " bytes: at most ", kMaxAgentMessageBytes,
                                                     " are accepted"));
  }
  const grpc::Status parsed =
      grpc::SerializationTraits<v1::ConnectRequest>::Deserialize(&incoming_, message);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError("a message that is not a smokemesh.v1.ConnectRequest");
  }
  if (hello_taken_) return CheckMessage(*message);
  if (!message->has_hello()) {
    return absl::InvalidArgumentError("the first message must be Hello");
  }
  RETURN_IF_ERROR(CheckHello(message->hello(), in_process_));
  return CheckIdentity(message->hello());
}

void AgentSession::OnReadDone(bool ok) {
  v1::ConnectRequest message;
  const absl::Status taken = ok ? Take(&message) : absl::OkStatus();
  const bool first = !hello_taken_;
  hello_taken_ = true;
  std::shared_ptr<AgentSession> self;
  {
    MutexLock lock(&mutex_);
    reading_ = false;
    if (!ok) {
      StartClosing(absl::OkStatus(), "the agent ended the stream");
    } else if (!taken.ok()) {
      StartClosing(taken, absl::StrCat("the agent sent ", std::string(taken.message())));
    }
    if (state_ == State::kClosing || state_ == State::kFinished) return;
    if (first) {
      state_ = State::kOpen;
      connected_ = true;
      alarm_.reset();
    }
    self = self_;
  }
  if (first) {
    events_.OnConnected(std::move(self), std::move(*message.mutable_hello()));
  } else {
    events_.OnMessage(std::move(self), std::move(message));
  }
}

void AgentSession::OnWriteDone(bool ok) {
  MutexLock lock(&mutex_);
  writing_ = false;
  queued_bytes_ -= std::min(queued_bytes_, written_bytes_);
  queue_.pop_front();
  if (!ok) {
    StartClosing(absl::UnavailableError("the stream broke"), "the connection to the agent broke");
    DropQueue();
  }
  Advance();
}

void AgentSession::OnCancel() {
  MutexLock lock(&mutex_);
  StartClosing(absl::CancelledError("cancelled"), "the connection to the agent was lost");
  DropQueue();
  Advance();
}

void AgentSession::OnDone() {
  std::shared_ptr<AgentSession> self;
  bool connected = false;
  std::string reason;
  {
    MutexLock lock(&mutex_);
    self = std::move(self_);
    caller_watch_.reset();
    connected = connected_;
    reason = std::move(close_reason_);
  }
  if (connected) events_.OnClosed(std::move(self), std::move(reason));
}

void AgentSession::StartClosing(absl::Status status, std::string reason) {
  if (state_ == State::kClosing || state_ == State::kFinished) return;
  state_ = State::kClosing;
  close_status_ = std::move(status);
  close_reason_ = std::move(reason);
  SetAlarm(options_.close_timeout, &AgentSession::CloseIsLate);
  Advance();
}

void AgentSession::DropQueue() {
  while (queue_.size() > (writing_ ? 1u : 0u)) queue_.pop_back();
  queued_bytes_ = writing_ ? written_bytes_ : 0;
}

void AgentSession::Advance() {
  if (state_ == State::kFinished || writing_) return;
  if (!queue_.empty()) {
    writing_ = true;
    // The library may take the bytes out of the buffer.
    written_bytes_ = queue_.front().Length();
    StartWrite(&queue_.front());
    return;
  }
  if (state_ != State::kClosing) return;
  state_ = State::kFinished;
  alarm_.reset();
  Finish(shared::ToGrpcStatus(close_status_));
}

void AgentSession::SetAlarm(shared::Duration after, void (AgentSession::*expired)()) {
  alarm_ = std::make_unique<grpc::Alarm>();
  // gRPC may run the call after the alarm is gone.
  alarm_->Set(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(after.count(), GPR_TIMESPAN)),
      [weak = weak_from_this(), expired](bool ok) {
        const std::shared_ptr<AgentSession> session = weak.lock();
        if (ok && session != nullptr) (session.get()->*expired)();
      });
}

void AgentSession::HelloIsLate() {
  MutexLock lock(&mutex_);
  if (state_ != State::kAwaitingHello) return;
  StartClosing(absl::DeadlineExceededError(absl::StrCat(
                   "no Hello within ", shared::FormatDuration(options_.hello_timeout))),
               "the agent did not say Hello");
}

void AgentSession::CloseIsLate() {
  MutexLock lock(&mutex_);
  // Not finished means that the call, and with it the context, is still there.
  if (state_ != State::kClosing) return;
  DropQueue();
  context_.TryCancel();
}

}  // namespace smokemesh::coordinator
