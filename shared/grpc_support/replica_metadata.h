#ifndef SMOKEMESH_SHARED_GRPC_SUPPORT_REPLICA_METADATA_H_
#define SMOKEMESH_SHARED_GRPC_SUPPORT_REPLICA_METADATA_H_

namespace smokemesh::shared {

// What replicas say in metadata, beside the protocol.

// Trailing metadata of a call that a replica refused with UNAVAILABLE because it knows no leader:
// it is there and answers, and will know one soon.
inline constexpr char kNoLeader[] = "smokemesh-no-leader";

// Metadata of a call that a replica passes on; the value is its address. Who gets such a call and
// does not lead refuses it, or two that take each other for the leader would pass it to and fro.
inline constexpr char kForwardedBy[] = "smokemesh-forwarded-by";

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_GRPC_SUPPORT_REPLICA_METADATA_H_
