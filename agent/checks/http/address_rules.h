#ifndef SMOKEMESH_AGENT_CHECKS_HTTP_ADDRESS_RULES_H_
#define SMOKEMESH_AGENT_CHECKS_HTTP_ADDRESS_RULES_H_

#include <sys/socket.h>

namespace smokemesh::agent {

// Whether a check must not connect to `address`: link-local addresses and those where clouds serve
// instance credentials, also when an IPv4 address is written as an IPv6 one. Asked for the resolved
// address, so that no spelling, name or redirect gets around it.
bool IsForbiddenAddress(const sockaddr* address);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_HTTP_ADDRESS_RULES_H_
