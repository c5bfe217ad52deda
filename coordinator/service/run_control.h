#ifndef SMOKEMESH_COORDINATOR_SERVICE_RUN_CONTROL_H_
#define SMOKEMESH_COORDINATOR_SERVICE_RUN_CONTROL_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// Somebody who watches a run. Called on the control's threads, one call at a time: must not block.
class RunWatcher {
 public:
  virtual ~RunWatcher() = default;

  // A change, in order. One message is shared by all watchers.
  virtual void OnEvent(std::shared_ptr<const v1::WatchRunResponse> event) = 0;

  // No more events: OK after the final run, an error when there is no such run or the coordinator
  // stops. Exactly once.
  virtual void OnEnd(absl::Status status) = 0;
};

// What run_service.proto promises, without gRPC: its comments are the contract. Calls return at
// once; a reply is made exactly once, on any thread, perhaps before the call returns. Thread-safe.
class RunControl {
 public:
  template <typename T>
  using Reply = std::function<void(absl::StatusOr<T>)>;

  virtual ~RunControl() = default;

  virtual void CreateRun(v1::CreateRunRequest request, Reply<v1::CreateRunResponse> reply) = 0;
  // `run_id` may be `latest`, here, in GetRecord, WatchRun and CancelRun.
  virtual void GetRun(std::string run_id, Reply<v1::GetRunResponse> reply) = 0;
  virtual void GetRecord(std::string run_id, Reply<v1::GetRecordResponse> reply) = 0;
  virtual void ListRuns(v1::ListRunsRequest request, Reply<v1::ListRunsResponse> reply) = 0;
  virtual void CancelRun(std::string run_id, std::string reason,
                         Reply<v1::CancelRunResponse> reply) = 0;
  virtual void ListAgents(Reply<v1::ListAgentsResponse> reply) = 0;

  // First the run as it is, then its changes. The watcher belongs to its maker: once that has let
  // go of it, it is forgotten without OnEnd.
  virtual void WatchRun(std::string run_id, std::weak_ptr<RunWatcher> watcher) = 0;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SERVICE_RUN_CONTROL_H_
