#include "coordinator/cli/one_shot.h"

#include <utility>

#include "shared/status_macros.h"

namespace smokemesh::coordinator {

absl::StatusOr<std::unique_ptr<OneShot>> OneShot::Start(const std::string& store) {
  CoordinatorOptions options;
  if (!store.empty()) options.store = store;
  ASSIGN_OR_RETURN(std::unique_ptr<Coordinator> coordinator, Coordinator::Start(options));
  agent::AgentOptions agent_options;
  agent_options.agent_id = "local";
  agent_options.service = "local";
  agent_options.stands_for_all = true;
  ASSIGN_OR_RETURN(std::unique_ptr<agent::Agent> agent,
                   agent::Agent::Start(agent_options, coordinator->InProcessChannel()));
  return std::unique_ptr<OneShot>(new OneShot(std::move(coordinator), std::move(agent)));
}

OneShot::OneShot(std::unique_ptr<Coordinator> coordinator, std::unique_ptr<agent::Agent> agent)
    : coordinator_(std::move(coordinator)), agent_(std::move(agent)) {}

OneShot::~OneShot() { Stop(shared::Duration(0)).IgnoreError(); }

absl::Status OneShot::Stop(shared::Duration grace) {
  if (agent_ == nullptr) return absl::OkStatus();
  const absl::Status drained = agent_->Drain(grace);
  agent_.reset();
  coordinator_->Stop(std::chrono::seconds(1));
  return drained;
}

}  // namespace smokemesh::coordinator
