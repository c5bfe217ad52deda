#include "coordinator/coordinator.h"

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <utility>

#include "coordinator/engine_host.h"
#include "coordinator/listen_address.h"
#include "coordinator/service/run_service.h"
#include "coordinator/session/agent_session_service.h"
#include "coordinator/store/sqlite_run_store.h"
#include "shared/logging.h"
#include "shared/mutex.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// CreateRun carries a whole plan. Agents' messages are held to much less by their sessions.
constexpr int kMaxReceiveBytes = 4 << 20;
// One agent or client needs a few streams; more wait silently.
constexpr int kMaxStreamsPerConnection = 64;
// What the calls that are left get to see their end.
constexpr auto kShutdownGrace = seconds(2);
// Behind gRPC's own deadline, which waits for as long as a reaction hangs.
constexpr auto kShutdownLimit = kShutdownGrace + seconds(5);
constexpr auto kGraceOfDestructor = milliseconds(500);
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
      : thread_([this, deadline = std::chrono::steady_clock::now() + limit] { Watch(deadline); }) {}

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

class CoordinatorImpl final : public Coordinator {
 public:
  CoordinatorImpl(const CoordinatorOptions& options, std::unique_ptr<RunStore> store)
      : host_(options.engine, std::move(store), [this](bool works) { StoreWorks(works); }),
        security_(options.security),
        sessions_(&host_, {.callers = security_.callers.get()}),
        runs_(&host_, security_.callers.get()) {}

  ~CoordinatorImpl() override { Stop(kGraceOfDestructor); }

  absl::Status Start(const std::string& listen) {
    // Before the port opens: no agent can connect to a run that is not there yet.
    RETURN_IF_ERROR(host_.Restore());
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    Configure(&builder);
    if (!listen.empty()) {
      builder.AddListeningPort(
          listen,
          security_.port != nullptr ? security_.port : grpc::InsecureServerCredentials(), &port_);
    }
    builder.RegisterService(&sessions_);
    builder.RegisterService(&runs_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || (!listen.empty() && port_ <= 0)) return ExplainListenError(listen);
    health_ = server_->GetHealthCheckService();
    return absl::OkStatus();
  }

  int port() const override { return port_; }

  std::shared_ptr<grpc::Channel> InProcessChannel() override {
    grpc::ChannelArguments arguments;
    // A run with all its evidence.
    arguments.SetMaxReceiveMessageSize(-1);
    return server_->InProcessChannel(arguments);
  }

  void Stop(shared::Duration grace) override {
    MutexLock lock(&stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    if (server_ != nullptr) {
      health_ = nullptr;
      if (auto* health = server_->GetHealthCheckService()) health->SetServingStatus(false);
      host_.StartDraining();
      host_.AwaitSessions(std::chrono::steady_clock::now() + grace);
      host_.EndSessions();
      const Watchdog watchdog(kShutdownLimit);
      server_->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
      server_->Wait();
    }
    host_.Stop();
  }

 private:
  // On the host's thread. A coordinator that cannot write must get no new runs.
  void StoreWorks(bool works) {
    if (works == store_works_) return;
    store_works_ = works;
    if (auto* health = health_.load()) health->SetServingStatus(works);
  }

  EngineHost host_;
  const ServerSecurity security_;
  AgentSessionService sessions_;
  RunServiceFrontend runs_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::atomic<grpc::HealthCheckServiceInterface*> health_{nullptr};
  bool store_works_ = true;  // the host's thread only
  shared::Mutex stop_mutex_;
  bool stopped_ ABSL_GUARDED_BY(stop_mutex_) = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Coordinator>> Coordinator::Start(const CoordinatorOptions& options) {
  if (!options.listen.empty()) RETURN_IF_ERROR(CheckListenAddress(options.listen));
  ASSIGN_OR_RETURN(std::unique_ptr<RunStore> store, OpenSqliteRunStore(options.store));
  auto coordinator = std::make_unique<CoordinatorImpl>(options, std::move(store));
  RETURN_IF_ERROR(coordinator->Start(options.listen));
  return coordinator;
}

}  // namespace smokemesh::coordinator
