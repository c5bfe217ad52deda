#ifndef SMOKEMESH_COORDINATOR_SESSION_MESSAGE_LIMITS_H_
#define SMOKEMESH_COORDINATOR_SESSION_MESSAGE_LIMITS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "smokemesh/v1/agent_session.pb.h"

namespace smokemesh::coordinator {

// A message from an agent, checked before it is parsed: a legal message of 4 MB can grow to 300 MB.
inline constexpr size_t kMaxAgentMessageBytes = 256 * 1024;

// What an agent may send: identifiers that are safe to print, bounded numbers of everything.
// INVALID_ARGUMENT or RESOURCE_EXHAUSTED names the field. `in_process`: the peer is this process.
absl::Status CheckHello(const v1::Hello& hello, bool in_process);

// The same for every later message. A second Hello is refused; a message that is not known here is
// one that says nothing.
absl::Status CheckMessage(const v1::ConnectRequest& message);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SESSION_MESSAGE_LIMITS_H_
