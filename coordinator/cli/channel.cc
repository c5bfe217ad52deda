#include "coordinator/cli/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_split.h"
#include "shared/credentials/grpc_credentials.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr auto kReachTimeout = std::chrono::seconds(1);

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  // A frozen coordinator is found by the missing answer to a ping.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // A proxy for web pages is none for a mesh.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A whole run with its evidence comes in one message.
  arguments.SetMaxReceiveMessageSize(256 << 20);
  return arguments;
}

// A channel and what it reads its certificates from, which goes after it.
struct OpenedChannel {
  std::shared_ptr<shared::RotatingCredentials> certificates;  // null: plaintext
  std::shared_ptr<grpc::Channel> channel;
};

}  // namespace

absl::StatusOr<std::vector<std::shared_ptr<grpc::Channel>>> OpenChannels(
    const std::string& addresses, const shared::ClientSecurity& security) {
  grpc::ChannelArguments arguments = Arguments();
  std::shared_ptr<shared::RotatingCredentials> certificates;
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (security.encrypted()) {
    // An encrypted connection takes a few messages more than a plain one.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2'000);
    if (!security.server_name.empty()) arguments.SetSslTargetNameOverride(security.server_name);
    ASSIGN_OR_RETURN(const std::string token, shared::TokenOf(security));
    shared::RotatingFilesOptions files;
    files.files = security.tls;
    ASSIGN_OR_RETURN(certificates, shared::RotatingCredentials::Start(files));
    credentials = certificates->ForChannel(token);
  }
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  const std::vector<std::string> each = absl::StrSplit(addresses, ',');
  for (const std::string& address : each) {
    auto opened = std::make_shared<OpenedChannel>();
    opened->certificates = certificates;
    opened->channel = grpc::CreateCustomChannel(address, credentials, arguments);
    grpc::Channel* channel = opened->channel.get();
    channels.emplace_back(std::move(opened), channel);
  }
  return channels;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenReachableChannel(
    const std::string& addresses, const shared::ClientSecurity& security) {
  ASSIGN_OR_RETURN(const std::vector<std::shared_ptr<grpc::Channel>> channels,
                   OpenChannels(addresses, security));
  if (channels.size() == 1) return channels.front();
  for (const std::shared_ptr<grpc::Channel>& channel : channels) {
    if (channel->WaitForConnected(std::chrono::system_clock::now() + kReachTimeout)) return channel;
  }
  return channels.back();
}

}  // namespace smokemesh::coordinator
