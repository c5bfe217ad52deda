#ifndef SMOKEMESH_COORDINATOR_REPLICA_FORWARDING_SERVICE_H_
#define SMOKEMESH_COORDINATOR_REPLICA_FORWARDING_SERVICE_H_

#include <grpcpp/generic/async_generic_service.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/access/callers.h"
#include "coordinator/replica/call_registry.h"
#include "coordinator/replica/leader_channels.h"
#include "shared/clock.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

// Takes calls of every method and passes them on to the leader. Thread-safe.
class ForwardingService final : public grpc::CallbackGenericService {
 public:
  // `self`: this replica's own address. `security` as in CoordinatorOptions.
  ForwardingService(std::string self, ServerSecurity security);
  // The server has ended.
  ~ForwardingService() override;

  // Passes calls on to the leader at this address from now on; empty: refuses them. Calls to
  // another leader end with UNAVAILABLE. Not on a thread of gRPC's.
  void Follow(const std::string& address) ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether a connection to a leader stands.
  bool ReachesLeader() ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends all calls with this status, and takes no more.
  void Close(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

  // To be called now and then: aborts calls whose caller does not read their end.
  void AbortLate() { registry_->AbortLate(std::chrono::steady_clock::now(), kEndGrace); }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  static constexpr shared::Duration kEndGrace = std::chrono::seconds(2);

  const std::string self_;
  const ServerSecurity security_;
  const std::shared_ptr<CallRegistry> registry_;
  shared::Mutex mutex_;
  std::shared_ptr<LeaderChannels> leader_ ABSL_GUARDED_BY(mutex_);  // null: nobody leads
  // Earlier ones, until their calls are gone.
  std::vector<std::shared_ptr<LeaderChannels>> retired_ ABSL_GUARDED_BY(mutex_);
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);  // OK: it is open
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPLICA_FORWARDING_SERVICE_H_
