#ifndef SMOKEMESH_COORDINATOR_ACCESS_FORWARDED_IDENTITY_H_
#define SMOKEMESH_COORDINATOR_ACCESS_FORWARDED_IDENTITY_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "coordinator/access/caller.h"

namespace smokemesh::coordinator {

// How a replica that passes a call on says for whom. The contract between proxy and leader:
//
//   - The proxy asks `Callers::CallerOf` who calls. When that is a local caller (plaintext), it
//     adds nothing: then the leader's port is plaintext, too.
//   - Otherwise it adds metadata kForwardedIdentity with `EncodeForwarded(caller)` to the call.
//   - It copies only metadata that MayForward allows: never `authorization` and never the client's
//     own kForwardedIdentity.
//   - The leader believes the entry only on a connection whose certificate has the role replica;
//     from any other caller the call is refused, not served without it.
//   - A call of a replica without the entry is a call of the replica itself, which may do little.
//   - Streams: besides, the proxy watches its caller with `Callers::WatchCaller`, because only it
//     sees the caller's certificate.
inline constexpr char kForwardedIdentity[] = "smokemesh-forwarded-identity";

// For a caller that is not local: `1/certificate/agent/billing-1/1790000000`, version, proof, role,
// name, and the end in seconds since 1970 (0: none).
std::string EncodeForwarded(const Caller& caller);

// Reads it. `via` and `peer_certificate` are left empty. INVALID_ARGUMENT when anything is not as
// EncodeForwarded writes it; a replica's own identity is not passed on by another.
absl::StatusOr<Caller> DecodeForwarded(std::string_view text);

// Whether a proxy may copy a client's metadata of this key. Not those that only the proxy itself
// says or that prove who calls, and none of gRPC's own.
bool MayForward(std::string_view key);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_ACCESS_FORWARDED_IDENTITY_H_
