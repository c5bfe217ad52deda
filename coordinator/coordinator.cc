#include "coordinator/coordinator.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <atomic>
#include <utility>

#include "coordinator/engine_host.h"
#include "coordinator/listen_address.h"
#include "coordinator/server_port.h"
#include "coordinator/service/run_service.h"
#include "coordinator/session/agent_session_service.h"
#include "coordinator/store/open_store.h"
#include "shared/mutex.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;
using std::chrono::milliseconds;

constexpr auto kGraceOfDestructor = milliseconds(500);

class CoordinatorImpl final : public Coordinator {
 public:
  CoordinatorImpl(const CoordinatorOptions& options, std::unique_ptr<RunStore> store)
      : options_(options),
        host_(
            options.engine, std::move(store), [this](bool works) { StoreWorks(works); },
            options.leadership),
        sessions_(&host_, {.callers = options_.security.callers.get()}),
        runs_(&host_, options_.security.callers.get()) {}

  ~CoordinatorImpl() override { Stop(kGraceOfDestructor); }

  absl::Status Start() {
    // Before the port opens: no agent can connect to a run that is not there yet.
    RETURN_IF_ERROR(host_.Restore());
    ASSIGN_OR_RETURN(ServerPort opened,
                     OpenServerPort({.listen = options_.listen,
                                     .patience = options_.listen_patience,
                                     .credentials = options_.security.port,
                                     .add_services = [this](grpc::ServerBuilder* builder) {
                                       builder->RegisterService(&sessions_);
                                       builder->RegisterService(&runs_);
                                     }}));
    port_ = opened.port;
    server_ = std::move(opened.server);
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

  void Depose() override { host_.Depose(); }

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
      CloseServerPort(server_.get());
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

  const CoordinatorOptions options_;
  EngineHost host_;
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
  ASSIGN_OR_RETURN(std::unique_ptr<RunStore> store, OpenRunStore(options.store, options.epoch));
  auto coordinator = std::make_unique<CoordinatorImpl>(options, std::move(store));
  RETURN_IF_ERROR(coordinator->Start());
  return coordinator;
}

}  // namespace smokemesh::coordinator
