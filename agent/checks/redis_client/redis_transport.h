#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_TRANSPORT_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_TRANSPORT_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/checks/net/waiter.h"
#include "agent/checks/redis_client/redis_url.h"
#include "agent/policy/policy.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// A stream of bytes to a Redis server, over TCP or TLS (1.2 at least; the server's certificate must
// be good for its name). Every wait ends at the waiter's deadline or cancellation:
// DEADLINE_EXCEEDED, CANCELLED. UNAVAILABLE when the connection fails or ends, a ForbiddenError
// where `guard` does not let it connect. Used by one thread.
class RedisTransport {
 public:
  static absl::StatusOr<std::unique_ptr<RedisTransport>> Connect(const RedisUrl& url,
                                                                 const v1::TlsOptions& tls,
                                                                 const TargetGuard& guard,
                                                                 const Waiter& waiter);
  ~RedisTransport();

  absl::Status Write(std::string_view bytes, const Waiter& waiter);

  // Waits for bytes until `deadline`, the context's or an earlier one. Returns at least one.
  absl::StatusOr<std::string> Read(const Waiter& waiter, shared::SteadyTime deadline);

  // When the last bytes of the last Read reached this machine, which may be long before that Read.
  shared::SteadyTime arrival() const { return arrival_; }

  // Ends the connection without a goodbye.
  void Cut();

  // `host:port`.
  const std::string& target() const { return target_; }

 private:
  struct Tls;
  RedisTransport(UniqueFd fd, std::string target);

  absl::Status Handshake(const RedisUrl& url, const v1::TlsOptions& options, const Waiter& waiter);
  absl::Status Send(std::string_view bytes, const Waiter& waiter);
  absl::StatusOr<std::string> Receive(const Waiter& waiter, shared::SteadyTime deadline);
  absl::Status FlushTls(const Waiter& waiter);
  absl::Status FeedTls(const Waiter& waiter, shared::SteadyTime deadline);
  absl::Status TlsError() const;

  UniqueFd fd_;
  const std::string target_;
  shared::SteadyTime arrival_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_TRANSPORT_H_
