#ifndef SMOKEMESH_SHARED_GRPC_SUPPORT_GRPC_STATUS_H_
#define SMOKEMESH_SHARED_GRPC_SUPPORT_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace smokemesh::shared {

// The only place where the two kinds of status meet.

// A message too long for gRPC's metadata (8 KiB in all) is cut and says so: a longer one would
// replace the whole status by RESOURCE_EXHAUSTED.
grpc::Status ToGrpcStatus(const absl::Status& status);

absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_GRPC_SUPPORT_GRPC_STATUS_H_
