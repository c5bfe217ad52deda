#ifndef SMOKEMESH_SHARED_GRPC_SUPPORT_GRPC_LOG_H_
#define SMOKEMESH_SHARED_GRPC_SUPPORT_GRPC_LOG_H_

namespace smokemesh::shared {

// From here on what gRPC has to say goes into the log of shared/logging.h: handshakes that failed
// and the like at level info, since who called for them is told as well; what ends the process at
// level error. Called once, before gRPC is used.
void TakeGrpcLog();

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_GRPC_SUPPORT_GRPC_LOG_H_
