#ifndef SMOKEMESH_AGENT_CHECKS_NET_TCP_CONNECT_H_
#define SMOKEMESH_AGENT_CHECKS_NET_TCP_CONNECT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/checks/net/resolver.h"
#include "agent/checks/net/unique_fd.h"
#include "agent/checks/net/waiter.h"
#include "agent/policy/policy.h"

namespace smokemesh::agent {

// `host:port`, or `[host]:port` for IPv6.
std::string HostPort(std::string_view host, int port);

// What an error of connect(2), send(2) or recv(2) says about the server `target`: UNAVAILABLE
// `connection refused by 127.0.0.1:6379`.
absl::Status SocketError(int error, const std::string& target);

// Opens a non-blocking TCP connection to `host`, trying those of its addresses in turn that `guard`
// lets through: an address that does not answer gets its share of the time. UNAVAILABLE,
// DEADLINE_EXCEEDED, CANCELLED, a ForbiddenError when no address is left.
absl::StatusOr<UniqueFd> ConnectTcp(const std::string& host, int port, const TargetGuard& guard,
                                    const Waiter& waiter);

// The addresses of `host` that `guard` lets through; at least one. As Resolve, and a
// ForbiddenError.
absl::StatusOr<std::vector<NetAddress>> ResolveAllowed(const std::string& host, int port,
                                                       const TargetGuard& guard,
                                                       const CheckContext& context);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_NET_TCP_CONNECT_H_
