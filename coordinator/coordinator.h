#ifndef SMOKEMESH_COORDINATOR_COORDINATOR_H_
#define SMOKEMESH_COORDINATOR_COORDINATOR_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/access/callers.h"
#include "coordinator/leadership/leadership_guard.h"
#include "coordinator/run/engine.h"
#include "shared/clock.h"

namespace smokemesh::coordinator {

struct CoordinatorOptions {
  // `HOST:PORT` with a number as port; 0 picks a free one. Empty: no port is opened, only
  // `InProcessChannel` leads in.
  std::string listen;
  // How long to try when the port is taken: the follower that listened there has just closed it.
  shared::Duration listen_patience{};
  // Path of the SQLite file; `:memory:` keeps nothing. The file and its folder are made. Or the URL
  // of a store that replicas share.
  std::string store = ":memory:";
  // Of the lease under which a shared store is written to.
  uint64_t epoch = 0;
  // Of one replica among several.
  LeadershipGuard leadership = {};
  // Of the port, and who its callers are. Default: plaintext, where everybody is admin.
  ServerSecurity security;
  EngineOptions engine;
};

// Composition root of the coordinator: store, engine on its event loop, sessions, services, server.
// Thread-safe.
class Coordinator {
 public:
  // Opens the store, takes open runs up again and starts to serve. Errors say which option is
  // wrong: the port is taken, the store is locked by another process, the file is no store.
  static absl::StatusOr<std::unique_ptr<Coordinator>> Start(const CoordinatorOptions& options);

  // Stops as Stop does.
  virtual ~Coordinator() = default;

  // The port that is open; 0 when there is none.
  virtual int port() const = 0;

  // A channel into this process without a socket, and without a limit on what it receives: a run
  // with all its evidence can be larger than gRPC's usual 4 MB. Not after Stop.
  virtual std::shared_ptr<grpc::Channel> InProcessChannel() = 0;

  // Another replica leads, or may do: decides nothing from the moment when it returns, and ends
  // sessions and calls with UNAVAILABLE. Returns at once; Stop is to follow.
  virtual void Depose() = 0;

  // Tells agents and watchers that it leaves, waits for them for at most `grace`, and stops. Open
  // runs stay open in the store.
  virtual void Stop(shared::Duration grace) = 0;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_COORDINATOR_H_
