#include "coordinator/cli/serve_command.h"

#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/address.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/coordinator.h"
#include "shared/shutdown.h"

namespace smokemesh::coordinator {
namespace {

constexpr auto kStopGrace = std::chrono::seconds(10);

}  // namespace

int Serve(const ServeArguments& arguments) {
  absl::StatusOr<Address> address = ParseAddress(arguments.listen);
  if (!address.ok()) {
    Complain(absl::StrCat("--listen ", address.status().message()));
    return kExitUsage;
  }
  if (!IsLoopback(*address) && !arguments.insecure) {
    Complain(absl::StrCat(
        "--listen ", FormatAddress(*address),
        " can be reached from other machines, and this listener is neither encrypted nor "
        "authenticated: anybody who reaches it can make your agents send requests; listen on "
        "127.0.0.1, or say --insecure"));
    return kExitUsage;
  }
  shared::Shutdown& shutdown = shared::Shutdown::Install(ExitCodeForSignal(SIGINT));
  CoordinatorOptions options;
  options.listen = FormatAddress(*address);
  options.store = arguments.store;
  if (arguments.heartbeat) options.engine.heartbeat_interval = *arguments.heartbeat;
  if (arguments.agent_grace) options.engine.agent_grace = *arguments.agent_grace;
  const absl::StatusOr<std::unique_ptr<Coordinator>> coordinator = Coordinator::Start(options);
  if (!coordinator.ok()) {
    Complain(std::string(coordinator.status().message()));
    return kExitUsage;
  }
  address->port = (*coordinator)->port();
  Terminal out;
  out.descriptor = STDOUT_FILENO;
  // Scripts wait for this line: it is written at once, in one piece.
  Write(out, absl::StrCat("listening on ", FormatAddress(*address), "\n"));
  shutdown.Wait();
  (*coordinator)->Stop(kStopGrace);
  // SIGTERM is how a server is asked to stop; Ctrl-C interrupts it.
  return shutdown.signal() == SIGTERM ? 0 : ExitCodeForSignal(shutdown.signal());
}

}  // namespace smokemesh::coordinator
