#ifndef SMOKEMESH_AGENT_COORDINATOR_CONNECTION_H_
#define SMOKEMESH_AGENT_COORDINATOR_CONNECTION_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/session/coordinator_channel.h"
#include "shared/credentials/client_security.h"
#include "shared/credentials/grpc_credentials.h"

namespace smokemesh::agent {

// The way to a coordinator, and who the agent is on it.
struct CoordinatorConnection {
  std::unique_ptr<shared::RotatingCredentials> credentials;  // null: plaintext. Outlives `channels`
  // To each of the addresses, in their order.
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  // The identifier in the agent's certificate; empty: plaintext.
  std::string agent_id;
};

// Opens the way to a coordinator or its replicas; nothing is sent before a channel is used. With
// TLS the agent goes by the name in its certificate, `spiffe://…/agent/NAME`: `id`, unless it is
// empty, must be the same, and so must that of every certificate that replaces it. INVALID_ARGUMENT
// says what to give. Starts threads.
absl::StatusOr<CoordinatorConnection> ConnectTo(const std::vector<CoordinatorAddress>& addresses,
                                                const shared::ClientSecurity& security,
                                                const std::string& id);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_COORDINATOR_CONNECTION_H_
