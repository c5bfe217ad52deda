#ifndef SMOKEMESH_COORDINATOR_SESSION_AGENT_SESSION_SERVICE_H_
#define SMOKEMESH_COORDINATOR_SESSION_AGENT_SESSION_SERVICE_H_

#include "coordinator/session/agent_session.h"
#include "coordinator/session/session_events.h"
#include "smokemesh/v1/agent_session.grpc.pb.h"

namespace smokemesh::coordinator {

// Turns streams into sessions. `events` must outlive the server.
class AgentSessionService final : public v1::AgentSessionService::WithRawCallbackMethod_Connect<
                                      v1::AgentSessionService::Service> {
 public:
  explicit AgentSessionService(SessionEvents* events, SessionOptions options = {})
      : events_(*events), options_(options) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Connect(
      grpc::CallbackServerContext* context) override {
    return AgentSession::Start(context, &events_, options_).get();
  }

 private:
  SessionEvents& events_;
  const SessionOptions options_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SESSION_AGENT_SESSION_SERVICE_H_
