#include "coordinator/cli/request_runner.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/channel.h"
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
bool StopAgent(OneShot* one_shot, std::optional<SteadyTime> interrupted_at) {
  shared::Duration grace = kCleanUpGrace;
  if (interrupted_at) {
    const shared::Duration left = *interrupted_at + kInterruptionGrace - steady_clock::now();
    grace = std::max(shared::Duration(std::chrono::seconds(1)), std::min(grace, left));
  }
  const absl::Status status = one_shot->StopAgent(grace);
  if (!status.ok()) {
    Complain(absl::StrCat("some checks could not be cleaned up after: ", status.message()));
  }
  return status.ok();
}

}  // namespace

absl::StatusOr<std::unique_ptr<RequestRunner>> RequestRunner::Start(const RequestOptions& options,
                                                                    shared::Shutdown* shutdown) {
  std::unique_ptr<RequestRunner> runner(new RequestRunner(options, shutdown));
  if (options.coordinator.empty()) {
    ASSIGN_OR_RETURN(runner->one_shot_, OneShot::Start(options.store, options.agent_policy));
    runner->channels_ = {runner->one_shot_->Channel()};
  } else {
    ASSIGN_OR_RETURN(runner->channels_, OpenChannels(options.coordinator, options.security));
  }
  return runner;
}

RequestRunner::RequestRunner(const RequestOptions& options, shared::Shutdown* shutdown)
    : options_(options), shutdown_(*shutdown) {}

RequestRunner::~RequestRunner() = default;

RequestOutcome RequestRunner::CarryOut(v1::CreateRunRequest request, Progress* progress) {
  RunClientOptions client;
  client.connect_timeout = options_.connect_timeout;
  client.cancel_grace = kInterruptionGrace;
  client.has_answered = answered_;
  if (one_shot_ != nullptr) {
    client.coordinator_name = "this process";
    client.in_process = true;
    // The agent comes after the run, so that nothing begins before the run is known.
    request.mutable_options()->clear_agent_wait();
    client.on_created = [this](const v1::Run& run) {
      if (options_.before_first_check) options_.before_first_check(run);
      return one_shot_->StartAgent(run.options());
    };
  } else {
    client.coordinator_name = options_.coordinator;
  }
  client.patience = PatienceFor(request);

  RequestOutcome outcome;
  std::optional<SteadyTime> interrupted_at;  // written while `note` lives only
  {
    shared::Cancellation::Registration note(&shutdown_.cancellation(), [&interrupted_at, progress] {
      interrupted_at = steady_clock::now();
      progress->Note(
          "interrupted: cancelling the run and cleaning up; interrupt again to leave at once");
    });
    outcome.run = CreateAndWatch(channels_, request, client, progress, &shutdown_.cancellation());
  }
  if (outcome.run.run.has_value()) answered_ = true;
  if (one_shot_ != nullptr) outcome.all_ended = StopAgent(one_shot_.get(), interrupted_at);
  return outcome;
}

absl::StatusOr<RequestOutcome> CarryOut(v1::CreateRunRequest request, const RequestOptions& options,
                                        Progress* progress, shared::Shutdown* shutdown) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RequestRunner> runner,
                   RequestRunner::Start(options, shutdown));
  RequestOutcome outcome = runner->CarryOut(std::move(request), progress);
  progress->End();
  return outcome;
}

int ExitCodeAfter(const shared::Shutdown& shutdown, int code) {
  return shutdown.requested() ? ExitCodeForSignal(shutdown.signal()) : code;
}

}  // namespace smokemesh::coordinator
