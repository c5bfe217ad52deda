#ifndef SMOKEMESH_COORDINATOR_LISTEN_ERROR_H_
#define SMOKEMESH_COORDINATOR_LISTEN_ERROR_H_

#include <string>

#include "absl/status/status.h"

namespace smokemesh::coordinator {

// Why `address`, a `HOST:PORT` on which gRPC could not listen, cannot be opened, and what to do.
// gRPC itself only says that it could not.
absl::Status ExplainListenError(const std::string& address);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_LISTEN_ERROR_H_
