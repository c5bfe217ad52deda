#include "tests/simulation/simulator.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/agent_node.h"
#include "tests/simulation/clients.h"
#include "tests/simulation/fake_store.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/liar_agent.h"
#include "tests/simulation/replica.h"
#include "tests/simulation/world.h"

namespace smokemesh::testing {
namespace {

using shared::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

// By then all runs must be over.
constexpr Duration kEnd = seconds(400);
// So long after the storm everybody has found everybody, ...
constexpr Duration kHealed = World::kStorm + seconds(75);
// ... and nothing moves any more for so long.
constexpr Duration kCalm = seconds(20);

class Simulation {
 public:
  Simulation(uint64_t seed, Mutant mutant, bool trace);
  SimReport Run();

 private:
  void AddAgents();
  void AddAgent(AgentCard card, bool liar);
  void Fate();
  void Watch();
  void BeginCalm();
  void ExpectHealed();
  bool Fine() const { return invariants_.violation().empty(); }
  Replica* AnyReplica();

  World world_;
  FakeStore store_;
  NodeClock store_clock_;
  Invariants invariants_;
  Clients clients_;
  Mesh mesh_;
  AgentWorld agent_world_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<std::unique_ptr<AgentNode>> agents_;
  std::set<std::string> liars_;
  std::set<std::string> twins_;
  Faults faults_;
  // Only some seeds look at how the mesh heals: that takes long.
  const bool watches_healing_;
  int sessions_ = 0;
};

Simulation::Simulation(uint64_t seed, Mutant mutant, bool trace)
    : world_(seed, mutant),
      store_(mutant),
      store_clock_(&world_.random, world_.swarm.skew),
      invariants_(&store_, world_.swarm.skew == 0),
      clients_(&world_, &store_, &invariants_, [this] { return AnyReplica(); }),
      faults_(&mesh_, &replicas_, &agents_, &world_),
      watches_healing_(world_.random.Chance(0.2)) {
  world_.trace = trace;
  mesh_.world = &world_;
  mesh_.store = &store_;
  mesh_.store_clock = &store_clock_;
  mesh_.invariants = &invariants_;
  mesh_.at = [this](const std::string& address) -> StreamServer* {
    for (const auto& replica : replicas_) {
      if (replica->address() == address) return replica.get();
    }
    return nullptr;
  };
  mesh_.accepted = [this](const std::string& run_id, const absl::Status& status) {
    clients_.OnAccepted(run_id, status);
  };
  mesh_.ended = [this](const coordinator::StoredRun& run) { clients_.OnEnded(run); };
  mesh_.began = [this] { clients_.OnCoordinatorBegan(); };
  mesh_.earlier = [this](const v1::CreateRunRequest& request) { return clients_.Earlier(request); };
  agent_world_.world = &world_;
  agent_world_.invariants = &invariants_;
  agent_world_.coordinator = [this] { return AnyReplica(); };
  agent_world_.another = [this] {
    return agents_[world_.random.Below(static_cast<int>(agents_.size()))]->card().id;
  };
  agent_world_.new_session_id = [this] { return "session-" + std::to_string(++sessions_); };
}

Replica* Simulation::AnyReplica() {
  return replicas_[world_.random.Below(static_cast<int>(replicas_.size()))].get();
}

void Simulation::AddAgents() {
  SimRandom& random = world_.random;
  const Swarm& swarm = world_.swarm;
  for (int i = 0; i < swarm.agents; ++i) {
    AgentCard card;
    card.id = "a" + std::to_string(i);
    card.service = "s" + std::to_string(random.Below(swarm.services));
    card.deployment = !random.Chance(swarm.strangers) ? "v2" : random.Chance(0.5) ? "v1" : "";
    card.old = random.Chance(swarm.old_agents);
    card.spool = !card.old && !random.Chance(swarm.memory_only);
    const bool liar = random.Chance(swarm.liars);
    AddAgent(card, liar);
    if (random.Chance(swarm.twins)) AddAgent(card, liar);
  }
}

void Simulation::AddAgent(AgentCard card, bool liar) {
  card.process = static_cast<int>(agents_.size());
  const bool twin = std::any_of(agents_.begin(), agents_.end(),
                                [&](const auto& agent) { return agent->card().id == card.id; });
  if (liar) liars_.insert(card.id);
  if (twin) twins_.insert(card.id);
  world_.report.Count(liar ? "liars" : twin ? "twins" : card.old ? "old agents" : "agents");
  if (liar) {
    agents_.push_back(std::make_unique<LiarAgent>(&agent_world_, std::move(card)));
  } else {
    agents_.push_back(std::make_unique<CoreAgent>(&agent_world_, std::move(card)));
  }
}

void Simulation::Fate() {
  if (world_.storm()) {
    faults_.Strike();
    world_.In(milliseconds(500), [this] { Fate(); });
  } else {
    faults_.Heal();
    world_.In(seconds(1), [this] { Fate(); });
  }
}

void Simulation::Watch() {
  clients_.Look(AnyReplica());
  clients_.CheckOverdue();
  world_.In(milliseconds(700), [this] { Watch(); });
}

void Simulation::BeginCalm() {
  world_.report.Count("healings watched");
  ExpectHealed();
  invariants_.BeginCalm();
}

// Nobody had to start anything again for it.
void Simulation::ExpectHealed() {
  int deciding = 0;
  for (const auto& replica : replicas_) deciding += replica->Decides() ? 1 : 0;
  invariants_.Expect(deciding == 1, std::to_string(deciding) + " coordinators decide after all");
  for (const auto& agent : agents_) {
    const std::string& id = agent->card().id;
    const bool unruly = liars_.count(id) > 0 || twins_.count(id) > 0;
    invariants_.Expect(agent->is_open() || unruly, id + " has not found back");
  }
}

SimReport Simulation::Run() {
  for (int i = 0; i < world_.swarm.replicas; ++i) {
    replicas_.push_back(std::make_unique<Replica>(&mesh_, i));
  }
  AddAgents();
  invariants_.SetUnruly(liars_, twins_);
  for (const auto& replica : replicas_) {
    world_.In(world_.random.Within(seconds(2)), [one = replica.get()] { one->Start(); });
  }
  for (const auto& agent : agents_) {
    if (world_.random.Chance(0.05)) continue;  // not there
    world_.In(world_.random.Within(seconds(3)), [one = agent.get()] { one->Start(); });
  }
  clients_.Begin();
  world_.In(seconds(2), [this] { Fate(); });
  world_.In(seconds(2), [this] { Watch(); });
  if (watches_healing_) world_.At(kHealed, [this] { BeginCalm(); });

  const Duration least = watches_healing_ ? kHealed + kCalm : Duration(seconds(15));
  while (Fine() && world_.RunNext(kEnd)) {
    if (world_.now() > least && clients_.all_over()) break;
  }
  if (Fine()) clients_.ExpectAllOver();
  if (Fine() && watches_healing_) ExpectHealed();
  for (const auto& [run_id, run] : store_.runs()) {
    if (Fine() && run.final_run.has_value()) invariants_.ExpectVerified(run);
  }
  world_.report.violation = invariants_.violation();
  world_.report.Count("invariants checked", invariants_.checks());
  return world_.report;
}

}  // namespace

SimReport Simulate(uint64_t seed, Mutant mutant, bool trace) {
  return Simulation(seed, mutant, trace).Run();
}

}  // namespace smokemesh::testing
