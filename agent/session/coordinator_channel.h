#ifndef SMOKEMESH_AGENT_SESSION_COORDINATOR_CHANNEL_H_
#define SMOKEMESH_AGENT_SESSION_COORDINATOR_CHANNEL_H_

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace smokemesh::agent {

// Where a coordinator listens.
struct CoordinatorAddress {
  std::string target;  // `host:port`, IPv6 hosts in brackets
  // The host is this machine by its name or number (`localhost`, 127.0.0.0/8, `[::1]`), so that
  // nobody on the network can read or change what is said.
  bool loopback = false;
};

// Reads `HOST:PORT`. INVALID_ARGUMENT says what is wrong.
absl::StatusOr<CoordinatorAddress> ParseCoordinatorAddress(std::string_view text);

// Reads the addresses of several replicas: `HOST:PORT,HOST:PORT`. At least one.
absl::StatusOr<std::vector<CoordinatorAddress>> ParseCoordinatorAddresses(std::string_view text);

// A channel with the settings that a session needs: it notices a peer that is gone, and comes back
// to one that restarts. `server_name`, unless it is empty, is expected in the coordinator's
// certificate instead of the host of the address.
std::shared_ptr<grpc::Channel> MakeChannel(
    const CoordinatorAddress& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    const std::string& server_name = "");

// The same in plaintext.
std::shared_ptr<grpc::Channel> MakePlaintextChannel(const CoordinatorAddress& address);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_SESSION_COORDINATOR_CHANNEL_H_
