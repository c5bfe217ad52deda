#include "tests/simulation/faults.h"

#include <string>

namespace smokemesh::testing {

using shared::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

void Faults::Strike() {
  const Swarm& swarm = world_.swarm;
  SimRandom& random = world_.random;
  StrikeStreams();
  StrikeReplicas();
  StrikeAgents();
  if (random.Chance(swarm.clogs)) SwizzleClog();
  if (random.Chance(swarm.store_failures * 0.1)) {
    mesh_.store_unwell_until = world_.now() + random.Within(seconds(4));
  }
  // A seed in which nothing goes wrong would prove nothing.
  if (world_.now() < seconds(6) || world_.report.faults > 0) return;
  AgentNode& agent = *agents_[random.Below(static_cast<int>(agents_.size()))];
  if (agent.stream() != nullptr) {
    world_.report.Fault("streams cut");
    agent.stream()->Cut(0);
  } else if (agent.up()) {
    world_.report.Fault("agents crashed");
    agent.Crash();
  }
}

void Faults::StrikeStreams() {
  const Swarm& swarm = world_.swarm;
  SimRandom& random = world_.random;
  for (const auto& agent : agents_) {
    const std::shared_ptr<Stream> stream = agent->stream();
    if (stream == nullptr) continue;
    if (random.Chance(swarm.cuts)) {
      world_.report.Fault("streams cut");
      stream->Cut(swarm.silent);
    } else if (random.Chance(swarm.half_cuts)) {
      world_.report.Fault("streams half cut");
      stream->KillDirection(random.Chance(0.5));
    }
  }
}

void Faults::StrikeReplicas() {
  const Swarm& swarm = world_.swarm;
  SimRandom& random = world_.random;
  for (const auto& one : replicas_) {
    Replica* replica = one.get();
    if (!replica->up()) {
      if (random.Chance(0.1)) replica->Start();
      continue;
    }
    if (random.Chance(swarm.replica_crashes)) {
      world_.report.Fault("coordinators crashed");
      // What it passed through for others is gone with it.
      for (const auto& agent : agents_) {
        const std::shared_ptr<Stream> stream = agent->stream();
        if (stream != nullptr && stream->via() == replica) stream->Cut(swarm.silent);
      }
      replica->Crash();
    } else if (random.Chance(swarm.replica_pauses)) {
      world_.report.Fault("coordinators stopped for a while");
      // Around the time of a lease: shorter, just longer, much longer.
      replica->Pause(milliseconds(500) + random.Within(seconds(3 + 6 * random.Below(3))));
    } else if (random.Chance(swarm.store_outages)) {
      world_.report.Fault("coordinators without a store");
      replica->LoseStore(random.Within(seconds(10)));
    } else if (random.Chance(swarm.replica_crashes * 0.3)) {
      world_.report.Fault("coordinators that left");
      replica->Leave();
    }
    if (random.Chance(swarm.jumps)) {
      world_.report.Fault("clocks that jumped");
      replica->clock().Jump(std::chrono::minutes(random.Below(120) - 60));
    }
  }
}

void Faults::StrikeAgents() {
  const Swarm& swarm = world_.swarm;
  SimRandom& random = world_.random;
  for (const auto& one : agents_) {
    AgentNode* agent = one.get();
    if (!agent->up()) {
      if (random.Chance(0.08)) agent->Start();
      continue;
    }
    if (random.Chance(swarm.agent_crashes)) {
      world_.report.Fault("agents crashed");
      agent->Crash();
      // It may come back beside another version.
      if (swarm.strangers > 0 && random.Chance(0.2)) {
        agent->set_deployment(random.Chance(0.5) ? "v1" : "v2");
      }
    } else if (random.Chance(swarm.agent_pauses)) {
      world_.report.Fault("agents stopped for a while");
      agent->Pause(random.Within(seconds(20)));
    }
  }
}

void Faults::SwizzleClog() {
  SimRandom& random = world_.random;
  std::vector<Node*> nodes;
  for (const auto& replica : replicas_) nodes.push_back(replica.get());
  for (const auto& agent : agents_) nodes.push_back(agent.get());
  for (Node* node : nodes) {
    if (!random.Chance(0.5)) continue;
    world_.report.Fault("nodes clogged");
    const bool hears = random.Chance(0.3);
    const bool speaks = !hears && random.Chance(0.4);
    const Duration how_long =
        milliseconds(100) + random.Within(seconds(random.Chance(0.7) ? 3 : 20));
    world_.In(random.Within(seconds(2)), [this, node, hears, speaks, how_long] {
      if (!hears) node->deaf_until = world_.now() + how_long;
      if (!speaks) node->mute_until = world_.now() + how_long;
    });
  }
}

void Faults::Heal() {
  for (const auto& replica : replicas_) {
    if (!replica->up()) replica->Start();
  }
  for (const auto& agent : agents_) {
    if (!agent->up()) agent->Start();
  }
}

}  // namespace smokemesh::testing
