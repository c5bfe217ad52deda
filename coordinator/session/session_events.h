#ifndef SMOKEMESH_COORDINATOR_SESSION_SESSION_EVENTS_H_
#define SMOKEMESH_COORDINATOR_SESSION_SESSION_EVENTS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "smokemesh/v1/agent_session.pb.h"

namespace smokemesh::coordinator {

// What can be done with an open session. Thread-safe; nothing blocks. Every call on a session that
// has ended does nothing.
class SessionHandle {
 public:
  virtual ~SessionHandle() = default;

  // Identifier of the session, unique in this process and over restarts.
  virtual const std::string& id() const = 0;

  // Queues a message. An agent that does not take its messages (16 MiB wait) loses its session.
  virtual void Send(const v1::ConnectResponse& message) = 0;

  // Ends the session with `status`, after what is queued, or after 2 s if the agent does not read.
  virtual void Close(absl::Status status) = 0;

  // Takes the agent's next message. Call once after OnConnected and after each OnMessage: until
  // then gRPC's flow control holds the agent back.
  virtual void ReadNext() = 0;
};

// Who wants to know about sessions. Called on gRPC's threads: must not block. For one session the
// calls come in order, one at a time: OnConnected, any number of OnMessage, OnClosed.
class SessionEvents {
 public:
  virtual ~SessionEvents() = default;

  // An agent has said a valid Hello.
  virtual void OnConnected(std::shared_ptr<SessionHandle> session, v1::Hello hello) = 0;

  // A message within the limits; never Hello. Empty: one that only a newer coordinator knows.
  virtual void OnMessage(std::shared_ptr<SessionHandle> session, v1::ConnectRequest message) = 0;

  // The stream is over, and why.
  virtual void OnClosed(std::shared_ptr<SessionHandle> session, std::string reason) = 0;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SESSION_SESSION_EVENTS_H_
