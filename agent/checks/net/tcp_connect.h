#ifndef SMOKEMESH_AGENT_CHECKS_NET_TCP_CONNECT_H_
#define SMOKEMESH_AGENT_CHECKS_NET_TCP_CONNECT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/checks/net/unique_fd.h"
#include "agent/checks/net/waiter.h"

namespace smokemesh::agent {

// `host:port`, or `[host]:port` for IPv6.
std::string HostPort(std::string_view host, int port);

// What an error of connect(2), send(2) or recv(2) says about the server `target`: UNAVAILABLE
// `connection refused by 127.0.0.1:6379`.
absl::Status SocketError(int error, const std::string& target);

// Opens a non-blocking TCP connection to `host`, trying its addresses in turn: an address that does
// not answer gets its share of the time. UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED.
absl::StatusOr<UniqueFd> ConnectTcp(const std::string& host, int port, const Waiter& waiter);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_NET_TCP_CONNECT_H_
