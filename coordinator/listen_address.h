#ifndef SMOKEMESH_COORDINATOR_LISTEN_ADDRESS_H_
#define SMOKEMESH_COORDINATOR_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/status.h"

namespace smokemesh::coordinator {

// INVALID_ARGUMENT unless `address` is `HOST:PORT` with a number as port: gRPC takes less and then
// guesses, port 443 for example.
absl::Status CheckListenAddress(const std::string& address);

// Why `address`, a `HOST:PORT` on which gRPC could not listen, cannot be opened, and what to do.
// gRPC itself only says that it could not.
absl::Status ExplainListenError(const std::string& address);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_LISTEN_ADDRESS_H_
