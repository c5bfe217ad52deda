#ifndef SMOKEMESH_COORDINATOR_REPLICA_FOLLOWER_H_
#define SMOKEMESH_COORDINATOR_REPLICA_FOLLOWER_H_

#include <grpcpp/health_check_service_interface.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/access/callers.h"
#include "coordinator/replica/forwarding_service.h"
#include "coordinator/server_port.h"
#include "shared/clock.h"
#include "shared/event_loop/event_loop.h"

namespace smokemesh::coordinator {

struct FollowerOptions {
  // As in CoordinatorOptions.
  std::string listen;
  shared::Duration listen_patience{};
  ServerSecurity security = {};
  // Where others reach this replica.
  std::string advertise;
};

// A replica that does not lead: its port takes every call and passes it on. It answers health
// checks itself: SERVING while it is connected to a leader. Used by one thread.
class Follower {
 public:
  // Begins without a leader.
  static absl::StatusOr<std::unique_ptr<Follower>> Start(const FollowerOptions& options);
  // Stops.
  ~Follower();

  int port() const { return port_.port; }

  // As in ForwardingService.
  void Follow(const std::string& address) { service_->Follow(address); }

  // Ends all calls with UNAVAILABLE and `reason`, and closes the port.
  void Stop(const std::string& reason);

 private:
  Follower() = default;
  void LookAfterCalls();

  std::unique_ptr<ForwardingService> service_;
  ServerPort port_;
  // The loop's thread only.
  shared::SteadyTime next_look_{};
  bool serving_ = true;
  std::unique_ptr<shared::EventLoop> loop_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPLICA_FOLLOWER_H_
