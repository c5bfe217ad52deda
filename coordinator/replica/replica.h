#ifndef SMOKEMESH_COORDINATOR_REPLICA_REPLICA_H_
#define SMOKEMESH_COORDINATOR_REPLICA_REPLICA_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/access/callers.h"
#include "coordinator/run/engine.h"
#include "shared/clock.h"

namespace smokemesh::coordinator {

struct ReplicaOptions {
  // `HOST:PORT` with a number as port; 0 picks a free one, which is kept then.
  std::string listen;
  // `HOST:PORT` at which other replicas reach this one. The port 0: the one that was picked.
  std::string advertise;
  // URL of the store that the replicas share.
  std::string store;
  // How long a lease is valid: nobody leads for up to this long after a leader is gone.
  shared::Duration lease = std::chrono::seconds(6);
  // Of the leader, and of a follower's port.
  EngineOptions engine;
  ServerSecurity security = {};
};

// One of several coordinators on one store. It holds the lease and decides, or passes all that
// comes on to the one that does; which of them changes by itself. Thread-safe.
class Replica {
 public:
  // Opens the port and begins to ask for the lease. Errors say which option is wrong; a store that
  // does not answer is none of them: it is waited for.
  static absl::StatusOr<std::unique_ptr<Replica>> Start(const ReplicaOptions& options);

  // Stops.
  virtual ~Replica() = default;

  // The port that is open, or is opened again while the role changes.
  virtual int port() const = 0;

  // Whether this one may decide now.
  virtual bool Leads() const = 0;

  // Ends what goes on and gives the lease to another.
  virtual void Stop() = 0;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPLICA_REPLICA_H_
