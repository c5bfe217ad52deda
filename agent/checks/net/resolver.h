#ifndef SMOKEMESH_AGENT_CHECKS_NET_RESOLVER_H_
#define SMOKEMESH_AGENT_CHECKS_NET_RESOLVER_H_

#include <sys/socket.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/checks/check.h"

namespace smokemesh::agent {

// Where to connect to.
struct NetAddress {
  sockaddr_storage storage = {};
  socklen_t size = 0;
  std::string ip;  // `127.0.0.1`, `::1`
};

// Looks up the addresses of `host`, a name or a numeric address, in the system's order. The look-up
// runs on a thread of its own, which is left behind when the context's deadline or a cancellation
// comes first: at most 128 of them at once in the process (steps in
// parallel look names up in parallel).
//
// UNAVAILABLE when the name has no address, DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED when
// 128 look-ups hang already. Thread-safe.
absl::StatusOr<std::vector<NetAddress>> Resolve(const std::string& host, int port,
                                                const CheckContext& context);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_NET_RESOLVER_H_
