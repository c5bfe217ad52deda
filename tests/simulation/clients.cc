#include "tests/simulation/clients.h"

#include <utility>

#include "coordinator/verdict/bake_verdict.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"
#include "tests/simulation/random_plan.h"

namespace smokemesh::testing {
namespace {

using shared::Duration;
using std::chrono::seconds;

// A run may end so much after its timeout: a store that fails is asked again after 30 s at most.
constexpr Duration kSlack = seconds(60);
// No round begins later.
constexpr Duration kLastRound = seconds(60);

bool EndedFast(const v1::Run& run) {
  for (const v1::CheckRecord& check : run.checks()) {
    if (check.reason().find("--fail-fast") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

void Clients::Begin() {
  const int runs = world_.random.Chance(0.25) ? 2 : 1;
  for (int i = 0; i < runs; ++i) {
    Ask("r" + std::to_string(i), RandomRequest(&world_.random, world_.swarm), seconds(10));
  }
}

void Clients::Ask(const std::string& run_id, v1::CreateRunRequest request, Duration within) {
  clients_[run_id].request = std::move(request);
  world_.In(world_.random.Within(within), [this, run_id] { Create(run_id); });
}

// Asks until it is confirmed.
void Clients::Create(const std::string& run_id) {
  const auto it = clients_.find(run_id);
  if (it == clients_.end() || it->second.accepted) return;
  Replica* replica = any_();
  if (replica != nullptr && replica->Decides()) {
    if (store_.Find(run_id) != nullptr) {  // it was made, and the answer was lost
      OnAccepted(run_id, absl::OkStatus());
      return;
    }
    replica->Create(run_id, it->second.request);
  }
  world_.In(seconds(1) + world_.random.Within(seconds(3)), [this, run_id] { Create(run_id); });
}

void Clients::OnAccepted(const std::string& run_id, const absl::Status& status) {
  const auto it = clients_.find(run_id);
  if (it == clients_.end()) return;
  if (status.ok()) {
    it->second.accepted = true;
    it->second.due = DueOf(it->second);
  } else if (absl::IsInvalidArgument(status)) {
    clients_.erase(it);  // it selects nothing
  }
}

Duration Clients::DueOf(const Client& client) const {
  // Clocks may be slow by a quarter.
  return world_.now() + shared::FromProto(client.request.plan().timeout()) * 4 / 3 + kSlack;
}

void Clients::OnCoordinatorBegan() {
  for (auto& [run_id, client] : clients_) client.due = DueOf(client);
}

void Clients::OnEnded(const coordinator::StoredRun& run) {
  SimReport& report = world_.report;
  report.Count("runs");
  const auto it = clients_.find(run.run_id);
  if (it != clients_.end() && !std::exchange(it->second.ended, true)) ++ended_;
  if (run.request.options().clean_runs_size() > 0) {
    report.Count("clean-ups");
    return;
  }
  report.Count(std::string(coordinator::Name(run.final_run->verdict().decision())));
  if (run.request.options().max_parallel() > 0) report.Count("with max_parallel");
  if (run.request.options().deployment_size() > 0) report.Count("with a deployment");
  if (EndedFast(*run.final_run)) report.Count("ended by fail-fast");
  for (const v1::CheckRecord& check : run.final_run->checks()) {
    if (check.shadow()) report.Count("shadow checks");
  }
  for (const v1::Check& check : run.request.plan().checks()) {
    if (check.has_flow()) report.Count("flows");
  }
  NextRound(run);
  if (world_.random.Chance(0.1)) CleanUpAfter(run.run_id);
}

// Somebody wants what a run may have left behind removed, and what one may have left that nobody
// has a record of.
void Clients::CleanUpAfter(const std::string& run_id) {
  v1::CreateRunRequest request = clients_.at(run_id).request;
  request.mutable_options()->add_clean_runs()->set_run_id(run_id);
  if (world_.random.Chance(0.3)) request.mutable_options()->add_clean_runs()->set_run_id("lost");
  request.mutable_options()->clear_round();
  request.mutable_options()->clear_baseline();
  Ask(run_id + "-clean", std::move(request), seconds(3));
}

// A round of a bake is followed by the next, as a client of the coordinator would make it.
void Clients::NextRound(const coordinator::StoredRun& run) {
  const v1::Round& round = run.request.options().round();
  if (round.number() == 0) return;
  world_.report.Count("rounds");
  if (round.number() == round.planned() || world_.now() > kLastRound ||
      run.final_run->verdict().decision() == v1::DECISION_ROLLBACK) {
    return;
  }
  v1::CreateRunRequest request = run.request;
  v1::Round& next = *request.mutable_options()->mutable_round();
  *next.add_earlier() = coordinator::RoundOf(*run.final_run);
  next.set_number(round.number() + 1);
  Ask(run.run_id + "+", std::move(request), seconds(3));
}

std::vector<coordinator::EarlierRun> Clients::Earlier(const v1::CreateRunRequest& request) const {
  std::vector<coordinator::EarlierRun> earlier;
  for (const v1::CleanRun& run : request.options().clean_runs()) {
    const coordinator::StoredRun* stored = store_.Find(run.run_id());
    if (stored != nullptr) earlier.push_back({run.run_id(), stored->manifest});
  }
  return earlier;
}

void Clients::Look(Replica* replica) {
  for (const auto& [run_id, client] : clients_) {
    if (!client.accepted || !replica->Decides()) continue;
    if (world_.storm() && world_.random.Chance(world_.swarm.cancels)) {
      world_.report.Count("cancellations");
      replica->Cancel(run_id);
    }
    if (!world_.random.Chance(0.15) || !replica->Decides()) continue;
    const auto run = replica->FindRun(run_id);
    // With clocks that differ too much a lease that is over can be taken for valid.
    if (run.has_value()) invariants_.OnRead(*run, world_.swarm.skew == 0);
  }
}

void Clients::CheckOverdue() {
  for (const auto& [run_id, client] : clients_) {
    if (!client.accepted || client.ended || world_.now() < client.due) continue;
    invariants_.OnOverdue(run_id);
  }
}

void Clients::ExpectAllOver() {
  if (!all_over()) invariants_.OnOverdue("of somebody");
}

}  // namespace smokemesh::testing
