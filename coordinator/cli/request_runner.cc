#include "coordinator/cli/request_runner.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/one_shot.h"
#include "coordinator/cli/terminal.h"
#include "shared/duration.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

using shared::SteadyTime;
using std::chrono::steady_clock;

constexpr auto kDefaultTimeout = std::chrono::minutes(5);
constexpr auto kDefaultAgentWait = std::chrono::seconds(10);
// Beyond the run's own time: how long a coordinator may be away before its run is given up.
constexpr auto kCoordinatorAbsence = std::chrono::seconds(60);
constexpr auto kInterruptionGrace = std::chrono::seconds(10);
// A check that has used up its time cleans up afterwards, for 5 s at most.
constexpr auto kCleanUpGrace = std::chrono::seconds(7);

shared::Duration PatienceFor(const v1::CreateRunRequest& request) {
  shared::Duration patience = kCoordinatorAbsence;
  patience += request.plan().has_timeout() ? shared::FromProto(request.plan().timeout())
                                           : shared::Duration(kDefaultTimeout);
  patience += request.options().has_agent_wait() ? shared::FromProto(request.options().agent_wait())
                                                 : shared::Duration(kDefaultAgentWait);
  return patience;
}

// Waits for clean-up, within what an interruption has left of its grace.
bool Stop(OneShot* one_shot, std::optional<SteadyTime> interrupted_at) {
  shared::Duration grace = kCleanUpGrace;
  if (interrupted_at) {
    const shared::Duration left = *interrupted_at + kInterruptionGrace - steady_clock::now();
    grace = std::max(shared::Duration(std::chrono::seconds(1)), std::min(grace, left));
  }
  const absl::Status status = one_shot->Stop(grace);
  if (!status.ok()) {
    Complain(absl::StrCat("some checks could not be cleaned up after: ", status.message()));
  }
  return status.ok();
}

}  // namespace

absl::StatusOr<RequestOutcome> CarryOut(v1::CreateRunRequest request, const RequestOptions& options,
                                        Progress* progress, shared::Shutdown* shutdown) {
  std::unique_ptr<OneShot> one_shot;
  RunClientOptions client;
  client.connect_timeout = options.connect_timeout;
  client.cancel_grace = kInterruptionGrace;
  if (options.coordinator.empty()) {
    ASSIGN_OR_RETURN(one_shot, OneShot::Start(options.store));
    client.coordinator_name = "this process";
    // The agent comes after the run, so that nothing begins before the run is known.
    request.mutable_options()->clear_agent_wait();
    client.on_created = [&](const v1::Run& run) {
      if (options.before_first_check) options.before_first_check(run);
      return one_shot->StartAgent();
    };
  } else {
    client.coordinator_name = options.coordinator;
  }
  client.patience = PatienceFor(request);

  RequestOutcome outcome;
  std::optional<SteadyTime> interrupted_at;  // written while `note` lives only
  {
    shared::Cancellation::Registration note(&shutdown->cancellation(), [&interrupted_at] {
      interrupted_at = steady_clock::now();
      Complain("interrupted: cancelling the run and cleaning up; interrupt again to leave at once");
    });
    outcome.run = CreateAndWatch(one_shot ? one_shot->Channel() : OpenChannel(options.coordinator),
                                 request, client, progress, &shutdown->cancellation());
  }
  progress->End();
  if (one_shot) outcome.all_ended = Stop(one_shot.get(), interrupted_at);
  return outcome;
}

int ExitCodeAfter(const shared::Shutdown& shutdown, int code) {
  return shutdown.requested() ? ExitCodeForSignal(shutdown.signal()) : code;
}

}  // namespace smokemesh::coordinator
