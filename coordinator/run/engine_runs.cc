#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/plan/time_rules.h"
#include "coordinator/run/assignment.h"
#include "coordinator/run/engine_impl.h"
#include "coordinator/run/snapshot.h"
#include "coordinator/scheduler/manifest.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using Phase = RunEntry::Phase;
using Kind = TimerKey::Kind;

constexpr shared::Duration kDefaultAgentWait = std::chrono::seconds(10);

shared::Duration AgentWait(const v1::RunOptions& options) {
  return options.has_agent_wait() ? shared::FromProto(options.agent_wait()) : kDefaultAgentWait;
}

}  // namespace

// ---- Beginning -------------------------------------------------------------------------------

RunEntry* Engine::Impl::Add(std::unique_ptr<RunState> state, shared::WallTime create_time) {
  const std::string run_id = state->run_id();
  RunEntry& run = runs_[run_id];
  run.number = ++last_run_;
  run.create_time = create_time;
  run.started = now_.steady;
  run.state = std::move(state);
  run.SetDigests();
  open_runs_.emplace(run.number, run_id);
  timers_.Set({Kind::kRunTimeout, run_id}, After(RunTimeout(run.state->plan())));
  return &run;
}

void Engine::Impl::On(const RunCreated& event) {
  if (runs_.count(event.run_id) > 0) {
    effects_.push_back(RunAccepted{
        event.run_id, absl::AlreadyExistsError(absl::StrCat("run ", event.run_id, " exists"))});
    return;
  }
  auto state = RunState::Create(event.run_id, event.request, event.earlier);
  if (!state.ok()) {
    effects_.push_back(RunAccepted{event.run_id, state.status()});
    return;
  }
  Put(Add(*std::move(state), now_.wall), Ticket::Kind::kCreate);
}

void Engine::Impl::On(const RunRestored& event) {
  const StoredRun& stored = event.run;
  if (runs_.count(stored.run_id) > 0 || stored.final_run.has_value()) return;
  auto state = RunState::Create(stored.run_id, stored.request, event.earlier);
  if (!state.ok()) return;  // it was valid when it was created: the store holds something else
  RunEntry* run = Add(*std::move(state), stored.create_time);
  // What went before this process is known from the wall clock alone, which may have jumped.
  run->started -= std::clamp<shared::Duration>(now_.wall - stored.create_time,
                                               shared::Duration::zero(), std::chrono::hours(24));
  run->cancel_reason = stored.cancel_reason;
  if (!stored.has_manifest) {
    BeginPending(run);
    return;
  }
  run->restored = true;
  run->state->SetManifest(stored.manifest, {}, true);
  run->state->Restore(stored.results);
  for (const ManifestPair& pair : stored.manifest) {
    if (!pair.agent_id.empty()) registry_.Expect(pair.agent_id, pair.service, now_.steady);
  }
  BeginRunning(run);
}

void Engine::Impl::OnCreateStored(RunEntry* run, const absl::Status& status) {
  const std::string run_id = run->state->run_id();
  effects_.push_back(RunAccepted{run_id, status});
  if (status.ok()) {
    BeginPending(run);
    return;
  }
  timers_.Cancel({Kind::kRunTimeout, run_id});
  open_runs_.erase(run->number);
  runs_.erase(run_id);
}

void Engine::Impl::BeginPending(RunEntry* run) {
  run->phase = Phase::kPending;
  if (!run->cancel_reason.empty()) {
    Abort(run, run->cancel_reason);
    return;
  }
  timers_.Set({Kind::kAgentWait, run->state->run_id()},
              After(AgentWait(run->state->request().options())));
  TryToFixManifest(run, false);
}

void Engine::Impl::TryToFixManifest(RunEntry* run, bool at_any_cost) {
  if (run->phase != Phase::kPending) return;
  const RunState& state = *run->state;
  const std::vector<const Agent*> agents = registry_.AvailableAgents();
  const v1::RunOptions& options = state.request().options();
  const std::vector<std::string> waiting =
      WaitingForAgents(state.plan(), state.wanted(), options, agents);
  if (!waiting.empty() && !at_any_cost) return;
  run->phase = Phase::kFixing;
  timers_.Cancel({Kind::kAgentWait, state.run_id()});
  run->manifest = BuildManifest(state.plan(), state.wanted(), options, agents);
  if (state.cleans_up()) run->manifest = OneAgentEach(run->manifest);
  run->no_agent.clear();
  for (const v1::Check& check : state.plan().checks()) {
    if (std::find(waiting.begin(), waiting.end(), check.name()) == waiting.end()) continue;
    run->no_agent[check.name()] = NoAgentReason(check, options, agents);
  }
  Put(run, Ticket::Kind::kManifest);
}

void Engine::Impl::BeginRunning(RunEntry* run) {
  run->phase = Phase::kRunning;
  Touch(*run);
  dispatch_ = true;
  if (!run->cancel_reason.empty()) {
    Abort(run, run->cancel_reason);
    return;
  }
  // What happened to the agents while the manifest was being stored.
  for (const std::string& agent_id : run->state->Agents()) {
    const Agent* agent = registry_.Find(agent_id);
    if (agent == nullptr) {  // lost, and forgotten since
      LoseAgent(run, agent_id);
    } else if (!agent->connected()) {
      const shared::SteadyTime gone = agent->lost_at + options_.agent_grace;
      if (gone <= now_.steady) {
        LoseAgent(run, agent_id);
      } else {
        timers_.Set({Kind::kAgentGrace, agent_id}, gone);
      }
    } else {
      DropUnfit(run, v1::Hello(agent->hello));
      if (!agent->draining) continue;
      for (const PairRef ref : run->state->OpenPairsOf(agent_id)) {
        HandOverDrained(run, ref, agent_id);
      }
    }
  }
}

// ---- The store -------------------------------------------------------------------------------

void Engine::Impl::Put(RunEntry* run, Ticket::Kind kind) {
  PutRun effect;
  effect.ticket = ++last_ticket_;
  effect.run.run_id = run->state->run_id();
  effect.run.request = run->state->request();
  effect.run.create_time = run->create_time;
  effect.run.cancel_reason = run->cancel_reason;
  if (run->phase == Phase::kFixing) {
    effect.run.has_manifest = true;
    effect.run.manifest = run->manifest;
  } else if (run->state->has_manifest()) {
    effect.run.has_manifest = true;
    effect.run.manifest = run->state->Manifest();
  }
  if (kind == Ticket::Kind::kFinal) effect.run.final_run = run->final_run;
  Ticket ticket;
  ticket.kind = kind;
  ticket.run_id = effect.run.run_id;
  ticket.version = run->manifest_version;
  tickets_.emplace(effect.ticket, std::move(ticket));
  effects_.push_back(std::move(effect));
}

void Engine::Impl::StoreAgain(RunEntry* run) {
  if (run->phase == Phase::kFixing) return Put(run, Ticket::Kind::kManifest);
  if (run->phase == Phase::kRunning) return Put(run, Ticket::Kind::kMove);
  if (run->phase == Phase::kEnding) return Put(run, Ticket::Kind::kFinal);
}

void Engine::Impl::OnStored(const Ticket& ticket, const StoreDone& done) {
  const absl::Status& status = done.status;
  RunEntry* run = FindEntry(ticket.run_id);
  if (run == nullptr) return;
  Touch(*run);
  const bool expected = (ticket.kind == Ticket::Kind::kCreate && run->phase == Phase::kStoring) ||
                        (ticket.kind == Ticket::Kind::kManifest && run->phase == Phase::kFixing) ||
                        (ticket.kind == Ticket::Kind::kMove && run->phase == Phase::kRunning) ||
                        (ticket.kind == Ticket::Kind::kFinal && run->phase == Phase::kEnding);
  if (!expected) return;  // overtaken by a cancellation or a timeout
  if (ticket.kind == Ticket::Kind::kCreate) return OnCreateStored(run, status);
  if (ticket.kind == Ticket::Kind::kFinal && done.ended.has_value()) {
    // The store holds another end, and keeps it: that one is the truth.
    run->final_run = done.ended;
    return Finish(run);
  }
  if (!status.ok()) {
    timers_.Set({Kind::kPutRun, ticket.run_id}, After(StoreAgainAfter(++run->store_failures)));
    return;
  }
  run->store_failures = 0;
  switch (ticket.kind) {
    case Ticket::Kind::kManifest:
      run->state->SetManifest(std::exchange(run->manifest, {}), run->no_agent, true);
      return BeginRunning(run);
    case Ticket::Kind::kMove:
      if (ticket.version != run->manifest_version) return;
      run->state->MarkStored();
      dispatch_ = true;
      return;
    default:
      Finish(run);
  }
}

void Engine::Impl::Finish(RunEntry* run) {
  const std::string run_id = run->state->run_id();
  run->phase = Phase::kFinished;
  run->finished = now_.steady;
  run->state.reset();
  open_runs_.erase(run->number);
  finished_runs_.push_back(run_id);
  NotifyWatchers notice{run_id, {}};
  *notice.event.mutable_run() = *run->final_run;
  effects_.push_back(std::move(notice));
}

// ---- Running ---------------------------------------------------------------------------------

int Engine::Impl::MaxInFlight(const RunEntry& run) const {
  const int asked = run.state->request().options().max_parallel();
  return asked > 0 ? std::min(asked, options_.max_in_flight) : options_.max_in_flight;
}

bool Engine::Impl::AwaitsAgents(RunEntry* run) const {
  if (!run->restored) return false;
  const RunState& state = *run->state;
  const auto& checks = state.plan().checks();
  const bool counts = state.request().options().max_parallel() > 0 ||
                      std::any_of(checks.begin(), checks.end(),
                                  [](const v1::Check& check) { return check.exclusive(); });
  for (const std::string& agent_id : state.Agents()) {
    const Agent* agent = counts ? registry_.Find(agent_id) : nullptr;
    if (agent != nullptr && !agent->connected() && !state.OpenPairsOf(agent_id).empty())
      return true;
  }
  run->restored = false;  // all have said what they have in hand, or are lost
  return false;
}

void Engine::Impl::Dispatch(RunEntry* run) {
  if (AwaitsAgents(run)) return;
  RunState& state = *run->state;
  const std::string& run_id = state.run_id();
  const auto free_slots = [this](std::string_view agent_id) {
    if (!registry_.Available(agent_id)) return -1;
    const auto kept = kept_free_.find(agent_id);
    const int slots = registry_.FreeSlots(agent_id);
    return kept == kept_free_.end() ? slots : std::max(0, slots - kept->second);
  };
  const Start start =
      PairsToStart(state.Ready(now_.steady), state.Load(MaxInFlight(*run)), free_slots);
  for (const std::string& agent_id : start.kept_free) ++kept_free_[agent_id];
  for (const ReadyPair& pair : start.pairs) {
    const v1::Check& check = state.check(pair.ref);
    std::vector<v1::CleanUpTarget> targets;
    if (state.cleans_up()) {
      targets = state.TargetsOf(pair.ref, AgentsFor(state, pair.ref));
      if (targets.empty()) {  // an assignment without them would run the check
        state.Decide(pair.ref, v1::OUTCOME_SKIPPED, "there is nothing to clean up");
        Touch(*run);
        continue;
      }
    }
    const shared::SteadyTime report_by =
        After(TimeoutOf(state.plan(), check) + options_.report_slack);
    state.MarkSent(pair.ref, report_by);
    Touch(*run);
    registry_.AddInFlight(pair.agent_id, 1);
    timers_.Set(BackstopKey(*run, pair.ref), report_by);
    BeginSuite(run, check.suite());
    v1::ConnectResponse message;
    *message.mutable_assignment() = MakeAssignment(
        state.plan(), check, {run_id, check.name(), pair.agent_id, state.state(pair.ref).attempt});
    message.mutable_assignment()->mutable_clean_up()->Add(targets.begin(), targets.end());
    *message.mutable_assignment()->mutable_roles() = state.task(pair.ref).roles();
    Send(registry_.Find(pair.agent_id)->session_id, std::move(message));
  }
}

std::vector<std::string> Engine::Impl::AgentsFor(const RunState& state, PairRef ref) const {
  std::vector<std::string> agents;
  for (const Agent* agent : registry_.AvailableAgents()) {
    if (state.WhyNot(ref, agent->hello).empty()) agents.push_back(agent->hello.agent_id());
  }
  return agents;
}

// The suite's time runs from here. After a restart of the coordinator it begins anew.
void Engine::Impl::BeginSuite(RunEntry* run, const std::string& name) {
  if (!run->suites.try_emplace(name, now_.steady).second) return;
  const v1::Plan& plan = run->state->plan();
  for (int i = 0; i < plan.suites_size(); ++i) {
    const v1::Suite& suite = plan.suites(i);
    if (suite.name() != name || !suite.has_max()) continue;
    timers_.Set({Kind::kSuiteMax, run->state->run_id(), static_cast<uint64_t>(i)},
                After(shared::FromProto(suite.max())));
  }
}

void Engine::Impl::HandOver(RunEntry* run, PairRef ref, const std::string& reason) {
  RunState& state = *run->state;
  if (!state.IsOpen(ref) || state.state(ref).in_flight || state.state(ref).storing > 0) return;
  Touch(*run);
  std::vector<std::string> others;
  if (state.MayMove(ref)) others = AgentsFor(state, ref);
  std::erase_if(others, [&](const std::string& agent_id) {
    return state.Find(state.check(ref).name(), agent_id).has_value();
  });
  if (others.empty()) return state.Decide(ref, v1::OUTCOME_MISSING, reason);
  state.Move(ref, registry_.Find(others[ref.check % others.size()])->hello);
  run->moved = true;
}

void Engine::Impl::HandOverDrained(RunEntry* run, PairRef ref, const std::string& agent_id) {
  HandOver(run, ref,
           absl::StrCat("agent \"", agent_id, "\" drained before it could run the check"));
}

void Engine::Impl::LoseAgent(RunEntry* run, const std::string& agent_id) {
  run->state->DecideAll(
      run->state->OpenPairsOf(agent_id), v1::OUTCOME_MISSING,
      absl::StrCat("agent \"", agent_id, "\" was lost and did not come back within ",
                   shared::FormatDuration(options_.agent_grace)));
  Touch(*run);
  dispatch_ = true;
}

void Engine::Impl::GiveUp(RunEntry* run, PairRef ref) {
  if (run->phase != Phase::kRunning || !run->state->state(ref).in_flight) return;
  const shared::Duration timeout = TimeoutOf(run->state->plan(), run->state->check(ref));
  run->state->Decide(
      ref, v1::OUTCOME_MISSING,
      absl::StrCat("agent \"", run->state->task(ref).agent_id(), "\" did not report within ",
                   shared::FormatDuration(timeout + options_.report_slack), " (timeout ",
                   shared::FormatDuration(timeout), " and ",
                   shared::FormatDuration(options_.report_slack), " for the report)"));
}

void Engine::Impl::SettleReleased(RunEntry* run) {
  for (const Released& released : run->state->TakeReleased()) {
    dispatch_ = true;
    Touch(*run);
    registry_.AddInFlight(released.agent_id, -1);
    timers_.Cancel(BackstopKey(*run, released.ref));
    const Agent* agent = registry_.Find(released.agent_id);
    if (!released.cancel || agent == nullptr || !agent->connected()) continue;
    SendCancellation(agent->session_id, run->state->run_id(), released.task_id, released.reason);
  }
}

// ---- Ending ----------------------------------------------------------------------------------

void Engine::Impl::On(const RunCancelled& event) {
  RunEntry* run = FindEntry(event.run_id);
  if (run == nullptr || run->phase == Phase::kEnding || !run->cancel_reason.empty()) return;
  run->cancel_reason =
      event.reason.empty() ? std::string("cancelled") : absl::StrCat("cancelled: ", event.reason);
  Abort(run, run->cancel_reason);
}

void Engine::Impl::Abort(RunEntry* run, const std::string& reason) {
  RunState& state = *run->state;
  Touch(*run);
  switch (run->phase) {
    case Phase::kStoring:
      // A run that is not stored yet: nobody knows of it. It ends as soon as it is.
      if (run->cancel_reason.empty()) run->cancel_reason = reason;
      return;
    case Phase::kPending:
      state.DecideWithoutManifest(v1::OUTCOME_ABORTED, reason);
      run->phase = Phase::kRunning;
      return;
    case Phase::kFixing:
      // Stored or not: the final run carries it again.
      state.SetManifest(std::exchange(run->manifest, {}), run->no_agent, false);
      run->phase = Phase::kRunning;
      break;
    case Phase::kRunning:
      break;
    case Phase::kEnding:
    case Phase::kFinished:
      return;
  }
  state.DecideAll(state.OpenPairs(), v1::OUTCOME_ABORTED, reason);
}

void Engine::Impl::AbortSuite(RunEntry* run, size_t index) {
  if (run->phase != Phase::kRunning) return;
  const v1::Suite& suite = run->state->plan().suites(index);
  const shared::Duration elapsed = now_.steady - run->suites.at(suite.name());
  const std::string reason =
      absl::StrCat("suite \"", suite.name(), "\" was ended after ", shared::FormatDuration(elapsed),
                   ": its max is ", shared::FormatDuration(shared::FromProto(suite.max())));
  run->state->DecideAll(run->state->OpenPairsOfSuite(suite.name()), v1::OUTCOME_ABORTED, reason);
}

void Engine::Impl::FailFast(RunEntry* run) {
  RunState& state = *run->state;
  if (run->phase != Phase::kRunning || !state.request().options().fail_fast() ||
      !state.has_changed() || state.AllDecided()) {
    return;
  }
  const v1::Verdict verdict = state.CurrentVerdict();
  if (!verdict.final() || verdict.decision() != v1::DECISION_ROLLBACK) return;
  std::vector<std::string> rules;
  for (const v1::RuleResult& rule : verdict.rules()) {
    const bool rolls_back =
        rule.effect() == v1::RULE_EFFECT_ROLLBACK || rule.effect() == v1::RULE_EFFECT_UNSPECIFIED;
    if (rule.holds() && rolls_back) rules.push_back(rule.rule());
  }
  Abort(run, absl::StrCat("not needed any more: ROLLBACK is certain (",
                          rules.size() == 1 ? "rule " : "rules ", absl::StrJoin(rules, ", "),
                          "), --fail-fast"));
}

void Engine::Impl::EndRun(RunEntry* run) {
  const std::string& run_id = run->state->run_id();
  for (const Kind kind :
       {Kind::kAgentWait, Kind::kRunTimeout, Kind::kSuiteMax, Kind::kPutRun, Kind::kDispatch}) {
    timers_.CancelAll(kind, run_id);
  }
  run->phase = Phase::kEnding;
  // It came when nothing was open: as with a run that is over, nothing has changed.
  if (!run->state->WasEndedFor(run->cancel_reason)) run->cancel_reason.clear();
  run->final_run = FinalSnapshot(*run, now_);
  Put(run, Ticket::Kind::kFinal);
}

// ---- Look-up ---------------------------------------------------------------------------------

RunEntry* Engine::Impl::FindEntry(std::string_view run_id) {
  const auto it = runs_.find(run_id);
  return it == runs_.end() || it->second.phase == Phase::kFinished ? nullptr : &it->second;
}

RunEntry* Engine::Impl::FindRunning(std::string_view run_id) {
  RunEntry* run = FindEntry(run_id);
  return run == nullptr || run->phase != Phase::kRunning ? nullptr : run;
}

std::vector<RunEntry*> Engine::Impl::RunsIn(Phase phase) {
  std::vector<RunEntry*> found;
  for (const auto& [number, run_id] : open_runs_) {
    RunEntry* run = &runs_.at(run_id);
    if (run->phase == phase) found.push_back(run);
  }
  return found;
}

TimerKey Engine::Impl::BackstopKey(const RunEntry& run, PairRef ref) const {
  return {Kind::kBackstop, run.state->run_id(), ref.check, ref.pair};
}

}  // namespace smokemesh::coordinator
