#ifndef SMOKEMESH_COORDINATOR_ENGINE_HOST_H_
#define SMOKEMESH_COORDINATOR_ENGINE_HOST_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/leadership/leadership_guard.h"
#include "coordinator/record_reader.h"
#include "coordinator/run/engine.h"
#include "coordinator/service/run_control.h"
#include "coordinator/session/session_events.h"
#include "coordinator/store/run_store.h"
#include "coordinator/store_problems.h"
#include "shared/clock.h"
#include "shared/event_loop/event_loop.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

// What everybody is told while the coordinator stops.
inline absl::Status StoppingError() {
  return absl::UnavailableError("the coordinator is stopping: try again when it is back");
}

// What calls and sessions of a deposed replica end with.
inline absl::Status DeposedError() {
  return absl::UnavailableError("this replica does not lead any more: try again");
}

// Runs the engine on an event loop: turns sessions, calls and finished writes into events, and
// carries its effects out. What may wait (validating a plan, reading the store) is done by a second
// thread. Thread-safe.
class EngineHost final : public SessionEvents, public RunControl {
 public:
  // `on_store_health` is told, on the loop's thread, whether the last write of the store worked.
  EngineHost(const EngineOptions& options, std::unique_ptr<RunStore> store,
             std::function<void(bool)> on_store_health, LeadershipGuard guard = {});
  // Stops.
  ~EngineHost() override;

  // Takes the open runs of the store up. Once, before anything else.
  absl::Status Restore();

  // Another replica leads, or may do: takes no step any more from the moment when it returns, so
  // that no verdict, acknowledgement or assignment leaves, and ends all sessions and calls with
  // UNAVAILABLE. Happens by itself when `may_decide` says no, or a write is fenced. Returns at
  // once.
  void Depose();

  // Takes no more runs, watchers and agents, and says goodbye to those that are there. From here on
  // a lost agent and the passing of time change no run: it goes on where the store has it.
  void StartDraining();
  // Waits until all sessions have ended.
  void AwaitSessions(shared::SteadyTime deadline) ABSL_LOCKS_EXCLUDED(drain_mutex_);
  // Ends the sessions that are left, and the calls that wait for the store.
  void EndSessions();
  // Carries out what is queued and ends the threads and the store. No session or call may be open.
  void Stop();

  // SessionEvents.
  void OnConnected(std::shared_ptr<SessionHandle> session, v1::Hello hello) override;
  void OnMessage(std::shared_ptr<SessionHandle> session, v1::ConnectRequest message) override;
  void OnClosed(std::shared_ptr<SessionHandle> session, std::string reason) override;

  // RunControl.
  void CreateRun(v1::CreateRunRequest request, Reply<v1::CreateRunResponse> reply) override;
  void GetRun(std::string run_id, Reply<v1::GetRunResponse> reply) override;
  void GetRecord(std::string run_id, Reply<v1::GetRecordResponse> reply) override;
  void ListRuns(v1::ListRunsRequest request, Reply<v1::ListRunsResponse> reply) override;
  void CancelRun(std::string run_id, std::string reason,
                 Reply<v1::CancelRunResponse> reply) override;
  void ListAgents(Reply<v1::ListAgentsResponse> reply) override;
  void WatchRun(std::string run_id, std::weak_ptr<RunWatcher> watcher) override;

 private:
  // A run that the store has not confirmed yet, and who waits for it.
  struct Creation {
    v1::CreateRunRequest request;
    std::vector<Reply<v1::CreateRunResponse>> replies;
  };

  // On the loop's thread.
  void Step(const Event& event);
  void CarryOut(const SendToAgent& effect);
  void CarryOut(CloseSession effect);
  void CarryOut(PutRun effect);
  void CarryOut(AppendResults effect);
  void CarryOut(NotifyWatchers effect);
  void CarryOut(const RunAccepted& effect);
  void StoreIsDone(StoreDone done);
  // Whether nothing may be decided any more.
  bool Deposed();
  void EndWatchers(const absl::Status& status);
  void EndEverything(const absl::Status& status);
  void StartRun(v1::CreateRunRequest request, std::vector<EarlierRun> earlier,
                Reply<v1::CreateRunResponse> reply);
  void SessionsChanged() ABSL_LOCKS_EXCLUDED(drain_mutex_);

  // On the worker's thread.
  void AnswerFromStore(const v1::CreateRunRequest& request, const StoredRun& stored,
                       const Reply<v1::CreateRunResponse>& reply);
  absl::StatusOr<v1::Run> FinishedRun(const std::string& run_id);
  // What the store knows of the runs that the request cleans up after. `admit`: an error when one
  // of them must not be cleaned up after.
  absl::StatusOr<std::vector<EarlierRun>> LoadEarlierRuns(const v1::CreateRunRequest& request,
                                                          bool admit);

  // On any thread. `refuse` is called here, instead of the task, after Stop; on the loop's thread
  // when this replica is deposed.
  void OnLoop(shared::EventLoop::Task task, const std::function<void(absl::Status)>& refuse);
  void OnWorker(shared::EventLoop::Task task, const std::function<void(absl::Status)>& refuse);
  // Calls `found` on the loop's thread with the identifier that `run_id` stands for.
  void Resolve(std::string run_id, std::function<void(const std::string&)> found,
               const std::function<void(absl::Status)>& refuse);
  // The run from the engine or the store.
  void FindRun(const std::string& run_id, const Reply<v1::Run>& reply);

  const shared::RealClock clock_;
  const std::function<void(bool)> on_store_health_;
  const LeadershipGuard guard_;
  std::unique_ptr<RunStore> store_;
  RecordReader records_;

  std::atomic<bool> deposed_{false};

  // The loop's thread only.
  Engine engine_;
  bool draining_ = false;
  size_t fenced_writes_ = 0;
  StoreProblems problems_;
  std::map<std::string, std::shared_ptr<SessionHandle>> sessions_;          // by session
  std::map<std::string, std::vector<std::weak_ptr<RunWatcher>>> watchers_;  // by run
  std::map<std::string, Creation> creations_;                               // by run

  shared::Mutex drain_mutex_;
  shared::CondVar drained_;
  size_t open_sessions_ ABSL_GUARDED_BY(drain_mutex_) = 0;

  shared::EventLoop worker_;
  shared::EventLoop loop_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_ENGINE_HOST_H_
