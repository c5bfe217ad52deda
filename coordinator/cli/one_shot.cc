#include "coordinator/cli/one_shot.h"

#include <utility>

#include "shared/status_macros.h"

namespace smokemesh::coordinator {

absl::StatusOr<std::unique_ptr<OneShot>> OneShot::Start(const std::string& store) {
  CoordinatorOptions options;
  if (!store.empty()) options.store = store;
  ASSIGN_OR_RETURN(std::unique_ptr<Coordinator> coordinator, Coordinator::Start(options));
  return std::unique_ptr<OneShot>(new OneShot(std::move(coordinator)));
}

OneShot::OneShot(std::unique_ptr<Coordinator> coordinator) : coordinator_(std::move(coordinator)) {}

absl::Status OneShot::StartAgent() {
  if (agent_ != nullptr) return absl::OkStatus();
  agent::AgentOptions options;
  options.agent_id = "local";
  options.service = "local";
  options.stands_for_all = true;
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
