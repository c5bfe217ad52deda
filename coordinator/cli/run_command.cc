#include "coordinator/cli/run_command.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/leftovers.h"
#include "coordinator/cli/plan_file.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/report_files.h"
#include "coordinator/cli/request_runner.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/cli/unfinished_runs.h"
#include "coordinator/report/reporter.h"
#include "shared/duration.h"
#include "shared/logging.h"
#include "shared/shutdown.h"
#include "shared/status_macros.h"
#include "shared/uuid.h"

namespace smokemesh::coordinator {
namespace {

// The selection with `--quick`: the critical path, and of it what `-m` says.
std::string SelectionOf(const RunArguments& arguments) {
  if (!arguments.quick) return arguments.select;
  if (arguments.select.empty()) return "critical";
  return absl::StrCat("critical and (", arguments.select, ")");
}

absl::Status CheckQuick(const v1::Plan& plan, const RunArguments& arguments) {
  if (!arguments.quick || CheckSelection(plan, "critical", "").ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--quick runs the critical path, and no check of plan \"", plan.name(),
                   "\" has the tag critical: give it to the checks without which nothing works"));
}

absl::StatusOr<v1::CreateRunRequest> RequestOf(const RunArguments& arguments) {
  ASSIGN_OR_RETURN(v1::Plan plan, ReadPlanFile(arguments.plan));
  const std::string select = SelectionOf(arguments);
  RETURN_IF_ERROR(CheckQuick(plan, arguments));
  RETURN_IF_ERROR(CheckSelection(plan, select, arguments.match));
  for (const std::string& warning : SelectionWarnings(plan, arguments.select)) Complain(warning);
  if (arguments.timeout) *plan.mutable_timeout() = shared::ToProto(*arguments.timeout);
  v1::CreateRunRequest request;
  request.set_request_id(arguments.request_id.empty() ? shared::RandomUuid()
                                                      : arguments.request_id);
  *request.mutable_plan() = std::move(plan);
  v1::RunOptions& options = *request.mutable_options();
  options.set_select(select);
  options.set_match(arguments.match);
  if (arguments.agent_wait) *options.mutable_agent_wait() = shared::ToProto(*arguments.agent_wait);
  return request;
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

// Leaves a note behind unless the run has ended and cleaned up.
void EndNote(const RequestOutcome& outcome, std::unique_ptr<UnfinishedRun> note) {
  const std::optional<v1::Run>& run = outcome.run.run;
  if (note != nullptr && outcome.all_ended && run.has_value() &&
      run->state() == v1::Run::STATE_FINISHED && !MayHaveLeftSomething(*run)) {
    note->Remove();
  }
}

int Finish(const RunOutcome& outcome, const RunArguments& arguments) {
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
  return code;
}

}  // namespace

int RunPlan(const RunArguments& arguments, const Environment& environment) {
  // A signal before anything has begun ends the process as signals do.
  absl::StatusOr<v1::CreateRunRequest> request = RequestOf(arguments);
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
  std::unique_ptr<UnfinishedRun> note;
  RequestOptions options;
  options.coordinator = arguments.coordinator;
  options.store = arguments.store;
  options.connect_timeout = arguments.connect_timeout;
  options.before_first_check = [&](const v1::Run& run) {
    absl::StatusOr<std::unique_ptr<UnfinishedRun>> begun =
        UnfinishedRun::Begin(UnfinishedRunsFolder(environment), run.run_id(), run.plan_name(),
                             std::chrono::system_clock::now());
    if (begun.ok()) {
      note = *std::move(begun);
    } else {
      shared::LogDebug(
          absl::StrCat("no note of this run for `smokemesh clean`: ", begun.status().message()));
    }
  };
  const std::unique_ptr<Progress> progress = ProgressFor(arguments);
  const absl::StatusOr<RequestOutcome> outcome =
      CarryOut(*std::move(request), options, progress.get(), &shutdown);
  if (!outcome.ok()) {
    Complain(std::string(outcome.status().message()));
    return kExitUsage;
  }
  EndNote(*outcome, std::move(note));
  return ExitCodeAfter(shutdown, Finish(outcome->run, arguments));
}

}  // namespace smokemesh::coordinator
