#include "coordinator/cli/run_command.h"

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/bake_runner.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/github_step.h"
#include "coordinator/cli/leftovers.h"
#include "coordinator/cli/plan_file.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/report_files.h"
#include "coordinator/cli/request_runner.h"
#include "coordinator/cli/run_report.h"
#include "coordinator/cli/run_request.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/cli/unfinished_runs.h"
#include "shared/logging.h"
#include "shared/shutdown.h"

namespace smokemesh::coordinator {
namespace {

int Refuse(const absl::Status& status) {
  Complain(std::string(status.message()));
  return kExitUsage;
}

// Notes about the one-shot runs of this process, for `smokemesh clean`.
class Notes {
 public:
  explicit Notes(std::string folder) : folder_(std::move(folder)) {}

  // Before the first check of a run.
  void Begin(const v1::Run& run) {
    absl::StatusOr<std::unique_ptr<UnfinishedRun>> begun = UnfinishedRun::Begin(
        folder_, run.run_id(), run.plan_name(), std::chrono::system_clock::now());
    if (begun.ok()) {
      note_ = *std::move(begun);
    } else {
      shared::LogDebug(
          absl::StrCat("no note of this run for `smokemesh clean`: ", begun.status().message()));
    }
  }

  // The note stays unless the run has ended and cleaned up.
  void End(const RequestOutcome& outcome) {
    const std::optional<v1::Run>& run = outcome.run.run;
    if (note_ != nullptr && outcome.all_ended && run.has_value() &&
        run->state() == v1::Run::STATE_FINISHED && !MayHaveLeftSomething(*run)) {
      note_->Remove();
    }
    note_.reset();
  }

 private:
  const std::string folder_;
  std::unique_ptr<UnfinishedRun> note_;
};

// The runs of one command: one, or the rounds of a bake.
class Runs final : public BakeHost {
 public:
  Runs(RequestRunner* runner, Notes* notes, Progress* progress, shared::Shutdown* shutdown)
      : runner_(*runner), notes_(*notes), progress_(*progress), shutdown_(*shutdown) {}

  RunOutcome RunRound(v1::CreateRunRequest request) override {
    RequestOutcome outcome = runner_.CarryOut(std::move(request), &progress_);
    notes_.End(outcome);
    return std::move(outcome.run);
  }
  shared::SteadyTime Now() const override { return std::chrono::steady_clock::now(); }
  bool Interrupted() const override { return shutdown_.requested(); }
  bool WaitUntil(shared::SteadyTime time) override {
    if (!shutdown_.WaitUntil(time)) return true;
    progress_.Note("interrupted: no further round begins");
    return false;
  }
  void Show(const BakeProgress& progress) override { progress_.Round(progress); }

 private:
  RequestRunner& runner_;
  Notes& notes_;
  Progress& progress_;
  shared::Shutdown& shutdown_;
};

// Whether nothing can change what is known of a run any more, although it was not seen to its end.
bool IsCertain(const v1::Run& run) {
  if (run.has_bake()) return run.bake().decision() == v1::DECISION_ROLLBACK;
  return run.verdict().final();
}

// Reports what became of it. Returns the exit code.
int Finish(const RunOutcome& outcome, const RunArguments& arguments,
           const Environment& environment) {
  int code = kExitNoVerdict;
  if (outcome.run) {
    ReportRun(*outcome.run, arguments, environment);
    code = ExitCodeForRun(*outcome.run);
  }
  if (!outcome.status.ok()) {
    Complain(std::string(outcome.status.message()));
    // A ROLLBACK that was certain stays one, whatever became of the coordinator.
    if (!outcome.run || !IsCertain(*outcome.run)) code = ExitCodeForError(outcome.status);
  }
  return code;
}

}  // namespace

int RunPlan(const RunArguments& arguments, const Environment& environment,
            const EnvFiles& env_files) {
  // A signal before anything has begun ends the process as signals do.
  absl::StatusOr<v1::Plan> plan = ReadPlanFile(arguments.plan);
  if (!plan.ok()) return Refuse(plan.status());
  if (arguments.github) Write(GithubTerminal(arguments), GithubMasks(*plan, environment));
  absl::StatusOr<v1::CreateRunRequest> request =
      MakeRunRequest(*std::move(plan), arguments, environment);
  if (!request.ok()) return Refuse(request.status());
  for (const std::string& warning : SelectionWarnings(request->plan(), arguments.select)) {
    Complain(warning);
  }
  if (!arguments.coordinator.empty()) {
    const std::string not_sent = NotSent(request->plan(), env_files);
    if (!not_sent.empty()) Complain(not_sent);
  }
  if (!arguments.report.empty()) {
    const absl::Status prepared = PrepareReportFolder(arguments.report);
    if (!prepared.ok()) {
      Complain(absl::StrCat("--report: ", prepared.message()));
      return kExitUsage;
    }
  }

  shared::Shutdown& shutdown = shared::Shutdown::Install(ExitCodeForSignal(SIGINT));
  Notes notes(UnfinishedRunsFolder(environment));
  RequestOptions options;
  options.coordinator = arguments.coordinator;
  options.security = arguments.security;
  options.store = arguments.store;
  options.agent_policy = arguments.agent_policy;
  options.connect_timeout = arguments.connect_timeout;
  options.before_first_check = [&notes](const v1::Run& run) { notes.Begin(run); };
  const absl::StatusOr<std::unique_ptr<RequestRunner>> runner =
      RequestRunner::Start(options, &shutdown);
  if (!runner.ok()) return Refuse(runner.status());

  const std::unique_ptr<Progress> progress =
      NewProgress(ProgressTerminal(arguments), {.verbose = arguments.verbose});
  Runs runs(runner->get(), &notes, progress.get(), &shutdown);
  const RunOutcome outcome = arguments.bake
                                 ? CarryOutBake(*request, {*arguments.bake, arguments.every}, &runs)
                                 : runs.RunRound(*std::move(request));
  progress->End();
  return ExitCodeAfter(shutdown, Finish(outcome, arguments, environment));
}

}  // namespace smokemesh::coordinator
