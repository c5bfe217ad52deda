#include "coordinator/cli/serve_command.h"

#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/address.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/serve_security.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/coordinator.h"
#include "coordinator/replica/replica.h"
#include "coordinator/store/open_store.h"
#include "shared/shutdown.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr auto kStopGrace = std::chrono::seconds(10);

// What serves: one process with its own store, or one replica of several.
struct Server {
  std::unique_ptr<Coordinator> coordinator;
  std::unique_ptr<Replica> replica;

  int port() const { return coordinator != nullptr ? coordinator->port() : replica->port(); }
  void Stop() const {
    if (coordinator != nullptr) {
      coordinator->Stop(kStopGrace);
    } else {
      replica->Stop();
    }
  }
};

absl::StatusOr<Server> StartReplica(const ServeArguments& arguments, const Address& listen,
                                    const EngineOptions& engine, ServerSecurity security) {
  ReplicaOptions options;
  options.listen = FormatAddress(listen);
  options.store = arguments.store;
  options.engine = engine;
  options.security = std::move(security);
  if (arguments.lease) options.lease = *arguments.lease;
  options.advertise = arguments.advertise;
  if (options.advertise.empty()) {
    if (listen.host == "0.0.0.0" || listen.host == "::") {
      return absl::InvalidArgumentError(
          absl::StrCat("--listen ", options.listen,
                       " says no address at which other replicas reach this one: say it with "
                       "--advertise HOST:PORT"));
    }
    options.advertise = options.listen;
  }
  Server server;
  ASSIGN_OR_RETURN(server.replica, Replica::Start(options));
  return server;
}

absl::StatusOr<Server> StartServer(const ServeArguments& arguments, const Address& listen,
                                   ServerSecurity security) {
  EngineOptions engine;
  if (arguments.heartbeat) engine.heartbeat_interval = *arguments.heartbeat;
  if (arguments.agent_grace) engine.agent_grace = *arguments.agent_grace;
  if (IsSharedStore(arguments.store)) {
    return StartReplica(arguments, listen, engine, std::move(security));
  }
  if (!arguments.advertise.empty() || arguments.lease) {
    return absl::InvalidArgumentError(
        "--advertise and --lease are for replicas, whose --store is a postgresql:// URL");
  }
  CoordinatorOptions options;
  options.listen = FormatAddress(listen);
  options.store = arguments.store;
  options.engine = engine;
  options.security = std::move(security);
  Server server;
  ASSIGN_OR_RETURN(server.coordinator, Coordinator::Start(options));
  return server;
}

}  // namespace

int Serve(const ServeArguments& arguments) {
  absl::StatusOr<Address> address = ParseAddress(arguments.listen);
  if (!address.ok()) {
    Complain(absl::StrCat("--listen ", address.status().message()));
    return kExitUsage;
  }
  shared::Shutdown& shutdown = shared::Shutdown::Install(ExitCodeForSignal(SIGINT));
  absl::StatusOr<ServerSecurity> security =
      SecurityOf(arguments, *address, IsSharedStore(arguments.store));
  if (!security.ok()) {
    Complain(std::string(security.status().message()));
    return kExitUsage;
  }
  const absl::StatusOr<Server> server = StartServer(arguments, *address, *std::move(security));
  if (!server.ok()) {
    Complain(std::string(server.status().message()));
    return kExitUsage;
  }
  address->port = server->port();
  Terminal out;
  out.descriptor = STDOUT_FILENO;
  // Scripts wait for this line: it is written at once, in one piece.
  Write(out, absl::StrCat("listening on ", FormatAddress(*address), "\n"));
  shutdown.Wait();
  server->Stop();
  // SIGTERM is how a server is asked to stop; Ctrl-C interrupts it.
  return shutdown.signal() == SIGTERM ? 0 : ExitCodeForSignal(shutdown.signal());
}

}  // namespace smokemesh::coordinator
