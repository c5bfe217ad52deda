#ifndef SMOKEMESH_AGENT_SESSION_SESSION_CORE_H_
#define SMOKEMESH_AGENT_SESSION_SESSION_CORE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "agent/session/outbox.h"
#include "agent/session/result_buffer.h"
#include "agent/session/task_book.h"
#include "shared/backoff.h"
#include "shared/clock.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

// The agent's side of AgentSessionService as a state machine: events go in, effects come out. It
// has no thread, no clock and does no I/O; the only randomness is the backoff's, from a seed. So a
// session can be tested by tables and simulated. Not thread-safe: one event loop owns it.

// ---- Events ----------------------------------------------------------------------------------

// Begin to connect.
struct SessionStarted {};
// The coordinator sent a message on the open stream.
struct StreamMessage {
  v1::ConnectResponse message;
};
// What the last WriteToStream or HalfCloseStream asked for has been done.
struct StreamWritten {};
// The stream is over. Nothing more comes from it; a new one may be opened.
struct StreamEnded {
  absl::Status status;
};
// Answers to SubmitTask, given before any other event.
struct TaskAccepted {
  std::string task_id;
};
struct TaskRejected {
  std::string task_id;
  std::string reason;
};
// An accepted task has its result.
struct TaskFinished {
  v1::TaskResult result;
};
// An accepted task of a flow has come to its barrier. The coordinator is told, on every stream
// until it says Go.
struct TaskReady {
  std::string task_id;
};
// Take no more work; leave when all results are acknowledged.
struct DrainRequested {
  std::string reason;
};
// Leave now, whatever is not delivered.
struct StopRequested {};
// Time has passed: `NextDeadline` has come, or later.
struct SessionTick {};

using SessionEvent =
    std::variant<SessionStarted, StreamMessage, StreamWritten, StreamEnded, TaskAccepted,
                 TaskRejected, TaskFinished, TaskReady, DrainRequested, StopRequested, SessionTick>;

// ---- Effects ---------------------------------------------------------------------------------

// Open a stream. There is none.
struct OpenStream {
  // Attempts that failed in a row before this one.
  int failed_attempts = 0;
};
// Write one message; answer with StreamWritten, or with StreamEnded alone. Never two at once.
struct WriteToStream {
  v1::ConnectRequest message;
};
// Say that nothing more follows; answer as for a write.
struct HalfCloseStream {};
// Give the stream up; StreamEnded follows.
struct CancelStream {};
// Run a task; answer with TaskAccepted or TaskRejected at once.
struct SubmitTask {
  v1::Assignment assignment;
};
// Cancel a task, or all tasks of the run when `task_id` is empty.
struct CancelTasks {
  std::string run_id;
  std::string task_id;
  std::string reason;
};
// Let a task of a flow pass its barrier; it runs, and had not passed. It may not be there yet.
struct ReleaseTask {
  std::string task_id;
};
// Keep a result where it survives the end of this process, instead of what was kept for the task
// before. It comes before the result is sent, and need not be done by then: what a stream carries
// is no less safe for being on its way early.
struct KeepResult {
  v1::TaskResult result;
};
// These results are acknowledged: keep them no longer.
struct ForgetResults {
  std::vector<std::string> task_ids;
};
// A line for the log.
struct LogLine {
  enum class Level { kDebug, kInfo, kWarn };
  Level level = Level::kInfo;
  std::string text;
};
// The session is over for good. The last effect.
struct SessionStopped {};

using SessionEffect =
    std::variant<OpenStream, WriteToStream, HalfCloseStream, CancelStream, SubmitTask, CancelTasks,
                 ReleaseTask, KeepResult, ForgetResults, LogLine, SessionStopped>;

// ---- The machine -----------------------------------------------------------------------------

struct SessionCoreOptions {
  // Sent first on every stream; `tasks_in_hand` is filled in.
  v1::Hello hello;
  // The coordinator's address, for the log.
  std::string peer;
  shared::BackoffOptions backoff;
  uint64_t backoff_seed = 0;
  // How long to wait for Welcome, connecting included.
  shared::Duration welcome_timeout = std::chrono::seconds(10);
  // How long the coordinator may take to end a stream that the agent has half-closed.
  shared::Duration close_timeout = std::chrono::seconds(1);
  // A session that stood as long was good: the backoff starts again from its first wait.
  shared::Duration settled_after = std::chrono::seconds(1);
  // Identifiers of finished tasks that are remembered, so that a late duplicate is not run again.
  size_t max_remembered_tasks = 16384;
  ResultBufferOptions buffer;
  // Results that an earlier start of the agent kept and that were not acknowledged: sent first,
  // and counted as finished here. Each task once.
  std::vector<v1::TaskResult> kept;
};

class SessionCore {
 public:
  enum class State {
    kNew,       // not started
    kWaiting,   // no stream; a new one at the deadline
    kGreeting,  // Hello is on its way, no Welcome yet
    kOpen,      // assignments and results flow
    kClosing,   // half-closed or cancelled; the end of the stream comes next
    kStopped,   // over for good
  };

  explicit SessionCore(SessionCoreOptions options);

  // Takes one event. Effects are to be carried out in order.
  std::vector<SessionEffect> Step(const SessionEvent& event, shared::SteadyTime now);

  // When to send a SessionTick at the latest; nothing when only events can change anything.
  std::optional<shared::SteadyTime> NextDeadline() const;

  State state() const { return state_; }
  // No task is in hand, and every result is acknowledged.
  bool delivered() const { return tasks_.nothing_runs() && results_.empty(); }
  // Results that are not acknowledged.
  size_t undelivered() const { return results_.size(); }

 private:
  // The one place that changes the state.
  void MoveTo(State state, std::optional<shared::SteadyTime> deadline);

  void Handle(const SessionStarted&);
  void Handle(const StreamMessage& event);
  void Handle(const StreamWritten&);
  void Handle(const StreamEnded& event);
  void Handle(const TaskAccepted& event);
  void Handle(const TaskRejected& event);
  void Handle(const TaskFinished& event);
  void Handle(const TaskReady& event);
  void Handle(const DrainRequested& event);
  void Handle(const StopRequested&);
  void Handle(const SessionTick&);

  void OnWelcome(const v1::Welcome& welcome);
  void OnAssignment(const v1::Assignment& assignment);
  void OnResultAck(const v1::ResultAck& ack);
  void OnGo(const v1::Go& go);

  // Opens a stream and queues Hello.
  void Connect();
  // Ends the stream because of the peer. `hopeless`: trying again soon will not help.
  void GiveUpStream(std::string reason, bool hopeless);
  // Half-closes the stream.
  void CloseStream(std::string reason);
  // Leaves for good if everything asked for has been done.
  void LeaveIfDrained();
  // Hands the next message to the stream if it can take one.
  void Pump();
  void Stop();
  void Answer(const std::string& task_id, bool accepted, std::string reason);
  void SayReady(const std::string& task_id);
  // The stream ended because the coordinator takes no message as large as one of those sent.
  void ShrinkResults(const absl::Status& refusal);
  void LogEnd(const std::string& reason, shared::Duration wait);
  void Log(LogLine::Level level, std::string text);

  SessionCoreOptions options_;
  shared::Backoff backoff_;
  ResultBuffer results_;
  Outbox outbox_{&results_};

  State state_ = State::kNew;
  std::optional<shared::SteadyTime> deadline_;  // of the state; none in kOpen
  shared::SteadyTime now_{};                    // of the event being handled
  std::vector<SessionEffect> effects_;          // of the event being handled

  // The stream.
  bool was_open_ = false;
  shared::SteadyTime opened_at_{};
  shared::SteadyTime last_sent_{};
  shared::SteadyTime last_heard_{};
  shared::Duration heartbeat_interval_{};
  std::string end_reason_;  // why the agent ended it; empty when it did not
  bool hopeless_ = false;
  std::string last_logged_end_;

  TaskBook tasks_;

  bool draining_ = false;
  std::string drain_reason_;
  bool stopping_ = false;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_SESSION_SESSION_CORE_H_
