#ifndef SMOKEMESH_COORDINATOR_CLI_SERVE_SECURITY_H_
#define SMOKEMESH_COORDINATOR_CLI_SERVE_SECURITY_H_

#include "absl/status/statusor.h"
#include "coordinator/access/callers.h"
#include "coordinator/cli/address.h"
#include "coordinator/cli/command_line.h"

namespace smokemesh::coordinator {

// What `serve` was told about certificates and tokens. An address that other machines can reach
// needs certificates, or --insecure; errors say what to give. `replica`: the coordinator is one of
// several that share a store.
absl::StatusOr<ServerSecurity> SecurityOf(const ServeArguments& arguments, const Address& address,
                                          bool replica);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_SERVE_SECURITY_H_
