#ifndef SMOKEMESH_COORDINATOR_RUN_ENGINE_H_
#define SMOKEMESH_COORDINATOR_RUN_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/run/clean_up.h"
#include "coordinator/store/run_store.h"
#include "shared/clock.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/result.pb.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// The coordinator's core: a state machine over agents and runs. Events go in, effects come out. It
// has no thread, no clock, no randomness and does no I/O, so that it can be replayed and simulated.
// Not thread-safe: one event loop owns it.

// ---- Events ----------------------------------------------------------------------------------

// A new run. The plan is valid and has its defaults; `run_id` is new. `earlier` is what the store
// knows of the runs that this one cleans up after.
struct RunCreated {
  std::string run_id;
  v1::CreateRunRequest request;
  std::vector<EarlierRun> earlier = {};
};
// A run taken up from the store at start, before any other event.
struct RunRestored {
  StoredRun run;
  std::vector<EarlierRun> earlier = {};
};
// Somebody wants a run to end.
struct RunCancelled {
  std::string run_id;
  std::string reason;
};
// An agent opened a session. `session_id` is new.
struct AgentConnected {
  std::string session_id;
  v1::Hello hello;
};
// A message on an open session.
struct AgentMessage {
  std::string session_id;
  v1::ConnectRequest message;  // anything but Hello
};
// The session's stream ended.
struct AgentDisconnected {
  std::string session_id;
  std::string reason;
};
// The store has carried out the effect with this number, or has failed to. `ended`: the end of the
// run that the store has already and that a PutRun contradicts (FAILED_PRECONDITION).
struct StoreDone {
  uint64_t ticket = 0;
  absl::Status status;
  std::optional<v1::Run> ended = std::nullopt;
};
// Time has passed: `Engine::NextDeadline` has come, or later. Only a Tick makes the engine act on
// time. One that comes more than a heartbeat interval late means that this process was asleep: then
// nobody is blamed for silence before another interval has passed.
struct Tick {};

using Event = std::variant<RunCreated, RunRestored, RunCancelled, AgentConnected, AgentMessage,
                           AgentDisconnected, StoreDone, Tick>;

// ---- Effects ---------------------------------------------------------------------------------

// Send a message on a session. Dropped silently if the session has ended.
struct SendToAgent {
  std::string session_id;
  v1::ConnectResponse message;
};
// End a session with this status.
struct CloseSession {
  std::string session_id;
  absl::Status status;
};
// Write a run; answer with StoreDone.
struct PutRun {
  uint64_t ticket = 0;
  StoredRun run;
};
// Write results; answer with StoreDone.
struct AppendResults {
  uint64_t ticket = 0;
  std::vector<v1::TaskResult> results;
};
// Tell the watchers of a run. A `Run` event with state FINISHED is the last one of its run, and
// comes only after its verdict is committed.
struct NotifyWatchers {
  std::string run_id;
  v1::WatchRunResponse event;
};
// The run is stored (or could not be): the caller of CreateRun can be answered.
struct RunAccepted {
  std::string run_id;
  absl::Status status;
};

using Effect =
    std::variant<SendToAgent, CloseSession, PutRun, AppendResults, NotifyWatchers, RunAccepted>;

// ---- The machine -----------------------------------------------------------------------------

struct EngineOptions {
  // Longest silence of a session; three of them end it.
  shared::Duration heartbeat_interval = std::chrono::seconds(5);
  // How long a run waits for an agent that has lost its session before its tasks are MISSING.
  shared::Duration agent_grace = std::chrono::seconds(15);
  // How long beyond a check's timeout an agent may take to report before the task is MISSING.
  shared::Duration report_slack = std::chrono::seconds(5);
  // Greatest number of tasks in flight in one run.
  int max_in_flight = 256;
  // Most bytes of results, of all agents together, that wait for the store.
  size_t max_pending_bytes = 64u << 20;
};

class Engine {
 public:
  explicit Engine(EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Takes one event. Effects are to be carried out in order.
  std::vector<Effect> Step(const Event& event, const shared::Instant& now);

  // When to send a Tick at the latest; nothing when only events can change anything.
  std::optional<shared::SteadyTime> NextDeadline() const;

  // The run as it is now; nothing when it is unknown or ended long ago (ask the store then).
  std::optional<v1::Run> FindRun(std::string_view run_id, const shared::Instant& now) const;

  // All agents that have or recently had a session, sorted by identifier.
  std::vector<v1::AgentInfo> Agents(const shared::Instant& now) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_ENGINE_H_
