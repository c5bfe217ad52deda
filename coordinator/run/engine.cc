#include "coordinator/run/engine.h"

#include <utility>

#include "coordinator/run/engine_impl.h"
#include "coordinator/run/snapshot.h"

namespace smokemesh::coordinator {
namespace {

// How long, and how many, runs that are over stay in memory.
constexpr shared::Duration kKeepFinished = std::chrono::minutes(10);
constexpr size_t kKeepFinishedRuns = 100;

// Whether a timer blames somebody for silence. If this process was itself asleep, what they sent
// may be waiting to be read.
bool Blames(TimerKey::Kind kind) {
  return kind == TimerKey::Kind::kSessionSilence || kind == TimerKey::Kind::kAgentGrace ||
         kind == TimerKey::Kind::kBackstop;
}

bool SameAnswer(const v1::Verdict& a, const v1::Verdict& b) {
  if (a.decision() != b.decision() || a.final() != b.final() || a.rules_size() != b.rules_size()) {
    return false;
  }
  for (int i = 0; i < a.rules_size(); ++i) {
    if (a.rules(i).holds() != b.rules(i).holds()) return false;
  }
  return true;
}

}  // namespace

Engine::Engine(EngineOptions options) : impl_(std::make_unique<Impl>(options)) {}
Engine::~Engine() = default;

std::vector<Effect> Engine::Step(const Event& event, const shared::Instant& now) {
  return impl_->Step(event, now);
}

std::optional<shared::SteadyTime> Engine::NextDeadline() const { return impl_->NextDeadline(); }

std::optional<v1::Run> Engine::FindRun(std::string_view run_id, const shared::Instant& now) const {
  return impl_->FindRun(run_id, now);
}

std::vector<v1::AgentInfo> Engine::Agents(const shared::Instant& now) const {
  return impl_->Agents(now);
}

std::vector<Effect> Engine::Impl::Step(const Event& event, const shared::Instant& now) {
  now_ = now;
  ForgetOldRuns();
  if (const auto* done = std::get_if<StoreDone>(&event)) {
    const auto it = tickets_.find(done->ticket);
    if (it != tickets_.end()) {
      const Ticket ticket = std::move(it->second);
      tickets_.erase(it);
      if (ticket.kind == Ticket::Kind::kAppend) {
        OnAppended(ticket, done->status);
      } else {
        OnStored(ticket, *done);
      }
    }
  } else {
    std::visit(
        [this](const auto& taken) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(taken)>, StoreDone>) On(taken);
        },
        event);
  }
  EndStep();
  return std::exchange(effects_, {});
}

void Engine::Impl::On(const Tick&) {
  while (const auto due = timers_.PopDue(now_.steady)) {
    const auto& [when, key] = *due;
    if (Blames(key.kind) && now_.steady - when > options_.heartbeat_interval) {
      timers_.Set(key, After(options_.heartbeat_interval));
      continue;
    }
    Fire(key);
  }
}

void Engine::Impl::Fire(const TimerKey& key) {
  switch (key.kind) {
    case TimerKey::Kind::kSessionHeartbeat:
      return BeatHeart(key.id);
    case TimerKey::Kind::kSessionSilence:
      return CloseWith(key.id,
                       absl::UnavailableError("the agent has been silent for three heartbeat "
                                              "intervals"));
    case TimerKey::Kind::kAgentGrace:
      for (RunEntry* run : RunsIn(RunEntry::Phase::kRunning)) LoseAgent(run, key.id);
      return;
    case TimerKey::Kind::kAppend:
      return Append(key.id, key.a);
    default:
      break;
  }
  RunEntry* run = FindEntry(key.id);
  if (run == nullptr) return;
  Touch(*run);
  switch (key.kind) {
    case TimerKey::Kind::kAgentWait:
      return TryToFixManifest(run, true);
    case TimerKey::Kind::kRunTimeout:
      return Abort(run, TimeoutReason(run->state->plan()));
    case TimerKey::Kind::kSuiteMax:
      return AbortSuite(run, key.a);
    case TimerKey::Kind::kBackstop:
      return GiveUp(run, {key.a, key.b});
    case TimerKey::Kind::kPutRun:
      return StoreAgain(run);
    default:
      dispatch_ = true;
  }
}

void Engine::Impl::EndStep() {
  for (const uint64_t number : touched_) {
    const auto it = open_runs_.find(number);
    if (it == open_runs_.end()) continue;
    RunEntry* run = &runs_.at(it->second);
    SettleFlows(run);
    run->state->CompareWithEarlierRuns();
    FailFast(run);
  }
  for (const auto& [number, run_id] : open_runs_) SettleReleased(&runs_.at(run_id));
  if (std::exchange(dispatch_, false)) {
    kept_free_.clear();
    for (RunEntry* run : RunsIn(RunEntry::Phase::kRunning)) Dispatch(run);
  }
  for (const uint64_t number : std::exchange(touched_, {})) {
    const auto it = open_runs_.find(number);
    if (it == open_runs_.end()) continue;
    RunEntry* run = &runs_.at(it->second);
    if (std::exchange(run->moved, false) && run->phase == RunEntry::Phase::kRunning) {
      ++run->manifest_version;
      Put(run, Ticket::Kind::kMove);
    }
    Notify(run);
    if (run->phase == RunEntry::Phase::kRunning && run->state->AllDecided()) EndRun(run);
  }
}

void Engine::Impl::Notify(RunEntry* run) {
  if (run->phase != RunEntry::Phase::kRunning) return;
  const std::vector<size_t> changed = run->state->TakeChanged();
  if (changed.empty()) return;
  run->state->CompareWithEarlierRuns();
  for (const size_t check : changed) {
    NotifyWatchers notice{run->state->run_id(), {}};
    *notice.event.mutable_check() = run->state->records()[check];
    effects_.push_back(std::move(notice));
  }
  v1::Verdict verdict = run->state->CurrentVerdict();
  if (SameAnswer(verdict, run->told)) return;
  run->told = verdict;
  NotifyWatchers notice{run->state->run_id(), {}};
  *notice.event.mutable_verdict() = std::move(verdict);
  effects_.push_back(std::move(notice));
}

void Engine::Impl::ForgetOldRuns() {
  while (!finished_runs_.empty()) {
    const auto it = runs_.find(finished_runs_.front());
    if (finished_runs_.size() <= kKeepFinishedRuns &&
        now_.steady - it->second.finished < kKeepFinished) {
      return;
    }
    runs_.erase(it);
    finished_runs_.pop_front();
  }
}

std::optional<v1::Run> Engine::Impl::FindRun(std::string_view run_id,
                                             const shared::Instant& now) const {
  const auto it = runs_.find(run_id);
  if (it == runs_.end() || it->second.phase == RunEntry::Phase::kStoring) return std::nullopt;
  if (it->second.phase == RunEntry::Phase::kFinished) return it->second.final_run;
  return Snapshot(it->second, now);
}

}  // namespace smokemesh::coordinator
