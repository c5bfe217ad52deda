#ifndef SMOKEMESH_COORDINATOR_CLI_RUN_CLIENT_H_
#define SMOKEMESH_COORDINATOR_CLI_RUN_CLIENT_H_

#include <grpcpp/channel.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/cli/progress.h"
#include "shared/cancellation.h"
#include "shared/clock.h"
#include "smokemesh/v1/result.pb.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// How long replicas may take until they know who of them leads: longer than their lease.
inline constexpr auto kLeaderWait = std::chrono::seconds(30);

struct RunClientOptions {
  // How the coordinator is called in messages: its address.
  std::string coordinator_name;
  // How long to try to reach a coordinator that has never answered. Replicas that answer, but know
  // no leader among them yet, are given kLeaderWait.
  shared::Duration connect_timeout = std::chrono::seconds(5);
  // It has answered before: it is waited for as long as `patience` says also while the run is made.
  bool has_answered = false;
  // The channel leads to a coordinator of this process: there is no connection to look after.
  bool in_process = false;
  // How long to go on without a word from a coordinator that has answered before.
  shared::Duration patience = std::chrono::minutes(6);
  // How long to wait for the final verdict of a run that was cancelled here.
  shared::Duration cancel_grace = std::chrono::seconds(10);
  // Called once when the run is made, before it is watched. An error is the outcome's.
  std::function<absl::Status(const v1::Run&)> on_created = nullptr;
};

// What became of a run, as far as it was seen.
struct RunOutcome {
  // OK: `run` is finished. UNAVAILABLE: the coordinator was never reached, or was lost for too
  // long. CANCELLED: the wait was given up after an interruption. Others: the coordinator refused.
  absl::Status status;
  // The run as it was last seen; nothing when it was never seen.
  std::optional<v1::Run> run;
};

// Creates a run and watches it until its verdict is final. Lives through a coordinator that dies
// and comes back: creating is repeated with the same request id, watching begins again with the run
// as it then is. `channels` lead to replicas of the coordinator: another one is tried when one does
// not answer. `interruption` cancels the run at the coordinator, then waits for its end. Blocks;
// call once.
RunOutcome CreateAndWatch(std::vector<std::shared_ptr<grpc::Channel>> channels,
                          const v1::CreateRunRequest& request, const RunClientOptions& options,
                          Progress* progress, shared::Cancellation* interruption);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_RUN_CLIENT_H_
