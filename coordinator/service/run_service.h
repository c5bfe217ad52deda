#ifndef SMOKEMESH_COORDINATOR_SERVICE_RUN_SERVICE_H_
#define SMOKEMESH_COORDINATOR_SERVICE_RUN_SERVICE_H_

#include <atomic>
#include <memory>

#include "absl/status/statusor.h"
#include "coordinator/access/callers.h"
#include "coordinator/service/run_control.h"
#include "smokemesh/v1/run_service.grpc.pb.h"

namespace smokemesh::coordinator {

// RunService over gRPC: turns calls into calls of a RunControl, and its answers into messages.
// `control` and `callers` must outlive the server; without `callers` nobody is asked who it is.
class RunServiceFrontend final : public v1::RunService::CallbackService {
 public:
  explicit RunServiceFrontend(RunControl* control, Callers* callers = nullptr)
      : control_(*control), callers_(callers) {}

  grpc::ServerUnaryReactor* CreateRun(grpc::CallbackServerContext* context,
                                      const v1::CreateRunRequest* request,
                                      v1::CreateRunResponse* response) override;
  grpc::ServerUnaryReactor* GetRun(grpc::CallbackServerContext* context,
                                   const v1::GetRunRequest* request,
                                   v1::GetRunResponse* response) override;
  grpc::ServerUnaryReactor* GetRecord(grpc::CallbackServerContext* context,
                                      const v1::GetRecordRequest* request,
                                      v1::GetRecordResponse* response) override;
  grpc::ServerUnaryReactor* ListRuns(grpc::CallbackServerContext* context,
                                     const v1::ListRunsRequest* request,
                                     v1::ListRunsResponse* response) override;
  grpc::ServerUnaryReactor* CancelRun(grpc::CallbackServerContext* context,
                                      const v1::CancelRunRequest* request,
                                      v1::CancelRunResponse* response) override;
  grpc::ServerUnaryReactor* ListAgents(grpc::CallbackServerContext* context,
                                       const v1::ListAgentsRequest* request,
                                       v1::ListAgentsResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchRunResponse>* WatchRun(
      grpc::CallbackServerContext* context, const v1::WatchRunRequest* request) override;

 private:
  // A local caller when nobody is asked.
  absl::StatusOr<Caller> CallerOf(const grpc::CallbackServerContext& context) const;

  RunControl& control_;
  Callers* const callers_;
  // Calls that are open; one more than the limit is answered UNAVAILABLE. Shared with the calls.
  const std::shared_ptr<std::atomic<int>> open_calls_ = std::make_shared<std::atomic<int>>(0);
  const std::shared_ptr<std::atomic<int>> open_watches_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SERVICE_RUN_SERVICE_H_
