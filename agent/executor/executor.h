#ifndef SMOKEMESH_AGENT_EXECUTOR_EXECUTOR_H_
#define SMOKEMESH_AGENT_EXECUTOR_EXECUTOR_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "agent/checks/check.h"
#include "shared/clock.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

struct ExecutorOptions {
  // Written into every result.
  std::string agent_id;
  // Greatest number of checks that run at once.
  int max_parallel = 16;
  // Greatest number of accepted tasks that wait for a worker.
  int max_queued = 256;
  // Greatest number of workers beyond `max_parallel` whose task has been reported and which have
  // not come back: a check that does not stop, or one that cleans up late. At that number new
  // tasks are rejected.
  int max_lagging = 32;
  // Greatest number of tasks that wait at the barrier of their flow without counting for
  // `max_parallel`. Two agents that can run one check each and hold one flow each would otherwise
  // wait for each other until both are over. Further ones wait in their worker's place. After Go
  // they run at once, so that for a while more than `max_parallel` checks may run.
  int max_waiting = 64;
  // How long after its timeout a check may come back by itself.
  shared::Duration report_slack = std::chrono::milliseconds(200);
  // How long after a cancellation a check may come back by itself.
  shared::Duration cancel_slack = std::chrono::seconds(1);
  // How long cleaning up may take.
  shared::Duration clean_up_time = std::chrono::seconds(5);
};

// Runs assignments on a bounded pool of workers and reports exactly one result for each task that
// it accepted, whatever the check does:
//   - The time of a check begins when a worker takes it. It gets a deadline of `timeout` and a
//     Cancellation. A task that waited `timeout` for a worker is ERRORED.
//   - A check that ended in time cleans up before its result is reported, so that the result can
//     say whether that worked. One that used up its time, or was cancelled, is reported at once and
//     cleans up afterwards.
//   - A check of a flow waits at its barrier until Release, its deadline or its cancellation.
//   - At `timeout` + `report_slack` a watchdog reports what there is: the result, if only cleaning
//     up is not finished; otherwise FAILED. The worker is replaced and leaves when its check does.
// Results are complete (identifiers, times), one-line, valid UTF-8 and at most 64 KiB. Thread-safe.
class Executor {
 public:
  // Called once for each accepted task, on any thread: the caller's own when it cancels a task that
  // waits. Never two at once. Must be quick, and must not call the executor.
  using ResultCallback = std::function<void(v1::TaskResult)>;
  // Called when a task has come to its barrier, at most once for each, under the same conditions.
  using ReadyCallback = std::function<void(const std::string& task_id)>;

  // Workers are started when they are needed.
  Executor(ExecutorOptions options, std::shared_ptr<const CheckFactory> factory,
           ResultCallback on_result, ReadyCallback on_ready = nullptr);

  // Cancels what runs and waits until it has cleaned up, for at most the slack and time that the
  // options give to that. A check that does not come back even then keeps its thread, and what the
  // thread uses stays alive. No callback runs afterwards.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Accepts a task or says in one sentence why not: UNIMPLEMENTED for a kind that the factory does
  // not know, ALREADY_EXISTS, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE while stopping.
  // There is no result for a task that was not accepted.
  absl::Status Submit(v1::Assignment assignment);

  // Lets a task pass its barrier, now or when it comes there. Tasks that are unknown or over, or
  // have passed, are ignored.
  void Release(std::string_view task_id);

  // Cancels a task, or every task of the run when `task_id` is empty. Each one still reports a
  // result. Tasks that are unknown or over are ignored.
  void Cancel(std::string_view run_id, std::string_view task_id, std::string_view reason);

  // Cancels everything and accepts nothing more.
  void CancelAll(std::string_view reason);

  // Waits until every accepted task has ended and cleaned up. Returns false when `deadline` came
  // first.
  bool WaitIdle(shared::SteadyTime deadline);

 private:
  class Pool;
  // Shared with the threads: one that never comes back must find its pool alive.
  std::shared_ptr<Pool> pool_;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_EXECUTOR_EXECUTOR_H_
