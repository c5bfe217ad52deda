#ifndef SMOKEMESH_COORDINATOR_RUN_ENGINE_IMPL_H_
#define SMOKEMESH_COORDINATOR_RUN_ENGINE_IMPL_H_

// The inside of Engine. Its functions stand in engine.cc (dispatch, time, what each step ends
// with), engine_runs.cc (runs), engine_agents.cc (sessions), engine_flows.cc (flows) and
// engine_results.cc (results).

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/run/ack_window.h"
#include "coordinator/run/digest.h"
#include "coordinator/run/engine.h"
#include "coordinator/run/run_state.h"
#include "coordinator/run/timers.h"
#include "coordinator/scheduler/agent_registry.h"

namespace smokemesh::coordinator {

// A run with what surrounds its evidence.
struct RunEntry {
  enum class Phase {
    kStoring,   // being created: nobody has been told yet
    kPending,   // waits for agents
    kFixing,    // its manifest is being stored
    kRunning,   // pairs are open
    kEnding,    // all is decided, the final run is being stored
    kFinished,  // over and stored
  };
  Phase phase = Phase::kStoring;
  uint64_t number = 0;              // order of creation
  std::unique_ptr<RunState> state;  // null when finished
  shared::WallTime create_time;
  shared::SteadyTime started;  // when it was created, as far as this process can tell
  std::string plan_digest;
  std::string policy_digest;  // empty: the run is not judged, it cleans up
  std::string cancel_reason;
  std::vector<ManifestPair> manifest;           // while fixing
  std::map<std::string, std::string> no_agent;  // reasons for its empty pairs
  uint64_t manifest_version = 0;                // counts changes of the manifest
  bool moved = false;                           // by this step: pairs have other agents now
  bool restored = false;  // agents may hold tasks that this process does not know of
  std::map<std::string, shared::SteadyTime> suites;  // when their first check was sent
  int store_failures = 0;                            // in a row
  std::optional<v1::Run> final_run;
  shared::SteadyTime finished;
  v1::Verdict told;  // the verdict that watchers know

  // Once `state` is there.
  void SetDigests() {
    const v1::Plan& plan = state->request().plan();
    plan_digest = PlanDigest(plan);
    if (!state->cleans_up()) policy_digest = PolicyDigest(plan.policy());
  }
};

// When to try a write again that has failed `failures` times in a row: 1 s, 2 s, 4 s, … 30 s.
inline shared::Duration StoreAgainAfter(int failures) {
  constexpr shared::Duration kLongest = std::chrono::seconds(30);
  if (failures > 5) return kLongest;
  return std::min<shared::Duration>(kLongest, std::chrono::seconds(1 << std::max(0, failures - 1)));
}

// An open session.
struct SessionEntry {
  std::string agent_id;
  std::string incarnation;
};

// Results of one agent that are on their way into the store.
struct AgentLink {
  struct Batch {
    std::string session_id;  // the last one that brought it
    std::vector<v1::TaskResult> results;
    size_t bytes = 0;
    bool in_store = false;  // otherwise it waits to be tried again
    int failures = 0;       // of the store, in a row
  };
  std::string incarnation;
  AckWindow window;
  std::map<uint64_t, Batch> batches;  // pending ones, by sequence
};

// What a ticket of the store stands for.
struct Ticket {
  enum class Kind { kCreate, kManifest, kMove, kFinal, kAppend };
  Kind kind = Kind::kCreate;
  std::string run_id;                   // all but kAppend
  uint64_t version = 0;                 // kMove: the manifest's
  std::string agent_id;                 // kAppend
  std::string incarnation;              // kAppend
  uint64_t sequence = 0;                // kAppend
  size_t bytes = 0;                     // kAppend
  std::vector<v1::TaskResult> results;  // kAppend
};

class Engine::Impl {
 public:
  explicit Impl(EngineOptions options) : options_(options) {}

  std::vector<Effect> Step(const Event& event, const shared::Instant& now);
  std::optional<shared::SteadyTime> NextDeadline() const { return timers_.Next(); }
  std::optional<v1::Run> FindRun(std::string_view run_id, const shared::Instant& now) const;
  std::vector<v1::AgentInfo> Agents(const shared::Instant& now) const {
    return registry_.Describe(now.steady);
  }

 private:
  // engine.cc
  void On(const Tick& tick);
  void Fire(const TimerKey& key);
  void EndStep();
  void Notify(RunEntry* run);
  void ForgetOldRuns();
  shared::SteadyTime After(shared::Duration duration) const { return now_.steady + duration; }

  // engine_runs.cc
  void On(const RunCreated& event);
  void On(const RunRestored& event);
  void On(const RunCancelled& event);
  void OnStored(const Ticket& ticket, const StoreDone& done);
  void OnCreateStored(RunEntry* run, const absl::Status& status);
  RunEntry* Add(std::unique_ptr<RunState> state, shared::WallTime create_time);
  void Put(RunEntry* run, Ticket::Kind kind);
  void BeginPending(RunEntry* run);
  void TryToFixManifest(RunEntry* run, bool at_any_cost);
  void BeginRunning(RunEntry* run);
  void Abort(RunEntry* run, const std::string& reason);
  void AbortSuite(RunEntry* run, size_t suite);
  // Ends a run with `fail_fast` when committed evidence makes it a ROLLBACK.
  void FailFast(RunEntry* run);
  void EndRun(RunEntry* run);
  void Finish(RunEntry* run);
  void Dispatch(RunEntry* run);
  int MaxInFlight(const RunEntry& run) const;
  // Whether a run that was taken up must know first what its agents hold, because not everything
  // may run at once.
  bool AwaitsAgents(RunEntry* run) const;
  // Agents that could be given the pair's check now, by its selector.
  std::vector<std::string> AgentsFor(const RunState& state, PairRef ref) const;
  void BeginSuite(RunEntry* run, const std::string& suite);
  // Gives a pair that is not under way to another agent, or ends it: MISSING, for `reason`.
  void HandOver(RunEntry* run, PairRef ref, const std::string& reason);
  void HandOverDrained(RunEntry* run, PairRef ref, const std::string& agent_id);
  void LoseAgent(RunEntry* run, const std::string& agent_id);
  void GiveUp(RunEntry* run, PairRef ref);
  void StoreAgain(RunEntry* run);
  void SettleReleased(RunEntry* run);
  RunEntry* FindEntry(std::string_view run_id);
  RunEntry* FindRunning(std::string_view run_id);
  std::vector<RunEntry*> RunsIn(RunEntry::Phase phase);
  void Touch(const RunEntry& run) { touched_.insert(run.number); }
  TimerKey BackstopKey(const RunEntry& run, PairRef ref) const;

  // engine_agents.cc
  void On(const AgentConnected& event);
  void On(const AgentMessage& event);
  void On(const AgentDisconnected& event);
  void OnAck(const SessionEntry& session, const v1::AssignmentAck& ack);
  void OnDrain(const std::string& agent_id);
  void Reconcile(const v1::Hello& hello);
  // Takes the agent's open pairs away from it that it cannot have as it is now.
  void DropUnfit(RunEntry* run, const v1::Hello& hello);
  // What stands beside the agent now is what a pair that is not under way will be evidence of.
  void Redeploy(RunEntry* run, PairRef ref, const v1::Hello& hello);
  void EndSession(const std::string& session_id);
  void CloseWith(const std::string& session_id, absl::Status status);
  void Send(const std::string& session_id, v1::ConnectResponse message);
  void SendCancellation(const std::string& session_id, const std::string& run_id,
                        const std::string& task_id, const std::string& reason);
  void BeatHeart(const std::string& session_id);
  bool IsThere(std::string_view agent_id) const {
    const Agent* agent = registry_.Find(agent_id);
    return agent != nullptr && agent->connected();
  }

  // engine_flows.cc
  void OnReady(const std::string& session_id, const SessionEntry& session, const v1::Ready& ready);
  void SendGo(const RunState& state, PairRef ref);
  void UnmarkReady(const std::string& agent_id);
  // Flows that cannot begin, or that have lost a task: before a step ends.
  void SettleFlows(RunEntry* run);

  // engine_results.cc
  void OnResults(const std::string& session_id, const SessionEntry& session,
                 const v1::Results& batch);
  void Append(const std::string& agent_id, uint64_t sequence);
  void OnAppended(const Ticket& ticket, const absl::Status& status);
  void ForgetBatchesOf(const std::string& agent_id);
  void Acknowledge(const std::string& agent_id);
  bool IsWanted(const v1::TaskResult& result);
  // Whether the store was asked to keep exactly this, and has not answered.
  bool IsOnItsWay(const v1::TaskResult& result) const;

  const EngineOptions options_;
  AgentRegistry registry_;
  Timers timers_;
  std::map<std::string, SessionEntry, std::less<>> sessions_;
  std::map<std::string, AgentLink, std::less<>> links_;  // by agent
  std::map<std::string, RunEntry, std::less<>> runs_;
  std::map<uint64_t, std::string> open_runs_;  // by number; not those that are finished
  std::deque<std::string> finished_runs_;      // the oldest first
  std::map<uint64_t, Ticket> tickets_;
  uint64_t last_ticket_ = 0;
  uint64_t last_run_ = 0;
  size_t pending_bytes_ = 0;  // of results of all agents that wait for the store

  // During one step.
  shared::Instant now_{};
  std::vector<Effect> effects_;
  std::set<uint64_t> touched_;                         // numbers of runs that may have changed
  bool dispatch_ = false;                              // something may start
  std::map<std::string, int, std::less<>> kept_free_;  // places, by agent, for flows that wait
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_ENGINE_IMPL_H_
