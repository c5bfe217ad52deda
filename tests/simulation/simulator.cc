#include "tests/simulation/simulator.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "coordinator/verdict/bake_verdict.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"
#include "tests/simulation/fake_agent.h"
#include "tests/simulation/fake_store.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/random_plan.h"
#include "tests/simulation/sim_random.h"

namespace smokemesh::testing {
namespace {

using coordinator::Effect;
using coordinator::Event;
using shared::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

// How much goes wrong, drawn anew for each seed: some seeds are calm in some respects, so that
// faults meet in all combinations.
struct Weather {
  explicit Weather(SimRandom* random) {
    const auto draw = [random](double most) { return random->Chance(0.5) ? 0 : most; };
    cuts = draw(0.08);
    silent_cuts = draw(0.5);
    duplicates = draw(0.1);
    agent_crashes = draw(0.05);
    coordinator_crashes = draw(0.03);
    store_failures = draw(0.6);
    slow_store = random->Chance(0.3) ? seconds(2) : milliseconds(20);
    latency = random->Chance(0.3) ? milliseconds(900) : milliseconds(20);
    cancels = draw(0.1);
    habits.fails = random->Chance(0.4) ? 0 : 0.05 * random->Below(10);
    habits.odd = draw(0.1);
    habits.hangs = draw(0.1);
    habits.rejects = draw(0.2);
    habits.forges = draw(0.2);
    habits.drains = draw(0.03);
  }
  double cuts, silent_cuts, duplicates, agent_crashes, coordinator_crashes, store_failures, cancels;
  Duration slow_store, latency;
  AgentHabits habits;
};

bool EndedFast(const v1::Run& run) {
  for (const v1::CheckRecord& check : run.checks()) {
    if (check.reason().find("--fail-fast") != std::string::npos) return true;
  }
  return false;
}

class Simulation {
 public:
  Simulation(uint64_t seed, Mutant mutant)
      : random_(seed), weather_(&random_), mutant_(mutant), invariants_(&store_) {}

  SimReport Run();

 private:
  // A stream between an agent and the coordinator. Each direction keeps its order.
  struct Stream {
    std::string session_id;
    size_t agent = 0;
    bool agent_side = true;        // the agent believes in it
    bool coordinator_side = true;  // the coordinator does
    bool carries = true;           // messages arrive
    Duration to_agent{};           // when the last message arrives
    Duration to_coordinator{};
    Duration agent_heard{};
  };
  struct Node {
    std::unique_ptr<FakeAgent> agent;
    int life = 0;  // counts crashes
    bool up = false;
    std::shared_ptr<Stream> stream;
  };
  struct Client {
    v1::CreateRunRequest request;
    bool accepted = false;
    Duration due{};  // when the run must have ended
  };

  shared::Instant Now() const {
    return {shared::SteadyTime(now_),
            shared::WallTime(
                std::chrono::duration_cast<shared::WallTime::duration>(now_ + wall_offset_))};
  }
  void At(Duration when, std::function<void()> what) {
    queue_.push({std::max(when, now_), ++order_, std::move(what)});
  }
  void In(Duration delay, std::function<void()> what) { At(now_ + delay, std::move(what)); }

  // Coordinator.
  void StartCoordinator();
  void CrashCoordinator();
  void Give(const Event& event);
  void CarryOut(const Effect& effect);
  void Store(std::function<absl::Status()> write, uint64_t ticket);
  void ArmTick();

  // Agents and streams.
  void AddAgent(int services);
  void StartAgent(size_t index);
  void CrashAgent(size_t index);
  void Connect(size_t index);
  void ToCoordinator(const std::shared_ptr<Stream>& stream, v1::ConnectRequest message);
  void ToAgent(const std::shared_ptr<Stream>& stream, v1::ConnectResponse message);
  void Cut(std::shared_ptr<Stream> stream);
  void AgentLosesStream(std::shared_ptr<Stream> stream);
  void CoordinatorLosesStream(std::shared_ptr<Stream> stream, const std::string& reason);
  void Beat(size_t index, int life);

  // Clients and fate.
  void Create(const std::string& run_id);
  void CleanUpAfter(const std::string& run_id);
  void NextRound(const coordinator::StoredRun& run);
  std::vector<coordinator::EarlierRun> Earlier(const v1::CreateRunRequest& request) const;
  void Fate();
  void CheckOverdue();

  struct Item {
    Duration when;
    uint64_t order;
    std::function<void()> what;
    bool operator<(const Item& other) const {
      return std::tie(other.when, other.order) < std::tie(when, order);
    }
  };

  static constexpr Duration kStorm = seconds(60);  // then the faults stop
  static constexpr Duration kEnd = seconds(500);
  static constexpr Duration kLastRound = seconds(150);  // none begins later
  // A run may end so much after its timeout: a store that fails is asked again after 30 s at most.
  static constexpr Duration kSlack = seconds(90);

  SimRandom random_;
  const Weather weather_;
  const Mutant mutant_;
  FakeStore store_;
  Invariants invariants_;
  SimReport report_;
  std::priority_queue<Item> queue_;
  uint64_t order_ = 0;
  Duration now_ = seconds(1000);
  const Duration begin_ = now_;
  Duration wall_offset_ = std::chrono::hours(400000);
  std::optional<EngineUnderTest> engine_;
  int era_ = 0;  // counts the coordinator's starts
  Duration store_free_{};
  Duration store_bad_until_{};
  std::optional<shared::SteadyTime> tick_;
  uint64_t tick_order_ = 0;
  std::vector<Node> nodes_;
  std::map<std::string, std::shared_ptr<Stream>> sessions_;
  int last_session_ = 0;
  std::map<std::string, Client> clients_;
  bool storm() const { return now_ - begin_ < kStorm; }
};

// ---- Coordinator -----------------------------------------------------------------------------

void Simulation::StartCoordinator() {
  ++era_;
  engine_.emplace(mutant_);
  invariants_.OnCoordinatorStart();
  for (coordinator::StoredRun run : store_.OpenRuns()) {
    Give(coordinator::RunRestored{run, Earlier(run.request)});
  }
  for (auto& [run_id, client] : clients_) {
    client.due = now_ + shared::FromProto(client.request.plan().timeout()) + kSlack;
    // A client that was not answered asks again.
    if (!client.accepted && store_.Find(run_id) == nullptr) Create(run_id);
  }
}

void Simulation::CrashCoordinator() {
  if (!engine_.has_value()) return;
  ++report_.crashes;
  engine_.reset();
  ++era_;
  tick_.reset();
  for (const auto& [session_id, stream] : std::exchange(sessions_, {})) {
    stream->coordinator_side = false;
    stream->carries = false;
    const std::shared_ptr<Stream> lost = stream;
    In(random_.Within(seconds(2)), [this, lost] { AgentLosesStream(lost); });
  }
  In(milliseconds(100) + random_.Within(seconds(20)), [this] {
    if (!engine_.has_value()) StartCoordinator();
  });
}

void Simulation::Give(const Event& event) {
  if (!engine_.has_value() || !invariants_.violation().empty()) return;
  const int era = era_;
  const std::vector<Effect> effects = engine_->Step(event, Now());
  for (const Effect& effect : effects) {
    if (era != era_) return;
    invariants_.OnEffect(effect, engine_->engine(), Now());
    CarryOut(effect);
  }
  ArmTick();
}

void Simulation::ArmTick() {
  if (!engine_.has_value()) return;
  const auto next = engine_->NextDeadline();
  if (next == tick_) return;
  tick_ = next;
  const uint64_t mine = ++tick_order_;
  if (!next.has_value()) return;
  At(next->time_since_epoch(), [this, mine] {
    if (mine != tick_order_ || !engine_.has_value()) return;
    tick_.reset();
    Give(coordinator::Tick{});
  });
}

void Simulation::CarryOut(const Effect& effect) {
  if (const auto* send = std::get_if<coordinator::SendToAgent>(&effect)) {
    const auto it = sessions_.find(send->session_id);
    if (it != sessions_.end()) ToAgent(it->second, send->message);
  } else if (const auto* close = std::get_if<coordinator::CloseSession>(&effect)) {
    const auto it = sessions_.find(close->session_id);
    if (it == sessions_.end()) return;
    const std::shared_ptr<Stream> stream = it->second;
    sessions_.erase(it);
    stream->coordinator_side = false;
    In(random_.Within(weather_.latency), [this, stream] { AgentLosesStream(stream); });
  } else if (const auto* put = std::get_if<coordinator::PutRun>(&effect)) {
    const coordinator::StoredRun run = put->run;
    Store(
        [this, run] {
          const bool ends = run.final_run.has_value();
          const coordinator::StoredRun* before = store_.Find(run.run_id);
          const bool ended = before != nullptr && before->final_run.has_value();
          const absl::Status status = store_.PutRun(run);
          if (status.ok() && ends && !ended) {
            ++report_.runs;
            invariants_.OnFinal(*store_.Find(run.run_id));
            if (run.request.options().clean_runs_size() > 0) {
              ++report_.clean_ups;
            } else {
              ++report_
                    .decisions[std::string(coordinator::Name(run.final_run->verdict().decision()))];
              if (run.request.options().max_parallel() > 0) ++report_.limited;
              if (EndedFast(*run.final_run)) ++report_.fail_fast;
              for (const v1::CheckRecord& check : run.final_run->checks()) {
                report_.shadows += check.shadow() ? 1 : 0;
              }
              NextRound(run);
              if (random_.Chance(0.3)) CleanUpAfter(run.run_id);
            }
          }
          return status;
        },
        put->ticket);
  } else if (const auto* append = std::get_if<coordinator::AppendResults>(&effect)) {
    const std::vector<v1::TaskResult> results = append->results;
    Store(
        [this, results] {
          report_.results += static_cast<int>(results.size());
          invariants_.OnAppend(results);
          store_.AppendResults(results);
          return absl::OkStatus();
        },
        append->ticket);
  } else if (const auto* accepted = std::get_if<coordinator::RunAccepted>(&effect)) {
    Client& client = clients_[accepted->run_id];
    client.accepted = accepted->status.ok();
    if (client.accepted) {
      client.due = now_ + shared::FromProto(client.request.plan().timeout()) + kSlack;
    } else if (absl::IsUnavailable(accepted->status)) {
      const std::string run_id = accepted->run_id;
      In(seconds(1), [this, run_id] { Create(run_id); });
    } else {
      clients_.erase(accepted->run_id);  // it selects nothing
    }
  }
}

// Writes are carried out in order. One that is pending when the coordinator dies may or may not
// happen yet, but not after the next one has started: the store belongs to one process at a time.
void Simulation::Store(std::function<absl::Status()> write, uint64_t ticket) {
  const int era = era_;
  store_free_ = std::max(store_free_, now_) + milliseconds(1) + random_.Within(weather_.slow_store);
  At(store_free_, [this, era, ticket, write = std::move(write)] {
    if (era != era_ && (engine_.has_value() || random_.Chance(0.5))) return;
    absl::Status status;
    if (now_ < store_bad_until_ && random_.Chance(0.7)) {
      ++report_.store_failures;
      status = absl::UnavailableError("the disk is full");
    } else {
      status = write();
    }
    if (era == era_) Give(coordinator::StoreDone{ticket, status});
  });
}

// ---- Agents and streams ----------------------------------------------------------------------

void Simulation::AddAgent(int services) {
  const size_t index = nodes_.size();
  nodes_.emplace_back();
  FakeAgent::World world;
  world.random = &random_;
  world.send = [this, index](v1::ConnectRequest message) {
    if (nodes_[index].stream) ToCoordinator(nodes_[index].stream, std::move(message));
  };
  world.later = [this, index](Duration delay, std::function<void()> then) {
    const int life = nodes_[index].life;
    In(delay, [this, index, life, then = std::move(then)] {
      if (nodes_[index].life == life) then();
    });
  };
  world.produced = [this](const v1::TaskResult& result) { invariants_.OnProduced(result); };
  // Right, and not the coordinator's: that one jumps.
  world.wall = [this] {
    return shared::WallTime(std::chrono::duration_cast<shared::WallTime::duration>(now_));
  };
  world.other_agent = [this] {
    return nodes_[random_.Below(static_cast<int>(nodes_.size()))].agent->id();
  };
  nodes_[index].agent = std::make_unique<FakeAgent>("a" + std::to_string(index),
                                                    "s" + std::to_string(random_.Below(services)),
                                                    weather_.habits, std::move(world));
}

void Simulation::StartAgent(size_t index) {
  Node& node = nodes_[index];
  if (node.up) return;
  node.up = true;
  node.agent->Start();
  Connect(index);
  Beat(index, node.life);
}

void Simulation::CrashAgent(size_t index) {
  Node& node = nodes_[index];
  if (!node.up) return;
  ++report_.restarts;
  node.up = false;
  ++node.life;
  if (node.stream) {
    const std::shared_ptr<Stream> stream = std::exchange(node.stream, nullptr);
    stream->agent_side = false;
    // What it had written may still arrive; then the coordinator hears of the end, or does not.
    if (!random_.Chance(weather_.silent_cuts)) {
      At(stream->to_coordinator + milliseconds(1),
         [this, stream] { CoordinatorLosesStream(stream, "reset"); });
    }
  }
  if (random_.Chance(0.1)) return;  // never comes back
  In(random_.Within(seconds(25)), [this, index] { StartAgent(index); });
}

void Simulation::Connect(size_t index) {
  Node& node = nodes_[index];
  if (!node.up || node.stream) return;
  auto stream = std::make_shared<Stream>();
  stream->session_id = "session-" + std::to_string(++last_session_);
  stream->agent = index;
  stream->agent_heard = now_;
  stream->coordinator_side = false;
  node.stream = stream;
  invariants_.OnSession(stream->session_id, node.agent->incarnation());
  const v1::Hello hello = node.agent->MakeHello();
  const Duration arrival = now_ + milliseconds(1) + random_.Within(weather_.latency);
  stream->to_coordinator = arrival;
  At(arrival, [this, stream, hello] {
    if (!stream->agent_side) return;
    if (!engine_.has_value()) {
      AgentLosesStream(stream);
      return;
    }
    stream->coordinator_side = true;
    sessions_[stream->session_id] = stream;
    Give(coordinator::AgentConnected{stream->session_id, hello});
  });
}

void Simulation::ToCoordinator(const std::shared_ptr<Stream>& stream, v1::ConnectRequest message) {
  if (!stream->agent_side) return;
  if (message.has_results()) invariants_.OnBatch(stream->session_id, message.results());
  const int copies = storm() && random_.Chance(weather_.duplicates) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    stream->to_coordinator =
        std::max(stream->to_coordinator, now_) + milliseconds(1) + random_.Within(weather_.latency);
    At(stream->to_coordinator, [this, stream, message] {
      if (!stream->carries || !stream->coordinator_side) return;
      Give(coordinator::AgentMessage{stream->session_id, message});
    });
  }
}

void Simulation::ToAgent(const std::shared_ptr<Stream>& stream, v1::ConnectResponse message) {
  stream->to_agent =
      std::max(stream->to_agent, now_) + milliseconds(1) + random_.Within(weather_.latency);
  At(stream->to_agent, [this, stream, message = std::move(message)] {
    if (!stream->carries || !stream->agent_side) return;
    stream->agent_heard = now_;
    nodes_[stream->agent].agent->OnMessage(message);
  });
}

void Simulation::Cut(std::shared_ptr<Stream> stream) {
  ++report_.cuts;
  stream->carries = false;
  if (!random_.Chance(weather_.silent_cuts)) {
    In(random_.Within(seconds(3)), [this, stream] { AgentLosesStream(stream); });
  }
  if (!random_.Chance(weather_.silent_cuts)) {
    In(random_.Within(seconds(3)), [this, stream] { CoordinatorLosesStream(stream, "cut"); });
  }
}

void Simulation::AgentLosesStream(std::shared_ptr<Stream> stream) {
  if (!stream->agent_side) return;
  stream->agent_side = false;
  const size_t index = stream->agent;
  if (nodes_[index].stream != stream) return;
  nodes_[index].stream = nullptr;
  nodes_[index].agent->OnStreamLost();
  // What it had sent may still arrive before the coordinator learns of the end.
  At(stream->to_coordinator + milliseconds(1),
     [this, stream] { CoordinatorLosesStream(stream, "closed"); });
  const int life = nodes_[index].life;
  In(random_.Within(seconds(3)), [this, index, life] {
    if (nodes_[index].life == life) Connect(index);
  });
}

void Simulation::CoordinatorLosesStream(std::shared_ptr<Stream> stream, const std::string& reason) {
  if (!stream->coordinator_side) return;
  stream->coordinator_side = false;
  sessions_.erase(stream->session_id);
  Give(coordinator::AgentDisconnected{stream->session_id, reason});
}

void Simulation::Beat(size_t index, int life) {
  In(seconds(5), [this, index, life] {
    Node& node = nodes_[index];
    if (!node.up || node.life != life) return;
    if (node.stream) {
      if (now_ - node.stream->agent_heard > seconds(15)) {
        AgentLosesStream(node.stream);
      } else if (node.agent->open()) {
        v1::ConnectRequest beat;
        beat.mutable_heartbeat();
        ToCoordinator(node.stream, beat);
      }
    }
    Beat(index, life);
  });
}

// ---- Clients and fate ------------------------------------------------------------------------

void Simulation::Create(const std::string& run_id) {
  const auto it = clients_.find(run_id);
  if (it == clients_.end() || it->second.accepted || !engine_.has_value()) return;
  Give(coordinator::RunCreated{run_id, it->second.request, Earlier(it->second.request)});
}

// Somebody wants what a run may have left behind removed, and what one may have left that nobody
// has a record of.
void Simulation::CleanUpAfter(const std::string& run_id) {
  v1::CreateRunRequest request = clients_.at(run_id).request;
  request.mutable_options()->add_clean_runs()->set_run_id(run_id);
  if (random_.Chance(0.3)) request.mutable_options()->add_clean_runs()->set_run_id("lost");
  request.mutable_options()->clear_round();
  request.mutable_options()->clear_baseline();
  const std::string clean_id = run_id + "-clean";
  clients_[clean_id].request = std::move(request);
  In(random_.Within(seconds(3)), [this, clean_id] { Create(clean_id); });
}

// A round of a bake is followed by the next, as a client of the coordinator would make it.
void Simulation::NextRound(const coordinator::StoredRun& run) {
  const v1::Round& round = run.request.options().round();
  if (round.number() == 0) return;
  ++report_.rounds;
  if (round.number() == round.planned() || now_ - begin_ > kLastRound ||
      run.final_run->verdict().decision() == v1::DECISION_ROLLBACK) {
    return;
  }
  v1::CreateRunRequest request = run.request;
  v1::Round& next = *request.mutable_options()->mutable_round();
  *next.add_earlier() = coordinator::RoundOf(*run.final_run);
  next.set_number(round.number() + 1);
  const std::string next_id = run.run_id + "+";
  clients_[next_id].request = std::move(request);
  In(random_.Within(seconds(3)), [this, next_id] { Create(next_id); });
}

std::vector<coordinator::EarlierRun> Simulation::Earlier(
    const v1::CreateRunRequest& request) const {
  std::vector<coordinator::EarlierRun> earlier;
  for (const v1::CleanRun& run : request.options().clean_runs()) {
    const coordinator::StoredRun* stored = store_.Find(run.run_id());
    if (stored != nullptr) earlier.push_back({run.run_id(), stored->manifest});
  }
  return earlier;
}

void Simulation::Fate() {
  if (!storm()) {
    if (!engine_.has_value()) StartCoordinator();
    return;
  }
  for (const Node& node : nodes_) {
    if (node.stream && random_.Chance(weather_.cuts)) Cut(node.stream);
  }
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (random_.Chance(weather_.agent_crashes)) CrashAgent(i);
  }
  if (random_.Chance(weather_.coordinator_crashes)) CrashCoordinator();
  if (random_.Chance(weather_.store_failures * 0.1)) {
    store_bad_until_ = now_ + random_.Within(seconds(4));
  }
  if (random_.Chance(0.05)) {
    wall_offset_ += std::chrono::minutes(random_.Below(120) - 60);
  }
  for (const auto& [run_id, client] : clients_) {
    if (!client.accepted || !engine_.has_value()) continue;
    if (random_.Chance(weather_.cancels * 0.2)) {
      Give(coordinator::RunCancelled{run_id, "enough"});
    }
    if (!engine_.has_value()) return;
    const auto run = engine_->FindRun(run_id, Now());
    if (run.has_value()) invariants_.OnRead(*run);
  }
  In(milliseconds(500), [this] { Fate(); });
}

void Simulation::CheckOverdue() {
  if (engine_.has_value()) {
    for (const auto& [run_id, client] : clients_) {
      if (!client.accepted || now_ < client.due) continue;
      const coordinator::StoredRun* run = store_.Find(run_id);
      if (run == nullptr || !run->final_run.has_value()) invariants_.OnOverdue(run_id);
    }
  }
  In(seconds(1), [this] { CheckOverdue(); });
}

SimReport Simulation::Run() {
  const int services = 1 + random_.Below(3);
  const int agents = 1 + random_.Below(4);
  for (int i = 0; i < agents; ++i) AddAgent(services);
  StartCoordinator();
  for (int i = 0; i < agents; ++i) {
    if (random_.Chance(0.05)) continue;  // never there
    In(random_.Within(seconds(3)), [this, i] { StartAgent(i); });
  }
  const int runs = 1 + random_.Below(3);
  for (int i = 0; i < runs; ++i) {
    const std::string run_id = "r" + std::to_string(i);
    In(random_.Within(seconds(15)), [this, run_id, services] {
      clients_[run_id].request = RandomRequest(&random_, services);
      Create(run_id);
    });
  }
  Fate();
  In(kStorm + seconds(1), [this] { Fate(); });
  CheckOverdue();

  while (!queue_.empty() && invariants_.violation().empty()) {
    const Item item = queue_.top();
    queue_.pop();
    if (item.when - begin_ > kEnd) break;
    now_ = item.when;
    item.what();
    const bool all_over =
        now_ - begin_ > seconds(20) && report_.runs == static_cast<int>(clients_.size());
    if (all_over) break;
  }
  if (invariants_.violation().empty() && report_.runs != static_cast<int>(clients_.size())) {
    invariants_.OnOverdue("of somebody");
  }
  for (const auto& [run_id, run] : store_.runs()) {
    if (run.final_run.has_value()) invariants_.ExpectVerified(run);
  }
  report_.violation = invariants_.violation();
  report_.checks = invariants_.checks();
  return report_;
}

}  // namespace

SimReport Simulate(uint64_t seed, Mutant mutant) { return Simulation(seed, mutant).Run(); }

}  // namespace smokemesh::testing
