#include "coordinator/scheduler/agent_registry.h"

#include <algorithm>

#include "coordinator/plan/plan_steps.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

// Most lost agents that are remembered.
constexpr size_t kRememberedLost = 1000;

}  // namespace

void AgentRegistry::Connect(const v1::Hello& hello, std::string_view session_id,
                            shared::SteadyTime now) {
  Agent& agent = agents_[hello.agent_id()];
  agent.hello = hello;
  agent.hello.clear_tasks_in_hand();
  agent.session_id = std::string(session_id);
  agent.draining = false;
  agent.last_heard = now;
}

void AgentRegistry::Lose(std::string_view agent_id, shared::SteadyTime now) {
  const auto it = agents_.find(agent_id);
  if (it == agents_.end()) return;
  it->second.session_id.clear();
  it->second.lost_at = now;

  size_t lost = 0;
  auto oldest = agents_.end();
  for (auto other = agents_.begin(); other != agents_.end(); ++other) {
    if (other->second.connected()) continue;
    ++lost;
    if (other->second.in_flight > 0) continue;
    if (oldest == agents_.end() || other->second.lost_at < oldest->second.lost_at) oldest = other;
  }
  if (lost > kRememberedLost && oldest != agents_.end()) agents_.erase(oldest);
}

void AgentRegistry::Expect(std::string_view agent_id, std::string_view service,
                           shared::SteadyTime now) {
  Agent& agent = agents_[std::string(agent_id)];
  if (agent.connected()) return;
  agent.hello.set_agent_id(std::string(agent_id));
  agent.hello.set_service(std::string(service));
  agent.lost_at = now;
  agent.last_heard = now;
}

void AgentRegistry::Heard(std::string_view agent_id, shared::SteadyTime now) {
  const auto it = agents_.find(agent_id);
  if (it != agents_.end()) it->second.last_heard = now;
}

void AgentRegistry::Drain(std::string_view agent_id) {
  const auto it = agents_.find(agent_id);
  if (it != agents_.end()) it->second.draining = true;
}

void AgentRegistry::AddInFlight(std::string_view agent_id, int tasks) {
  const auto it = agents_.find(agent_id);
  if (it != agents_.end()) it->second.in_flight = std::max(0, it->second.in_flight + tasks);
}

const Agent* AgentRegistry::Find(std::string_view agent_id) const {
  const auto it = agents_.find(agent_id);
  return it == agents_.end() ? nullptr : &it->second;
}

bool AgentRegistry::Available(std::string_view agent_id) const {
  const Agent* agent = Find(agent_id);
  return agent != nullptr && agent->connected() && !agent->draining;
}

int AgentRegistry::FreeSlots(std::string_view agent_id) const {
  if (!Available(agent_id)) return 0;
  const Agent* agent = Find(agent_id);
  return std::max(0, std::max(1, agent->hello.max_parallel()) - agent->in_flight);
}

std::vector<const Agent*> AgentRegistry::AvailableAgents() const {
  std::vector<const Agent*> agents;
  for (const auto& [id, agent] : agents_) {
    if (agent.connected() && !agent.draining) agents.push_back(&agent);
  }
  return agents;
}

std::vector<v1::AgentInfo> AgentRegistry::Describe(shared::SteadyTime now) const {
  std::vector<v1::AgentInfo> infos;
  infos.reserve(agents_.size());
  for (const auto& [id, agent] : agents_) {
    v1::AgentInfo& info = infos.emplace_back();
    info.set_agent_id(id);
    info.set_service(agent.hello.service());
    *info.mutable_labels() = agent.hello.labels();
    *info.mutable_capabilities() = agent.hello.capabilities();
    info.set_build_version(agent.hello.build_version());
    info.set_state(!agent.connected() ? v1::AgentInfo::STATE_LOST
                   : agent.draining   ? v1::AgentInfo::STATE_DRAINING
                                      : v1::AgentInfo::STATE_CONNECTED);
    *info.mutable_silence() =
        shared::ToProto(std::max(shared::Duration::zero(), now - agent.last_heard));
    info.set_tasks(agent.in_flight);
  }
  return infos;
}

bool Matches(const v1::Selector& selector, const v1::Hello& agent) {
  if (agent.stands_for_all()) return true;
  if (!selector.service().empty() && selector.service() != "*" &&
      selector.service() != agent.service()) {
    return false;
  }
  for (const auto& [key, value] : selector.labels()) {
    const auto it = agent.labels().find(key);
    if (it == agent.labels().end() || it->second != value) return false;
  }
  return true;
}

bool CanRun(const v1::Check& check, const v1::Hello& agent) {
  const std::string_view kind = KindOf(check);
  return !kind.empty() && std::find(agent.capabilities().begin(), agent.capabilities().end(),
                                    kind) != agent.capabilities().end();
}

}  // namespace smokemesh::coordinator
