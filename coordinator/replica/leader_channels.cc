#include "coordinator/replica/leader_channels.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <utility>

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;

// Below the limit of streams that a coordinator has for one connection (server_port.cc): those
// beyond it would wait silently.
constexpr size_t kCallsPerConnection = 48;

}  // namespace

LeaderChannels::LeaderChannels(std::string address,
                               std::shared_ptr<grpc::ChannelCredentials> credentials)
    : address_(std::move(address)), credentials_(std::move(credentials)) {
  connections_.push_back({NewChannel()});
}

std::unique_ptr<LeaderChannels::Place> LeaderChannels::Take(
    const std::shared_ptr<LeaderChannels>& channels) {
  return std::make_unique<Place>(channels, channels->Enter());
}

size_t LeaderChannels::Enter() {
  MutexLock lock(&mutex_);
  size_t index = 0;
  while (index < connections_.size() && connections_[index].calls >= kCallsPerConnection) ++index;
  if (index == connections_.size()) connections_.push_back({NewChannel()});
  ++connections_[index].calls;
  return index;
}

void LeaderChannels::Leave(size_t index) {
  MutexLock lock(&mutex_);
  --connections_[index].calls;
}

std::shared_ptr<grpc::Channel> LeaderChannels::ChannelAt(size_t index) const {
  MutexLock lock(&mutex_);
  return connections_[index].channel;
}

bool LeaderChannels::Reachable() {
  MutexLock lock(&mutex_);
  bool ready = false;
  for (const Connection& connection : connections_) {
    // Others connect when a call wants them to.
    const bool connect = &connection == &connections_.front();
    if (connection.channel->GetState(connect) == GRPC_CHANNEL_READY) ready = true;
  }
  return ready;
}

bool LeaderChannels::Idle() const {
  MutexLock lock(&mutex_);
  for (const Connection& connection : connections_) {
    if (connection.calls > 0) return false;
  }
  return true;
}

std::shared_ptr<grpc::Channel> LeaderChannels::NewChannel() const {
  grpc::ChannelArguments arguments;
  // Otherwise all channels to one address share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A leader that is frozen is replaced when its lease ends; this finds a way that is cut. More
  // often than every 10 s the other side does not accept.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 15'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // What a leader answers is limited by the one who asked.
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(
      address_, credentials_ != nullptr ? credentials_ : grpc::InsecureChannelCredentials(),
      arguments);
}

}  // namespace smokemesh::coordinator
