#ifndef SMOKEMESH_AGENT_SESSION_COORDINATOR_SESSION_H_
#define SMOKEMESH_AGENT_SESSION_COORDINATOR_SESSION_H_

#include <grpcpp/channel.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "agent/executor/executor.h"
#include "agent/session/session_core.h"
#include "shared/clock.h"
#include "shared/event_loop/event_loop.h"
#include "shared/mutex.h"
#include "smokemesh/v1/agent_session.grpc.pb.h"

namespace smokemesh::agent {

class ConnectStream;
class ResultSpool;

struct CoordinatorSessionOptions {
  SessionCoreOptions core;
  // The channel leads into this process: there is no connection to look after.
  bool in_process = false;
  // To other replicas of the coordinator: each stream is opened to the next one in turn, whatever
  // ended the one before.
  std::vector<std::shared_ptr<grpc::Channel>> other_channels = {};
  // Where results are kept until they are acknowledged; null: in memory only. Not owned; outlives
  // the session.
  ResultSpool* spool = nullptr;
};

// Keeps one session with the coordinator, over as many streams as it takes. What happens is decided
// by SessionCore; this carries it out, on one event loop. Thread-safe.
class CoordinatorSession {
 public:
  CoordinatorSession(CoordinatorSessionOptions options, std::shared_ptr<grpc::Channel> channel);

  // Stops.
  ~CoordinatorSession();
  CoordinatorSession(const CoordinatorSession&) = delete;
  CoordinatorSession& operator=(const CoordinatorSession&) = delete;

  // Begins to connect. `executor` runs the tasks, reports to Report, and is used until Stop has
  // returned.
  void Start(Executor* executor);

  // Hands over the result of a task that `executor` accepted. Ignored after Stop.
  void Report(v1::TaskResult result);

  // Says that a task is at the barrier of its flow. Ignored after Stop.
  void SayReady(std::string task_id);

  // Takes no more tasks, and leaves when all results are acknowledged.
  void Drain(std::string reason);

  // Waits until the session has left. Returns false when `deadline` came first.
  bool WaitStopped(shared::SteadyTime deadline) ABSL_LOCKS_EXCLUDED(mutex_);

  // Leaves now. Returns whether every task had reported and every result was acknowledged.
  bool Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // After Stop: results that were not acknowledged.
  size_t undelivered() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether the coordinator has welcomed this agent on a stream that stands.
  bool connected() const { return connected_; }

 private:
  // Loop's thread only, all of these.
  void Feed(SessionEvent event);
  void Perform(OpenStream& effect);
  void Perform(WriteToStream& effect);
  void Perform(HalfCloseStream& effect);
  void Perform(CancelStream& effect);
  void Perform(SubmitTask& effect);
  void Perform(CancelTasks& effect);
  void Perform(ReleaseTask& effect);
  void Perform(KeepResult& effect);
  void Perform(ForgetResults& effect);
  void Perform(LogLine& effect);
  void Perform(SessionStopped& effect);

  const bool in_process_;
  ResultSpool* const spool_;
  const std::vector<std::shared_ptr<grpc::Channel>> channels_;

  // Loop's thread only.
  size_t streams_ = 0;  // opened so far
  SessionCore core_;
  Executor* executor_ = nullptr;
  std::shared_ptr<ConnectStream> stream_;
  std::deque<SessionEvent> events_;

  std::atomic<bool> connected_{false};
  mutable shared::Mutex mutex_;
  shared::CondVar stopped_changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool delivered_ ABSL_GUARDED_BY(mutex_) = false;
  size_t undelivered_ ABSL_GUARDED_BY(mutex_) = 0;

  shared::EventLoop loop_;  // last: its thread uses all of the above
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_SESSION_COORDINATOR_SESSION_H_
