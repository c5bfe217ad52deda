#ifndef SMOKEMESH_COORDINATOR_SESSION_AGENT_SESSION_H_
#define SMOKEMESH_COORDINATOR_SESSION_AGENT_SESSION_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "coordinator/access/callers.h"
#include "coordinator/session/session_events.h"
#include "shared/clock.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

struct SessionOptions {
  // How long an agent may take to say Hello.
  shared::Duration hello_timeout = std::chrono::seconds(10);
  // How long Close waits for an agent that does not read.
  shared::Duration close_timeout = std::chrono::seconds(2);
  // Who opens streams: an agent's stream is its own, and ends when its certificate does. Null:
  // whoever comes is the agent that it says it is. Must outlive the server.
  Callers* callers = nullptr;
};

// One agent's stream. It works on bytes, so that a message is measured before it is parsed.
//
// gRPC aborts the process on a second write in flight, and on any operation after Finish: every
// operation is started in one function here, under the mutex. The session owns itself until
// OnDone; others may hold it longer.
class AgentSession final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                           public SessionHandle,
                           public std::enable_shared_from_this<AgentSession> {
 public:
  // Starts to read. `events` must outlive the server.
  static std::shared_ptr<AgentSession> Start(grpc::CallbackServerContext* context,
                                             SessionEvents* events, const SessionOptions& options);

  AgentSession(grpc::CallbackServerContext* context, SessionEvents* events,
               const SessionOptions& options);

  const std::string& id() const override { return id_; }
  void Send(const v1::ConnectResponse& message) override ABSL_LOCKS_EXCLUDED(mutex_);
  void Close(absl::Status status) override ABSL_LOCKS_EXCLUDED(mutex_);
  void ReadNext() override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  enum class State {
    kAwaitingHello,
    kOpen,
    kClosing,   // writes what is queued, then finishes
    kFinished,  // Finish was called: no operation may start
  };

  void OnReadDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnWriteDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCancel() override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnDone() override ABSL_LOCKS_EXCLUDED(mutex_);

  // Finds out who has opened the stream, and watches it from here on.
  absl::Status Identify() ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether the caller is the agent that Hello names.
  absl::Status CheckIdentity(const v1::Hello& hello) const;
  // Parses and checks what was read.
  absl::Status Take(v1::ConnectRequest* message);
  void StartClosing(absl::Status status, std::string reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Nothing more can be sent.
  void DropQueue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts the next write, or finishes when closing and nothing is left.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Calls `expired` unless the alarm is set anew or cancelled before.
  void SetAlarm(shared::Duration after, void (AgentSession::*expired)())
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void HelloIsLate() ABSL_LOCKS_EXCLUDED(mutex_);
  void CloseIsLate() ABSL_LOCKS_EXCLUDED(mutex_);

  grpc::CallbackServerContext& context_;
  SessionEvents& events_;
  const SessionOptions options_;
  const std::string id_;
  const bool in_process_;
  Caller caller_;  // since Start

  // Of the one read that is in flight, and of OnReadDone after it.
  grpc::ByteBuffer incoming_;
  bool hello_taken_ = false;

  shared::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kAwaitingHello;
  bool connected_ ABSL_GUARDED_BY(mutex_) = false;  // OnConnected was called
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<grpc::ByteBuffer> queue_ ABSL_GUARDED_BY(mutex_);  // front is in flight if writing_
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t written_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // by the write in flight
  absl::Status close_status_ ABSL_GUARDED_BY(mutex_);
  std::string close_reason_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<CallerWatch> caller_watch_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<AgentSession> self_ ABSL_GUARDED_BY(mutex_);  // until OnDone
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SESSION_AGENT_SESSION_H_
