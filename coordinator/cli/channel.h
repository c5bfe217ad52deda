#ifndef SMOKEMESH_COORDINATOR_CLI_CHANNEL_H_
#define SMOKEMESH_COORDINATOR_CLI_CHANNEL_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/credentials/client_security.h"

namespace smokemesh::coordinator {

// Channels to all replicas of `HOST:PORT,HOST:PORT`, at least one, with the settings that finding a
// lost one in time takes. They connect when they are first used. Certificates that are replaced are
// used by connections that begin later. INVALID_ARGUMENT, NOT_FOUND: what is wrong with which file
// of `security`.
absl::StatusOr<std::vector<std::shared_ptr<grpc::Channel>>> OpenChannels(
    const std::string& addresses, const shared::ClientSecurity& security);

// A channel to the first of them that can be reached within a second each; to the last of them if
// none can. To a single one without a look whether it is there.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenReachableChannel(
    const std::string& addresses, const shared::ClientSecurity& security);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_CHANNEL_H_
