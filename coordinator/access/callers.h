#ifndef SMOKEMESH_COORDINATOR_ACCESS_CALLERS_H_
#define SMOKEMESH_COORDINATOR_ACCESS_CALLERS_H_

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_context.h>

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/access/caller.h"

namespace smokemesh::coordinator {

// Somebody is watched as long as this lives. After its end the callback may still be under way on
// another thread.
class CallerWatch {
 public:
  virtual ~CallerWatch() = default;
};

// Who calls. Whether a caller may make the call at all was decided before any handler sees it, by
// the port's credentials. Thread-safe; nothing blocks.
class Callers {
 public:
  virtual ~Callers() = default;

  // Who makes this call. A call in process is a local caller. UNAUTHENTICATED: it cannot be told
  // (any more): finish the call with this status.
  virtual absl::StatusOr<Caller> CallerOf(const grpc::CallbackServerContext& context) = 0;

  // Calls `end` once, on a thread of its own, when the caller of a stream may not go on: its
  // certificate or token has ended, the token was withdrawn, or the authorities that this process
  // trusts no longer vouch for the certificate. UNAVAILABLE says which: a caller that has a new
  // certificate by then connects again at once. `end` must not block.
  [[nodiscard]] virtual std::unique_ptr<CallerWatch> WatchCaller(
      const Caller& caller, std::function<void(absl::Status)> end) = 0;
};

// How a coordinator is reached, and how it reaches others. All null: plaintext, where everybody is
// admin; that is for loopback, or for who said --insecure.
struct ServerSecurity {
  // Of the listening port. Checks every call against the method table before a handler sees it.
  std::shared_ptr<grpc::ServerCredentials> port;
  // Of channels to other replicas: this process's own certificate, their authority.
  std::shared_ptr<grpc::ChannelCredentials> to_replicas;
  // Outlives the server.
  std::shared_ptr<Callers> callers;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_ACCESS_CALLERS_H_
