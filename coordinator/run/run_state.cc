#include "coordinator/run/run_state.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/run/assignment.h"
#include "coordinator/scheduler/agent_choice.h"
#include "coordinator/scheduler/manifest.h"
#include "coordinator/verdict/verdict.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

std::optional<v1::Plan> CleanUpPlanOf(const v1::CreateRunRequest& request) {
  const int runs = request.options().clean_runs_size();
  if (runs == 0) return std::nullopt;
  return CleanUpPlan(request.plan(), runs);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunState>> RunState::Create(std::string run_id,
                                                           v1::CreateRunRequest request,
                                                           std::vector<EarlierRun> earlier) {
  ASSIGN_OR_RETURN(std::vector<bool> selected, SelectChecks(request.plan(), request.options()));
  if (std::find(selected.begin(), selected.end(), true) == selected.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no check of plan ", request.plan().name(), " is selected by -m \"",
                     request.options().select(), "\" -k \"", request.options().match(), "\""));
  }
  return std::unique_ptr<RunState>(
      new RunState(std::move(run_id), std::move(request), std::move(earlier), std::move(selected)));
}

RunState::RunState(std::string run_id, v1::CreateRunRequest request,
                   std::vector<EarlierRun> earlier, std::vector<bool> selected)
    : run_id_(std::move(run_id)),
      request_(std::move(request)),
      earlier_(std::move(earlier)),
      clean_up_plan_(CleanUpPlanOf(request_)),
      selected_(std::move(selected)),
      wanted_(selected_) {
  checks_.resize(plan().checks_size());
  for (int i = 0; i < plan().checks_size(); ++i) {
    const v1::Check& check = plan().checks(i);
    by_name_.emplace(check.name(), i);
    v1::CheckRecord& record = *records_.Add();
    record.set_name(check.name());
    record.set_suite(check.suite());
    *record.mutable_tags() = check.tags();
    record.set_impact(check.impact());
    if (check.has_source()) *record.mutable_source() = check.source();
    record.set_shadow(check.shadow());
    if (check.has_edge()) *record.mutable_edge() = check.edge();
    // Anybody at all who could have to be cleaned up after.
    if (cleans_up() &&
        CleanUpTargets(request_.options(), earlier_, check.name(), {"anybody"}).empty()) {
      wanted_[i] = false;
    }
    if (IsExpected(check, selected_[i])) {
      ++open_;
      continue;
    }
    record.set_outcome(v1::OUTCOME_SKIPPED);
    record.set_deselected(!selected_[i]);
    record.set_reason(selected_[i] ? check.skip() : "left out by -m or -k");
  }
  for (size_t i = 0; i < checks_.size(); ++i) {
    if (IsFlow(i)) flows_.push_back(i);
  }
  LinkNeeds();
}

void RunState::LinkNeeds() {
  for (size_t i = 0; i < checks_.size(); ++i) {
    for (const std::string& name : plan().checks(i).needs()) {
      const auto it = by_name_.find(name);
      if (it == by_name_.end() || !selected_[it->second]) continue;
      checks_[i].needs.push_back(it->second);
      checks_[it->second].dependents.push_back(i);
    }
  }
}

void RunState::SetManifest(std::vector<ManifestPair> manifest,
                           const std::map<std::string, std::string>& no_agent, bool committed) {
  has_manifest_ = true;
  manifest_.clear();
  open_ = 0;
  for (ManifestPair& pair : manifest) {
    const auto it = by_name_.find(pair.check);
    if (it == by_name_.end() || records_[it->second].outcome() != v1::OUTCOME_UNSPECIFIED) continue;
    const PairRef ref{it->second, checks_[it->second].pairs.size()};
    checks_[ref.check].pairs.emplace_back();
    v1::Task& added = *records_[ref.check].add_tasks();
    added.set_agent_id(pair.agent_id);
    added.set_service(pair.service);
    added.set_deployment(pair.deployment);
    added.mutable_roles()->Add(pair.roles.begin(), pair.roles.end());
    added.set_state(v1::Task::STATE_WAITING);
    by_agent_[pair.agent_id].push_back(ref);
    ++open_;
    manifest_.push_back(std::move(pair));
  }
  for (auto& [agent_id, refs] : by_agent_) std::sort(refs.begin(), refs.end());
  CloseOtherVersions(committed);
  for (size_t i = 0; i < checks_.size(); ++i) {
    changed_.insert(i);
    // The manifest of a run that cleans up has no pair for what was never to run.
    if (cleans_up() && checks_[i].pairs.empty() &&
        records_[i].outcome() == v1::OUTCOME_UNSPECIFIED) {
      records_[i].set_outcome(v1::OUTCOME_SKIPPED);
      records_[i].set_reason("no agent was to run it: there is nothing to clean up");
    }
    const auto why = no_agent.find(records_[i].name());
    for (size_t pair = 0; pair < checks_[i].pairs.size(); ++pair) {
      if (!records_[i].tasks(pair).agent_id().empty()) continue;
      Close({i, pair}, v1::OUTCOME_MISSING,
            why != no_agent.end()
                ? why->second
                : absl::StrCat("no agent matched ", SelectorText(plan().checks(i).on()),
                               " when the run started"),
            committed);
    }
  }
  for (size_t i = 0; i < checks_.size(); ++i) {
    Settle(i);
    if (BlockByNeeds(i)) Settle(i);
  }
}

void RunState::CloseOtherVersions(bool committed) {
  for (const ManifestPair& pair : manifest_) {
    const std::optional<PairRef> ref = Find(pair.check, pair.agent_id);
    if (!ref.has_value()) continue;
    const std::string* wanted = OtherThanWanted(check(*ref), request_.options(), pair);
    if (wanted == nullptr) continue;
    Close(*ref, v1::OUTCOME_MISSING, OtherDeploymentReason(pair.agent_id, pair.deployment, *wanted),
          committed);
  }
}

std::vector<ManifestPair> RunState::Manifest() const { return manifest_; }

void RunState::Restore(const std::vector<v1::TaskResult>& results) {
  restored_ = true;
  for (CheckState& check : checks_) {
    for (PairState& pair : check.pairs) pair.attempt = 1;
  }
  std::vector<const v1::TaskResult*> ordered;
  ordered.reserve(results.size());
  for (const v1::TaskResult& result : results) ordered.push_back(&result);
  // The store may give them in any order; the first attempt of a pair is the one that was first.
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto* a, const auto* b) { return a->attempt() < b->attempt(); });
  for (const v1::TaskResult* result : ordered) {
    const std::optional<PairRef> ref = Find(result->check(), result->agent_id());
    if (!ref.has_value()) continue;
    PairState& pair = checks_[ref->check].pairs[ref->pair];
    pair.attempt = std::max(pair.attempt, result->attempt());
    Apply(Corrected(*result));
  }
}

std::optional<PairRef> RunState::Find(std::string_view check, std::string_view agent_id) const {
  const auto it = by_name_.find(check);
  if (it == by_name_.end() || agent_id.empty()) return std::nullopt;
  const auto refs = by_agent_.find(agent_id);
  if (refs == by_agent_.end()) return std::nullopt;
  // In plan order: they were added so, and a pair that moved is put in its place.
  const auto ref =
      std::lower_bound(refs->second.begin(), refs->second.end(), PairRef{it->second, 0});
  if (ref == refs->second.end() || ref->check != it->second) return std::nullopt;
  return *ref;
}

std::vector<PairRef> RunState::OpenPairsOf(std::string_view agent_id) const {
  std::vector<PairRef> open;
  const auto it = by_agent_.find(agent_id);
  if (it == by_agent_.end()) return open;
  for (const PairRef ref : it->second) {
    if (IsOpen(ref)) open.push_back(ref);
  }
  return open;
}

std::vector<PairRef> RunState::OpenPairs() const {
  std::vector<PairRef> open;
  for (size_t i = 0; i < checks_.size(); ++i) {
    const std::vector<PairRef> some = OpenPairsOfCheck(i);
    open.insert(open.end(), some.begin(), some.end());
  }
  return open;
}

std::vector<PairRef> RunState::OpenPairsOfCheck(size_t check) const {
  std::vector<PairRef> open;
  for (size_t pair = 0; pair < checks_[check].pairs.size(); ++pair) {
    if (IsOpen({check, pair})) open.push_back({check, pair});
  }
  return open;
}

std::vector<PairRef> RunState::OpenPairsOfSuite(std::string_view suite) const {
  std::vector<PairRef> open = OpenPairs();
  open.erase(std::remove_if(open.begin(), open.end(),
                            [&](PairRef ref) { return records_[ref.check].suite() != suite; }),
             open.end());
  return open;
}

std::set<std::string> RunState::Agents() const {
  std::set<std::string> agents;
  for (const auto& [agent_id, refs] : by_agent_) {
    if (!agent_id.empty()) agents.insert(agent_id);
  }
  return agents;
}

std::vector<v1::CleanUpTarget> RunState::TargetsOf(PairRef ref,
                                                   std::vector<std::string> candidates) const {
  const std::string& agent_id = task(ref).agent_id();
  if (std::find(candidates.begin(), candidates.end(), agent_id) == candidates.end()) {
    candidates.push_back(agent_id);
  }
  return CleanUpTargets(request_.options(), earlier_, check(ref).name(), candidates);
}

std::string RunState::TaskId(PairRef ref) const {
  const int attempt = state(ref).in_flight ? state(ref).current : state(ref).attempt;
  return FormatTaskId({run_id_, check(ref).name(), task(ref).agent_id(), std::max(1, attempt)});
}

bool RunState::NeedsMet(size_t check) const {
  return std::all_of(checks_[check].needs.begin(), checks_[check].needs.end(),
                     [this](size_t need) { return CountsAsPassed(records_[need].outcome()); });
}

std::vector<ReadyPair> RunState::Ready(shared::SteadyTime now) const {
  std::vector<ReadyPair> ready;
  for (size_t i = 0; i < checks_.size(); ++i) {
    if (!NeedsMet(i)) continue;
    std::vector<ReadyPair> some = ReadyPairsOf(i, now);
    ready.insert(ready.end(), std::make_move_iterator(some.begin()),
                 std::make_move_iterator(some.end()));
  }
  return ready;
}

std::vector<ReadyPair> RunState::ReadyPairsOf(size_t check, shared::SteadyTime now) const {
  std::vector<ReadyPair> ready;
  if (checks_[check].begun) return ready;
  const bool is_flow = IsFlow(check);
  bool under_way = false;
  bool all = true;  // that wait could be sent
  for (size_t pair = 0; pair < checks_[check].pairs.size(); ++pair) {
    const PairState& waiting = checks_[check].pairs[pair];
    under_way = under_way || waiting.in_flight;
    if (!IsOpen({check, pair}) || waiting.in_flight) continue;
    if (!waiting.stored || waiting.storing > 0 || waiting.not_before > now) {
      all = false;
      continue;
    }
    ready.push_back(
        {{check, pair}, records_[check].tasks(pair).agent_id(), plan().checks(check).exclusive()});
  }
  if (!is_flow) return ready;
  if (!under_way && !all) return {};
  for (ReadyPair& pair : ready) {
    pair.flow = under_way ? ReadyPair::Flow::kJoins : ReadyPair::Flow::kTogether;
  }
  return ready;
}

RunLoad RunState::Load(int max_in_flight) const {
  RunLoad load;
  load.in_flight = in_flight_;
  load.max_in_flight = max_in_flight;
  if (in_flight_ == 0) return load;
  for (const size_t flow : flows_) {
    const auto busy = std::count_if(checks_[flow].pairs.begin(), checks_[flow].pairs.end(),
                                    [](const PairState& pair) { return pair.in_flight; });
    if (busy > 1) load.in_flight -= static_cast<int>(busy) - 1;
  }
  for (size_t i = 0; i < checks_.size(); ++i) {
    if (!plan().checks(i).exclusive()) continue;
    for (const PairState& pair : checks_[i].pairs) {
      if (pair.in_flight) load.exclusive_check = i;
    }
  }
  return load;
}

void RunState::MarkSent(PairRef ref, shared::SteadyTime report_by) {
  PairState& pair = checks_[ref.check].pairs[ref.pair];
  ++pair.attempt;
  pair.current = pair.attempt;
  pair.sent = pair.attempt;
  pair.ready = false;
  pair.in_flight = true;
  pair.report_by = report_by;
  ++in_flight_;
  records_[ref.check].mutable_tasks(ref.pair)->set_state(v1::Task::STATE_ASSIGNED);
  changed_.insert(ref.check);
}

void RunState::MarkRunning(PairRef ref, int attempt, shared::SteadyTime report_by) {
  PairState& pair = checks_[ref.check].pairs[ref.pair];
  pair.attempt = std::max(pair.attempt, attempt);
  if (!pair.in_flight) ++in_flight_;
  pair.in_flight = true;
  pair.current = attempt;
  pair.report_by = report_by;
  v1::Task& running = *records_[ref.check].mutable_tasks(ref.pair);
  if (running.state() == v1::Task::STATE_RUNNING) return;
  running.set_state(v1::Task::STATE_RUNNING);
  changed_.insert(ref.check);
}

void RunState::Release(PairRef ref, bool cancel, std::string_view reason) {
  PairState& pair = checks_[ref.check].pairs[ref.pair];
  if (!pair.in_flight) return;
  released_.push_back({task(ref).agent_id(), TaskId(ref), ref, cancel, std::string(reason)});
  pair.in_flight = false;
  pair.ready = false;
  --in_flight_;
}

void RunState::SendAgain(PairRef ref, shared::SteadyTime not_before, bool was_rejected) {
  PairState& pair = checks_[ref.check].pairs[ref.pair];
  Release(ref, false, "");
  pair.not_before = not_before;
  if (was_rejected) ++pair.rejections;
  records_[ref.check].mutable_tasks(ref.pair)->set_state(v1::Task::STATE_WAITING);
  changed_.insert(ref.check);
}

void RunState::Move(PairRef ref, const v1::Hello& agent) {
  v1::Task& moved = *records_[ref.check].mutable_tasks(ref.pair);
  std::vector<PairRef>& before = by_agent_[moved.agent_id()];
  before.erase(std::remove(before.begin(), before.end(), ref), before.end());
  std::vector<PairRef>& after = by_agent_[agent.agent_id()];
  after.insert(std::lower_bound(after.begin(), after.end(), ref), ref);
  for (ManifestPair& pair : manifest_) {
    if (pair.check != records_[ref.check].name() || pair.agent_id != moved.agent_id()) continue;
    pair.agent_id = agent.agent_id();
    pair.service = agent.service();
    pair.deployment = agent.deployment();
  }
  moved.set_agent_id(agent.agent_id());
  moved.set_service(agent.service());
  moved.set_deployment(agent.deployment());
  checks_[ref.check].pairs[ref.pair].stored = false;
  changed_.insert(ref.check);
}

std::string RunState::WhyNot(PairRef ref, const v1::Hello& agent) const {
  const auto& roles = task(ref).roles();
  return coordinator::WhyNot(check(ref), {roles.begin(), roles.end()}, request_.options(), agent);
}

bool RunState::MayMove(PairRef ref) const {
  const v1::Check& one = check(ref);
  if (cleans_up()) return true;
  if (!one.has_flow()) return !one.has_on();
  if (HasBegun(ref.check)) return false;
  const auto& taken = task(ref).roles();
  return std::none_of(
      one.flow().roles().begin(), one.flow().roles().end(), [&taken](const v1::FlowRole& role) {
        return role.has_on() && std::find(taken.begin(), taken.end(), role.name()) != taken.end();
      });
}

void RunState::MarkStored() {
  for (CheckState& check : checks_) {
    for (PairState& pair : check.pairs) pair.stored = true;
  }
}

v1::TaskResult RunState::Corrected(v1::TaskResult result) const {
  std::string wrong;
  switch (result.outcome()) {
    case v1::OUTCOME_PASSED:
    case v1::OUTCOME_FLAKY:
    case v1::OUTCOME_FAILED:
    case v1::OUTCOME_ERRORED:
    case v1::OUTCOME_ABORTED:
      return result;
    case v1::OUTCOME_SKIPPED: {
      const auto it = by_name_.find(result.check());
      if (it != by_name_.end() && plan().checks(it->second).optional()) return result;
      wrong = "the agent skipped a check that is not optional";
      break;
    }
    default:
      wrong = absl::StrCat("the agent reported the outcome ",
                           result.outcome() == v1::OUTCOME_UNSPECIFIED
                               ? std::string("none")
                               : std::string(Name(result.outcome())),
                           ", which is not an agent's to report");
  }
  result.set_outcome(v1::OUTCOME_ERRORED);
  result.set_message(result.message().empty() ? wrong
                                              : absl::StrCat(wrong, ": ", result.message()));
  return result;
}

bool RunState::Accepts(const v1::TaskResult& result) const {
  if (result.run_id() != run_id_) return false;
  const std::optional<PairRef> ref = Find(result.check(), result.agent_id());
  if (!ref.has_value() || !IsOpen(*ref) || !NeedsMet(ref->check)) return false;
  const PairState& pair = state(*ref);
  return result.attempt() >= 1 && result.attempt() <= pair.attempt &&
         result.attempt() >= pair.received;
}

void RunState::MarkReceived(const v1::TaskResult& result) {
  const std::optional<PairRef> ref = Find(result.check(), result.agent_id());
  if (!ref.has_value()) return;
  PairState& pair = checks_[ref->check].pairs[ref->pair];
  pair.received = result.attempt();
  ++pair.storing;
}

void RunState::MarkAnswered(const v1::TaskResult& result) {
  const std::optional<PairRef> ref = Find(result.check(), result.agent_id());
  if (!ref.has_value()) return;
  PairState& pair = checks_[ref->check].pairs[ref->pair];
  --pair.storing;
  if (pair.storing > 0 || pair.otherwise == v1::OUTCOME_UNSPECIFIED) return;
  const v1::Outcome outcome = std::exchange(pair.otherwise, v1::OUTCOME_UNSPECIFIED);
  Decide(*ref, outcome, pair.otherwise_reason);
}

void RunState::Apply(const v1::TaskResult& result) {
  const std::optional<PairRef> ref = Find(result.check(), result.agent_id());
  if (!ref.has_value() || !IsOpen(*ref)) return;
  if (restored_ && IsFlow(ref->check) && !HasBegun(ref->check) && TellsOfGo(result)) {
    checks_[ref->check].begun = true;
    checks_[ref->check].begun_before = true;
  }
  // Another attempt than the one in flight: that one is no longer wanted.
  if (result.attempt() != state(*ref).current) {
    Release(*ref, true, "another attempt has reported already");
  }
  *records_[ref->check].mutable_tasks(ref->pair)->mutable_result() = result;
  Release(*ref, false, "");
  Close(*ref, result.outcome(), "", true);
  Settle(ref->check);
}

void RunState::Decide(PairRef ref, v1::Outcome outcome, std::string_view reason) {
  DecideAll({ref}, outcome, reason);
}

void RunState::DecideAll(const std::vector<PairRef>& refs, v1::Outcome outcome,
                         std::string_view reason) {
  std::vector<Decision> decisions;
  decisions.reserve(refs.size());
  for (const PairRef ref : refs) decisions.push_back({ref, outcome, std::string(reason)});
  DecideAll(decisions);
}

void RunState::DecideAll(const std::vector<Decision>& decisions) {
  for (const Decision& one : decisions) Close(one.ref, one.outcome, one.reason, false);
  for (const Decision& one : decisions) Settle(one.ref.check);
}

void RunState::DecideWithoutManifest(v1::Outcome outcome, std::string_view reason) {
  for (size_t i = 0; i < checks_.size(); ++i) {
    if (records_[i].outcome() != v1::OUTCOME_UNSPECIFIED) continue;
    records_[i].set_outcome(outcome);
    records_[i].set_reason(std::string(reason));
    changed_.insert(i);
  }
  volatile_ = true;
  open_ = 0;
}

void RunState::Close(PairRef ref, v1::Outcome outcome, std::string_view reason, bool durable) {
  if (!IsOpen(ref)) return;
  PairState& pair = checks_[ref.check].pairs[ref.pair];
  if (!durable && pair.storing > 0) {
    if (pair.otherwise != v1::OUTCOME_UNSPECIFIED) return;
    pair.otherwise = outcome;
    pair.otherwise_reason = std::string(reason);
    return;
  }
  Release(ref, true, reason);
  v1::Task& closed = *records_[ref.check].mutable_tasks(ref.pair);
  closed.set_state(v1::Task::STATE_DONE);
  closed.set_outcome(outcome);
  closed.set_reason(std::string(reason));
  pair.durable = durable;
  volatile_ = volatile_ || !durable;
  --open_;
  changed_.insert(ref.check);
}

bool RunState::WasEndedFor(std::string_view reason) const {
  return std::any_of(records_.begin(), records_.end(), [&](const v1::CheckRecord& record) {
    const bool check = record.outcome() == v1::OUTCOME_ABORTED && record.reason() == reason;
    return check ||
           std::any_of(record.tasks().begin(), record.tasks().end(), [&](const v1::Task& one) {
             return one.outcome() == v1::OUTCOME_ABORTED && one.reason() == reason;
           });
  });
}

std::vector<Released> RunState::TakeReleased() { return std::exchange(released_, {}); }

std::vector<size_t> RunState::TakeChanged() {
  const std::set<size_t> changed = std::exchange(changed_, {});
  return {changed.begin(), changed.end()};
}

}  // namespace smokemesh::coordinator
