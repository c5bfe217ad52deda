#include "coordinator/cli/one_shot.h"

#include <utility>

#include "agent/policy/policy_file.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {

absl::StatusOr<std::unique_ptr<OneShot>> OneShot::Start(const std::string& store,
                                                        const std::string& agent_policy) {
  std::shared_ptr<const agent::Policy> policy;
  if (!agent_policy.empty()) {
    ASSIGN_OR_RETURN(policy, agent::ReadPolicyFile(agent_policy));
  }
  CoordinatorOptions options;
  if (!store.empty()) options.store = store;
  ASSIGN_OR_RETURN(std::unique_ptr<Coordinator> coordinator, Coordinator::Start(options));
  return std::unique_ptr<OneShot>(new OneShot(std::move(coordinator), std::move(policy)));
}

OneShot::OneShot(std::unique_ptr<Coordinator> coordinator,
                 std::shared_ptr<const agent::Policy> policy)
    : coordinator_(std::move(coordinator)), policy_(std::move(policy)) {}

absl::Status OneShot::StartAgent(const v1::RunOptions& run) {
  if (agent_ != nullptr) return absl::OkStatus();
  agent::AgentOptions options;
  options.agent_id = "local";
  options.service = "local";
  // The command line lets a one-shot run name one version only.
  if (!run.deployment().empty()) options.deployment = run.deployment().begin()->second;
  options.stands_for_all = true;
  options.policy = policy_;
  ASSIGN_OR_RETURN(agent_, agent::Agent::Start(options, coordinator_->InProcessChannel()));
  return absl::OkStatus();
}

OneShot::~OneShot() {
  StopAgent(shared::Duration(0)).IgnoreError();
  coordinator_->Stop(std::chrono::seconds(1));
}

absl::Status OneShot::StopAgent(shared::Duration grace) {
  const absl::Status drained = agent_ == nullptr ? absl::OkStatus() : agent_->Drain(grace);
  agent_.reset();
  return drained;
}

}  // namespace smokemesh::coordinator
