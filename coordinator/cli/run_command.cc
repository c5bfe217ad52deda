#include "coordinator/cli/run_command.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/one_shot.h"
#include "coordinator/cli/plan_file.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/report_files.h"
#include "coordinator/cli/run_client.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/report/reporter.h"
#include "shared/duration.h"
#include "shared/shutdown.h"
#include "shared/status_macros.h"
#include "shared/uuid.h"

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

absl::StatusOr<v1::CreateRunRequest> RequestOf(const RunArguments& arguments) {
  ASSIGN_OR_RETURN(v1::Plan plan, ReadPlanFile(arguments.plan));
  RETURN_IF_ERROR(CheckSelection(plan, arguments.select, arguments.match));
  for (const std::string& warning : SelectionWarnings(plan, arguments.select)) Complain(warning);
  if (arguments.timeout) *plan.mutable_timeout() = shared::ToProto(*arguments.timeout);
  v1::CreateRunRequest request;
  request.set_request_id(arguments.request_id.empty() ? shared::RandomUuid()
                                                      : arguments.request_id);
  *request.mutable_plan() = std::move(plan);
  v1::RunOptions& options = *request.mutable_options();
  options.set_select(arguments.select);
  options.set_match(arguments.match);
  if (arguments.agent_wait) *options.mutable_agent_wait() = shared::ToProto(*arguments.agent_wait);
  return request;
}

shared::Duration PatienceFor(const v1::CreateRunRequest& request) {
  shared::Duration patience = kCoordinatorAbsence;
  patience += request.plan().has_timeout() ? shared::FromProto(request.plan().timeout())
                                           : shared::Duration(kDefaultTimeout);
  patience += request.options().has_agent_wait() ? shared::FromProto(request.options().agent_wait())
                                                 : shared::Duration(kDefaultAgentWait);
  return patience;
}

std::unique_ptr<Progress> ProgressFor(const RunArguments& arguments) {
  // With JSON, standard output is for the one document.
  const int descriptor = arguments.output == Output::kJson ? STDERR_FILENO : STDOUT_FILENO;
  const Terminal terminal = DescribeTerminal(descriptor, arguments.no_color);
  return terminal.interactive ? NewLiveProgress(terminal) : NewPlainProgress(terminal);
}

void Print(const v1::Run& run, const RunArguments& arguments) {
  const Terminal terminal = DescribeTerminal(STDOUT_FILENO, arguments.no_color);
  Write(terminal, arguments.output == Output::kJson ? JsonReport(run)
                                                    : TextReport(run, TextOptionsFor(terminal)));
}

// Waits for clean-up, within what an interruption has left of its grace.
void StopOneShot(OneShot* one_shot, std::optional<SteadyTime> interrupted_at) {
  shared::Duration grace = kCleanUpGrace;
  if (interrupted_at) {
    const shared::Duration left = *interrupted_at + kInterruptionGrace - steady_clock::now();
    grace = std::max(shared::Duration(std::chrono::seconds(1)), std::min(grace, left));
  }
  const absl::Status status = one_shot->Stop(grace);
  if (!status.ok()) {
    Complain(absl::StrCat("some checks could not be cleaned up after: ", status.message()));
  }
}

int Finish(const RunOutcome& outcome, const RunArguments& arguments,
           const shared::Shutdown& shutdown) {
  int code = kExitNoVerdict;
  if (outcome.run) {
    if (!arguments.report.empty()) {
      const absl::Status written = WriteReports(*outcome.run, arguments.report);
      if (!written.ok()) Complain(std::string(written.message()));
    }
    Print(*outcome.run, arguments);
    code = ExitCodeForRun(*outcome.run);
  }
  if (!outcome.status.ok()) {
    Complain(std::string(outcome.status.message()));
    // A ROLLBACK that was certain stays one, whatever became of the coordinator.
    const bool certain = outcome.run && outcome.run->verdict().final();
    if (!certain) code = ExitCodeForError(outcome.status);
  }
  return shutdown.requested() ? ExitCodeForSignal(shutdown.signal()) : code;
}

}  // namespace

int RunPlan(const RunArguments& arguments) {
  // A signal before anything has begun ends the process as signals do.
  const absl::StatusOr<v1::CreateRunRequest> request = RequestOf(arguments);
  if (!request.ok()) {
    Complain(std::string(request.status().message()));
    return kExitUsage;
  }
  if (!arguments.report.empty()) {
    const absl::Status prepared = PrepareReportFolder(arguments.report);
    if (!prepared.ok()) {
      Complain(absl::StrCat("--report: ", prepared.message()));
      return kExitUsage;
    }
  }

  shared::Shutdown& shutdown = shared::Shutdown::Install(ExitCodeForSignal(SIGINT));
  std::unique_ptr<OneShot> one_shot;
  if (arguments.coordinator.empty()) {
    absl::StatusOr<std::unique_ptr<OneShot>> started = OneShot::Start(arguments.store);
    if (!started.ok()) {
      Complain(std::string(started.status().message()));
      return kExitUsage;
    }
    one_shot = *std::move(started);
  }

  RunClientOptions options;
  options.coordinator_name = one_shot ? "this process" : arguments.coordinator;
  options.connect_timeout = arguments.connect_timeout;
  options.patience = PatienceFor(*request);
  options.cancel_grace = kInterruptionGrace;
  std::unique_ptr<Progress> progress = ProgressFor(arguments);
  RunOutcome outcome;
  std::optional<SteadyTime> interrupted_at;  // written while `note` lives only
  {
    shared::Cancellation::Registration note(&shutdown.cancellation(), [&interrupted_at] {
      interrupted_at = steady_clock::now();
      Complain("interrupted: cancelling the run and cleaning up; interrupt again to leave at once");
    });
    outcome = CreateAndWatch(one_shot ? one_shot->Channel() : OpenChannel(arguments.coordinator),
                             *request, options, progress.get(), &shutdown.cancellation());
  }
  progress->End();
  if (one_shot) StopOneShot(one_shot.get(), interrupted_at);
  return Finish(outcome, arguments, shutdown);
}

}  // namespace smokemesh::coordinator
