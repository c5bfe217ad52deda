#ifndef SMOKEMESH_COORDINATOR_CLI_REQUEST_RUNNER_H_
#define SMOKEMESH_COORDINATOR_CLI_REQUEST_RUNNER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/run_client.h"
#include "shared/clock.h"
#include "shared/credentials/client_security.h"
#include "shared/shutdown.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

class OneShot;

struct RequestOptions {
  std::string coordinator;  // `HOST:PORT`; empty: one-shot, in this process
  shared::ClientSecurity security;
  std::string store;         // of a one-shot run; empty: memory
  std::string agent_policy;  // file, of a one-shot run; empty: what holds without one
  shared::Duration connect_timeout = std::chrono::seconds(5);
  // One-shot: called with each run before its first check begins.
  std::function<void(const v1::Run&)> before_first_check;
};

struct RequestOutcome {
  RunOutcome run;
  // One-shot: every check has ended and cleaned up as far as is known here. True with a
  // coordinator.
  bool all_ended = true;
};

// Carries requests out, one-shot or by a coordinator, one after the other. Used by one thread.
class RequestRunner {
 public:
  // One-shot: starts the coordinator. Fails when nothing could begin. `shutdown` outlives this.
  static absl::StatusOr<std::unique_ptr<RequestRunner>> Start(const RequestOptions& options,
                                                              shared::Shutdown* shutdown);
  // One-shot: stops the coordinator; its store holds what came of the runs.
  ~RequestRunner();
  RequestRunner(const RequestRunner&) = delete;
  RequestRunner& operator=(const RequestRunner&) = delete;

  // Carries a request out until its run has ended. A signal cancels the run, and what it made is
  // cleaned up. A coordinator that has answered once is waited for as while a run is watched.
  // `progress` is not ended. Blocks.
  RequestOutcome CarryOut(v1::CreateRunRequest request, Progress* progress);

 private:
  RequestRunner(const RequestOptions& options, shared::Shutdown* shutdown);

  const RequestOptions options_;
  shared::Shutdown& shutdown_;
  std::unique_ptr<OneShot> one_shot_;                     // or
  std::vector<std::shared_ptr<grpc::Channel>> channels_;  // to a coordinator and its replicas
  bool answered_ = false;
};

// A runner for this one request; `progress` is ended. Fails when nothing could begin. Blocks.
absl::StatusOr<RequestOutcome> CarryOut(v1::CreateRunRequest request, const RequestOptions& options,
                                        Progress* progress, shared::Shutdown* shutdown);

// The exit code of a command that ended with `code`, unless a signal came.
int ExitCodeAfter(const shared::Shutdown& shutdown, int code);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_REQUEST_RUNNER_H_
