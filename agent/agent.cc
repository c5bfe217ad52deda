#include "agent/agent.h"

#include <chrono>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/checks/builtin_checks.h"
#include "agent/executor/executor.h"
#include "agent/session/coordinator_session.h"
#include "agent/spool/result_spool.h"
#include "shared/logging.h"
#include "shared/status_macros.h"
#include "shared/text.h"
#include "shared/uuid.h"
#include "shared/version.h"

namespace smokemesh::agent {
namespace {

using shared::Duration;
using shared::MutexLock;
using std::chrono::steady_clock;

constexpr int kMostParallel = 1024;
// How long the last results may take to be acknowledged when the agent is made to leave.
constexpr Duration kLastDelivery = std::chrono::seconds(2);
// How long the disk may take for what is to be kept.
constexpr Duration kLastWrites = std::chrono::seconds(2);
constexpr size_t kLongestDeployment = 256;

absl::Status Validate(const AgentOptions& options) {
  if (options.agent_id.empty()) return absl::InvalidArgumentError("the agent has no identifier");
  if (options.service.empty()) {
    return absl::InvalidArgumentError("the service that the agent stands beside is not named");
  }
  if (options.max_parallel < 1 || options.max_parallel > kMostParallel) {
    return absl::InvalidArgumentError(absl::StrCat("an agent runs 1 to ", kMostParallel,
                                                   " checks at once, not ", options.max_parallel));
  }
  const std::string& deployment = options.deployment;
  if (deployment.size() > kLongestDeployment || shared::EscapeControl(deployment) != deployment) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the deployment must be printable text of at most ", kLongestDeployment,
        " bytes, and is \"", shared::EscapeControl(shared::Shorten(deployment, 64)), "\""));
  }
  return absl::OkStatus();
}

CoordinatorSessionOptions MakeSessionOptions(const AgentOptions& options,
                                             const CheckFactory& factory, ResultSpool* spool,
                                             std::string peer) {
  CoordinatorSessionOptions session;
  session.other_channels = options.other_channels;
  session.in_process = options.stands_for_all;
  session.core.peer = std::move(peer);
  session.core.backoff_seed = std::random_device()();
  v1::Hello& hello = session.core.hello;
  hello.set_agent_id(options.agent_id);
  hello.set_incarnation(shared::RandomUuid());
  hello.set_service(options.service);
  for (const auto& [key, value] : options.labels) (*hello.mutable_labels())[key] = value;
  for (std::string& kind : factory.Kinds()) hello.add_capabilities(std::move(kind));
  hello.set_build_version(std::string(shared::BuildVersion()));
  hello.set_max_parallel(options.max_parallel);
  hello.set_stands_for_all(options.stands_for_all);
  hello.set_deployment(options.deployment);
  hello.add_features("clean_up");
  hello.add_features("flow");
  if (spool != nullptr) {
    hello.add_features("spool");
    session.core.kept = spool->TakeKept();
    session.spool = spool;
  }
  return session;
}

ExecutorOptions MakeExecutorOptions(const AgentOptions& options) {
  ExecutorOptions executor;
  executor.agent_id = options.agent_id;
  executor.max_parallel = options.max_parallel;
  return executor;
}

class AgentImpl final : public Agent {
 public:
  AgentImpl(const AgentOptions& options, std::shared_ptr<const CheckFactory> factory,
            std::unique_ptr<ResultSpool> spool, std::shared_ptr<grpc::Channel> channel,
            std::string peer)
      : state_directory_(options.state_directory),
        executor_options_(MakeExecutorOptions(options)),
        spool_(std::move(spool)),
        session_(MakeSessionOptions(options, *factory, spool_.get(), std::move(peer)),
                 std::move(channel)),
        executor_(
            executor_options_, std::move(factory),
            [this](v1::TaskResult result) { session_.Report(std::move(result)); },
            [this](const std::string& task_id) { session_.SayReady(task_id); }) {
    session_.Start(&executor_);
  }

  ~AgentImpl() override { Drain(Duration::zero()).IgnoreError(); }

  absl::Status Drain(Duration grace) override ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);  // a second caller waits and hears the same
    if (!drained_.has_value()) drained_ = DrainOnce(grace);
    return *drained_;
  }

 private:
  absl::Status DrainOnce(Duration grace) {
    session_.Drain("the agent is stopping");
    const auto deadline = steady_clock::now() + grace;
    bool clean = false;
    if (session_.WaitStopped(deadline)) clean = executor_.WaitIdle(deadline);
    if (!clean) {
      executor_.CancelAll("the agent is stopping");
      clean = executor_.WaitIdle(steady_clock::now() + executor_options_.cancel_slack +
                                 executor_options_.clean_up_time);
      if (session_.connected()) session_.WaitStopped(steady_clock::now() + kLastDelivery);
    }
    const bool delivered = session_.Stop();
    if (!clean) {
      return absl::DeadlineExceededError(
          "checks did not stop and clean up in time; they may have left things behind");
    }
    if (!delivered) return CheckKept(session_.undelivered());
    shared::LogInfo("everything is delivered");
    return absl::OkStatus();
  }

  // Whether `undelivered` results, which no coordinator has acknowledged, survive this process.
  absl::Status CheckKept(size_t undelivered) const {
    const std::string what =
        absl::StrCat(undelivered, undelivered == 1 ? " result was" : " results were",
                     " not acknowledged by the coordinator in time");
    if (spool_ == nullptr) {
      return absl::DeadlineExceededError(
          absl::StrCat(what, " and are lost: the agent has no --state to keep them"));
    }
    if (!spool_->Flush(steady_clock::now() + kLastWrites)) {
      return absl::DeadlineExceededError(
          absl::StrCat(what, ", and the disk of ", state_directory_, " does not answer"));
    }
    if (const size_t unsafe = spool_->unsafe(); unsafe > 0) {
      return absl::DeadlineExceededError(absl::StrCat(what, ", and ", unsafe,
                                                      " of them could not be kept in ",
                                                      state_directory_, " and are lost"));
    }
    shared::LogWarn(absl::StrCat(what, "; kept in ", state_directory_,
                                 ", to be delivered by the next start with it"));
    return absl::OkStatus();
  }

  const std::string state_directory_;
  const ExecutorOptions executor_options_;
  const std::unique_ptr<ResultSpool> spool_;  // before the session, which uses it
  CoordinatorSession session_;
  // After the session: the session is stopped when this goes, and takes reports until it has gone.
  Executor executor_;
  shared::Mutex mutex_;
  std::optional<absl::Status> drained_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<Agent>> Agent::Start(const AgentOptions& options,
                                                    std::shared_ptr<grpc::Channel> channel) {
  const absl::Status valid = Validate(options);
  if (!valid.ok()) return valid;
  const std::shared_ptr<const Policy> policy =
      options.policy == nullptr ? Policy::Default() : options.policy;
  if (options.policy != nullptr) shared::LogInfo(policy->Summary());
  std::string peer = options.coordinator.empty() ? "the coordinator" : options.coordinator;
  std::unique_ptr<ResultSpool> spool;
  if (!options.state_directory.empty()) {
    ResultSpoolOptions kept;
    kept.directory = options.state_directory;
    kept.agent_id = options.agent_id;
    ASSIGN_OR_RETURN(spool, ResultSpool::Open(kept));
  }
  return std::make_unique<AgentImpl>(options, BuiltinChecks(policy), std::move(spool),
                                     std::move(channel), std::move(peer));
}

}  // namespace smokemesh::agent
