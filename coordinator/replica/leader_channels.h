#ifndef SMOKEMESH_COORDINATOR_REPLICA_LEADER_CHANNELS_H_
#define SMOKEMESH_COORDINATOR_REPLICA_LEADER_CHANNELS_H_

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>
#include <vector>

#include "shared/mutex.h"

namespace smokemesh::coordinator {

// Connections to one leader: as many as its limit of streams for each connection takes.
// Thread-safe. Must end on a thread that is not gRPC's, after all that Take gave is gone (see
// ConnectStream of the agent for why).
class LeaderChannels {
 public:
  // `credentials` null: plaintext.
  LeaderChannels(std::string address, std::shared_ptr<grpc::ChannelCredentials> credentials);

  // A place for one call on a connection, until it is destroyed.
  class Place {
   public:
    Place(std::shared_ptr<LeaderChannels> channels, size_t index)
        : channels_(std::move(channels)), index_(index) {}
    ~Place() { channels_->Leave(index_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    std::shared_ptr<grpc::Channel> channel() const { return channels_->ChannelAt(index_); }

   private:
    const std::shared_ptr<LeaderChannels> channels_;
    const size_t index_;
  };
  static std::unique_ptr<Place> Take(const std::shared_ptr<LeaderChannels>& channels);

  const std::string& address() const { return address_; }

  // Whether a connection stands. Begins to connect if none does.
  bool Reachable() ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether nobody has a place.
  bool Idle() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Connection {
    std::shared_ptr<grpc::Channel> channel;
    size_t calls = 0;
  };

  size_t Enter() ABSL_LOCKS_EXCLUDED(mutex_);
  void Leave(size_t index) ABSL_LOCKS_EXCLUDED(mutex_);
  std::shared_ptr<grpc::Channel> ChannelAt(size_t index) const ABSL_LOCKS_EXCLUDED(mutex_);
  std::shared_ptr<grpc::Channel> NewChannel() const;

  const std::string address_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  mutable shared::Mutex mutex_;
  std::vector<Connection> connections_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPLICA_LEADER_CHANNELS_H_
