#include "coordinator/scheduler/agent_registry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

// Most lost agents that are remembered.
constexpr size_t kRememberedLost = 1000;
// Most replaced incarnations of one agent that are remembered.
constexpr size_t kRememberedReplaced = 16;
// How long after its last claim a second process is a problem of the agent.
constexpr shared::Duration kClaimShown = std::chrono::minutes(5);

}  // namespace

void AgentRegistry::Connect(const v1::Hello& hello, std::string_view session_id,
                            shared::SteadyTime now) {
  Agent& agent = agents_[hello.agent_id()];
  agent.hello = hello;
  agent.hello.clear_tasks_in_hand();
  agent.session_id = std::string(session_id);
  agent.draining = false;
  agent.last_heard = now;
  std::erase(agent.replaced, hello.incarnation());
}

void AgentRegistry::Lose(std::string_view agent_id, shared::SteadyTime now) {
  const auto it = agents_.find(agent_id);
  if (it == agents_.end()) return;
  it->second.session_id.clear();
  it->second.lost_at = now;
  it->second.claims = 0;

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

void AgentRegistry::Replace(std::string_view agent_id, std::string_view incarnation) {
  const auto it = agents_.find(agent_id);
  if (it == agents_.end()) return;
  std::deque<std::string>& replaced = it->second.replaced;
  std::erase(replaced, incarnation);
  replaced.emplace_back(incarnation);
  if (replaced.size() > kRememberedReplaced) replaced.pop_front();
}

bool AgentRegistry::IsReplaced(std::string_view agent_id, std::string_view incarnation,
                               shared::SteadyTime now) {
  const auto it = agents_.find(agent_id);
  if (it == agents_.end() || !it->second.connected()) return false;
  Agent& agent = it->second;
  if (std::find(agent.replaced.begin(), agent.replaced.end(), incarnation) ==
      agent.replaced.end()) {
    return false;
  }
  ++agent.claims;
  agent.last_claim = now;
  return true;
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
    info.set_deployment(agent.hello.deployment());
    if (agent.claims > 0 && now - agent.last_claim < kClaimShown) {
      info.set_problem(absl::StrCat("another process claims to be this agent and was refused ",
                                    agent.claims, agent.claims == 1 ? " time" : " times",
                                    ": stop one of them, or give it another --id"));
    }
  }
  return infos;
}

}  // namespace smokemesh::coordinator
