#include "coordinator/cli/clean_command.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/leftovers.h"
#include "coordinator/cli/plan_file.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/query.h"
#include "coordinator/cli/request_runner.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/cli/unfinished_runs.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/reporter.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "shared/duration.h"
#include "shared/shutdown.h"
#include "shared/status_macros.h"
#include "shared/uuid.h"

namespace smokemesh::coordinator {
namespace {

constexpr auto kLookBack = std::chrono::hours(7 * 24);
constexpr int kPage = 1000;
// The agent of a one-shot run.
constexpr char kLocalAgent[] = "local";

// What is to be cleaned up after.
struct Targets {
  std::vector<v1::CleanRun> runs;
  // One-shot: notes that go when all is clean. Their locks are held until then.
  std::vector<std::unique_ptr<UnfinishedRun>> notes;
};

// Only what a reader should know at once; the rest is in the report at the end.
class Notes final : public Progress {
 public:
  void Update(const v1::Run& /*run*/) override {}
  void Note(const std::string& text) override { Complain(text); }
  void End() override {}
};

v1::CleanRun CleanRunOf(const std::string& run_id) {
  v1::CleanRun run;
  run.set_run_id(run_id);
  return run;
}

// ---- One-shot --------------------------------------------------------------------------------

absl::Status AddNote(const std::string& folder, const std::string& run_id,
                     const std::string& plan_name, Targets* targets) {
  ASSIGN_OR_RETURN(std::unique_ptr<UnfinishedRun> note, UnfinishedRun::TakeOver(folder, run_id));
  if (note->plan_name() != SafeText(plan_name)) {
    return absl::InvalidArgumentError(absl::StrCat("run ", run_id, " is a run of plan \"",
                                                   note->plan_name(), "\", not of \"",
                                                   SafeText(plan_name), "\""));
  }
  v1::CleanRun& run = targets->runs.emplace_back(CleanRunOf(run_id));
  run.add_agent_ids(kLocalAgent);
  targets->notes.push_back(std::move(note));
  return absl::OkStatus();
}

absl::StatusOr<Targets> LocalTargets(const CleanArguments& arguments, const std::string& plan_name,
                                     const std::string& folder) {
  Targets targets;
  for (const std::string& run_id : arguments.runs) {
    const absl::Status added = AddNote(folder, run_id, plan_name, &targets);
    if (absl::IsNotFound(added)) {
      Complain(absl::StrCat("there is no note of a one-shot run ", run_id,
                            " here: cleaning up under its name; a run of a mesh is cleaned up with "
                            "--coordinator"));
      targets.runs.emplace_back(CleanRunOf(run_id)).add_agent_ids(kLocalAgent);
    } else {
      RETURN_IF_ERROR(added);
    }
  }
  if (!arguments.runs.empty()) return targets;
  for (const std::string& run_id : UnfinishedRuns(folder)) {
    if (static_cast<int>(targets.runs.size()) == kMaxCleanRuns) {
      Complain(
          absl::StrCat("only the oldest ", kMaxCleanRuns, " runs: clean again for the others"));
      break;
    }
    const absl::Status added = AddNote(folder, run_id, plan_name, &targets);
    if (absl::IsFailedPrecondition(added)) {
      Complain(absl::StrCat("run ", run_id, " is still going on: left alone"));
    } else if (!added.ok() && !absl::IsNotFound(added) && !absl::IsInvalidArgument(added)) {
      Complain(std::string(added.message()));
    }
  }
  return targets;
}

// ---- Mesh ------------------------------------------------------------------------------------

absl::StatusOr<v1::Run> GetRun(const CleanArguments& arguments, const std::string& run_id) {
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  v1::GetRunResponse response;
  RETURN_IF_ERROR(Query(arguments.coordinator, arguments.security, &v1::RunService::Stub::GetRun,
                        request, &response));
  return std::move(*response.mutable_run());
}

absl::StatusOr<Targets> MeshTargets(const CleanArguments& arguments, const std::string& plan_name) {
  Targets targets;
  for (const std::string& run_id : arguments.runs) {
    const absl::StatusOr<v1::Run> run = GetRun(arguments, run_id);
    if (absl::IsNotFound(run.status())) {
      Complain(absl::StrCat("the coordinator has no record of run ", run_id,
                            ": cleaning up under its name and those of the agents that are there"));
    } else {
      RETURN_IF_ERROR(run.status());
    }
    targets.runs.push_back(CleanRunOf(run_id));
  }
  if (!arguments.runs.empty()) return targets;

  v1::ListRunsRequest request;
  request.set_page_size(kPage);
  v1::ListRunsResponse response;
  RETURN_IF_ERROR(Query(arguments.coordinator, arguments.security, &v1::RunService::Stub::ListRuns,
                        request, &response));
  const shared::WallTime oldest = std::chrono::system_clock::now() - kLookBack;
  std::set<std::string> cleaned;                           // by a later run
  for (const v1::RunSummary& summary : response.runs()) {  // the newest first
    if (summary.plan_name() != plan_name) continue;
    if (shared::FromProto(summary.create_time()) < oldest) continue;
    if (summary.state() != v1::Run::STATE_FINISHED) {
      Complain(absl::StrCat("run ", summary.run_id(), " is still going on: left alone"));
      continue;
    }
    if (cleaned.count(summary.run_id()) > 0) continue;
    ASSIGN_OR_RETURN(const v1::Run run, GetRun(arguments, summary.run_id()));
    if (summary.clean_up()) {
      for (std::string& run_id : CleanedBy(run)) cleaned.insert(std::move(run_id));
    } else if (MayHaveLeftSomething(run)) {
      if (static_cast<int>(targets.runs.size()) == kMaxCleanRuns) {
        Complain(
            absl::StrCat("only the newest ", kMaxCleanRuns, " runs: clean again for the others"));
        break;
      }
      targets.runs.push_back(CleanRunOf(summary.run_id()));
    }
  }
  return targets;
}

// ---- Both ------------------------------------------------------------------------------------

absl::StatusOr<v1::CreateRunRequest> RequestOf(const CleanArguments& arguments) {
  ASSIGN_OR_RETURN(v1::Plan plan, ReadPlanFile(arguments.plan));
  RETURN_IF_ERROR(CheckSelection(plan, arguments.select, arguments.match));
  for (const std::string& warning : SelectionWarnings(plan, arguments.select)) Complain(warning);
  if (arguments.timeout) *plan.mutable_timeout() = shared::ToProto(*arguments.timeout);
  v1::CreateRunRequest request;
  request.set_request_id(shared::RandomUuid());
  *request.mutable_plan() = std::move(plan);
  v1::RunOptions& options = *request.mutable_options();
  options.set_select(arguments.select);
  options.set_match(arguments.match);
  if (arguments.agent_wait) *options.mutable_agent_wait() = shared::ToProto(*arguments.agent_wait);
  return request;
}

int Finish(const RequestOutcome& outcome, const CleanArguments& arguments, const Targets& targets) {
  const RunOutcome& ended = outcome.run;
  int code = kExitNoVerdict;
  if (ended.run) {
    const Terminal terminal = DescribeTerminal(STDOUT_FILENO, arguments.no_color);
    Write(terminal, TextReport(*ended.run, TextOptionsFor(terminal)));
    code = CleanUpExitCode(*ended.run);
  }
  if (!ended.status.ok()) {
    Complain(std::string(ended.status.message()));
    return ExitCodeForError(ended.status);
  }
  const bool whole = arguments.select.empty() && arguments.match.empty() && outcome.all_ended;
  if (code == 0 && whole) {
    for (const std::unique_ptr<UnfinishedRun>& note : targets.notes) note->Remove();
  }
  return code;
}

}  // namespace

int Clean(const CleanArguments& arguments, const Environment& environment) {
  absl::StatusOr<v1::CreateRunRequest> request = RequestOf(arguments);
  if (!request.ok()) {
    Complain(std::string(request.status().message()));
    return kExitUsage;
  }
  shared::Shutdown& shutdown = shared::Shutdown::Install(ExitCodeForSignal(SIGINT));
  const std::string& plan_name = request->plan().name();
  const bool local = arguments.coordinator.empty();
  const absl::StatusOr<Targets> targets =
      local ? LocalTargets(arguments, plan_name, UnfinishedRunsFolder(environment))
            : MeshTargets(arguments, plan_name);
  if (!targets.ok()) {
    return ExitCodeAfter(shutdown, QueryFailed(arguments.coordinator, targets.status()));
  }
  if (targets->runs.empty()) {
    Terminal out;
    out.descriptor = STDOUT_FILENO;
    Write(out, absl::StrCat("Clean: no run of plan ", SafeText(plan_name),
                            local ? " on this machine" : " in the last 7 days",
                            " has left anything behind\n"));
    return ExitCodeAfter(shutdown, 0);
  }
  request->mutable_options()->mutable_clean_runs()->Add(targets->runs.begin(), targets->runs.end());
  RequestOptions options;
  options.coordinator = arguments.coordinator;
  options.agent_policy = arguments.agent_policy;
  options.security = arguments.security;
  options.connect_timeout = arguments.connect_timeout;
  Notes progress;
  const absl::StatusOr<RequestOutcome> outcome =
      CarryOut(*std::move(request), options, &progress, &shutdown);
  if (!outcome.ok()) {
    Complain(std::string(outcome.status().message()));
    return kExitUsage;
  }
  return ExitCodeAfter(shutdown, Finish(*outcome, arguments, *targets));
}

}  // namespace smokemesh::coordinator
