#ifndef SMOKEMESH_COORDINATOR_CLI_REQUEST_RUNNER_H_
#define SMOKEMESH_COORDINATOR_CLI_REQUEST_RUNNER_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/run_client.h"
#include "shared/clock.h"
#include "shared/shutdown.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

struct RequestOptions {
  std::string coordinator;  // `HOST:PORT`; empty: one-shot, in this process
  std::string store;        // of a one-shot run; empty: memory
  shared::Duration connect_timeout = std::chrono::seconds(5);
  // One-shot: called with the run before its first check begins.
  std::function<void(const v1::Run&)> before_first_check;
};

struct RequestOutcome {
  RunOutcome run;
  // One-shot: every check has ended and cleaned up as far as is known here. True with a
  // coordinator.
  bool all_ended = true;
};

// Carries a request out, one-shot or by a coordinator, until its run has ended. A signal cancels
// the run, and what it made is cleaned up. Fails when nothing could begin. Blocks.
absl::StatusOr<RequestOutcome> CarryOut(v1::CreateRunRequest request, const RequestOptions& options,
                                        Progress* progress, shared::Shutdown* shutdown);

// The exit code of a command that ended with `code`, unless a signal came.
int ExitCodeAfter(const shared::Shutdown& shutdown, int code);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_REQUEST_RUNNER_H_
