#include "coordinator/server_port.h"

#include <unistd.h>

#include <chrono>
#include <climits>
#include <thread>
#include <utility>

#include "coordinator/listen_address.h"
#include "shared/logging.h"
#include "shared/mutex.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;
using std::chrono::seconds;
using std::chrono::steady_clock;

// CreateRun carries a whole plan. Agents' messages are held to much less by their sessions.
constexpr int kMaxReceiveBytes = 4 << 20;
// One agent or client needs a few streams; more wait silently.
constexpr int kMaxStreamsPerConnection = 64;
// What the calls that are left get to see their end.
constexpr auto kShutdownGrace = seconds(2);
// Behind gRPC's own deadline, which waits for as long as a reaction hangs.
constexpr auto kShutdownLimit = kShutdownGrace + seconds(5);
// After this an encrypted connection takes no new streams, while its open ones go on: who comes
// again makes a new connection, and shows the certificate that it has by then.
constexpr int kConnectionAgeMs = 60'000;
constexpr auto kListenPause = std::chrono::milliseconds(50);
constexpr int kExitStuck = 70;  // EX_SOFTWARE

void Configure(grpc::ServerBuilder* builder) {
  // Without this, two coordinators share one port and each gets half of the agents.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder->SetMaxReceiveMessageSize(kMaxReceiveBytes);
}

// Ends the process if it still exists when `limit` has passed: gRPC cannot give up waiting.
class Watchdog {
 public:
  explicit Watchdog(shared::Duration limit)
      : thread_([this, deadline = steady_clock::now() + limit] { Watch(deadline); }) {}

  ~Watchdog() {
    {
      MutexLock lock(&mutex_);
      released_ = true;
      wake_.NotifyAll();
    }
    thread_.join();
  }

 private:
  void Watch(shared::SteadyTime deadline) {
    MutexLock lock(&mutex_);
    while (!released_) {
      if (wake_.WaitUntil(&mutex_, deadline) || released_) continue;
      shared::LogError("the coordinator's server does not stop: ending the process");
      _exit(kExitStuck);
    }
  }

  shared::Mutex mutex_;
  shared::CondVar wake_;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<ServerPort> OpenServerPort(const ServerPortOptions& options) {
  const std::string& listen = options.listen;
  if (!listen.empty()) RETURN_IF_ERROR(CheckListenAddress(listen));
  const shared::SteadyTime give_up = steady_clock::now() + options.patience;
  while (true) {
    ServerPort opened;
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    Configure(&builder);
    if (options.credentials != nullptr) {
      builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kConnectionAgeMs);
      builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, INT_MAX);
    }
    if (!listen.empty()) {
      builder.AddListeningPort(
          listen,
          options.credentials != nullptr ? options.credentials : grpc::InsecureServerCredentials(),
          &opened.port);
    }
    options.add_services(&builder);
    opened.server = builder.BuildAndStart();
    if (opened.server != nullptr && (listen.empty() || opened.port > 0)) return opened;
    if (steady_clock::now() >= give_up) return ExplainListenError(listen);
    std::this_thread::sleep_for(kListenPause);
  }
}

void CloseServerPort(grpc::Server* server) {
  const Watchdog watchdog(kShutdownLimit);
  server->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
  server->Wait();
}

}  // namespace smokemesh::coordinator
