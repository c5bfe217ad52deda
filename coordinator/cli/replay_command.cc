#include "coordinator/cli/replay_command.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/query.h"
#include "coordinator/cli/records.h"
#include "coordinator/cli/replay.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/cli/text_file.h"
#include "coordinator/plan/policy_file.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

// Judges runs of the records by one policy.
class Judgement {
 public:
  Judgement(Records* records, std::string policy, std::string policy_file)
      : records_(records), policy_(std::move(policy)), policy_file_(std::move(policy_file)) {}

  absl::StatusOr<Replayed> One(const std::string& run_id) {
    ASSIGN_OR_RETURN(const v1::RunRecord record, records_->GetRecord(run_id));
    RETURN_IF_ERROR(CheckReplayable(record.run()));
    // Rules select checks of the plan: what is wrong with them depends on it.
    const LoadedPolicy loaded = LoadPolicy(policy_, policy_file_, record.plan());
    if (!loaded.problems.empty()) {
      return absl::InvalidArgumentError(FormatProblems(loaded.problems));
    }
    return Replay(record.run(), loaded.policy);
  }

 private:
  Records* const records_;
  const std::string policy_;
  const std::string policy_file_;
};

absl::StatusOr<std::vector<std::string>> RunsOf(Records* records,
                                                const ReplayArguments& arguments) {
  std::vector<std::string> ids = arguments.runs;
  if (arguments.last == 0) return ids;
  ASSIGN_OR_RETURN(const std::vector<v1::RunSummary> newest,
                   NewestJudged(records, arguments.plan_name, arguments.last));
  for (const v1::RunSummary& run : newest) ids.push_back(run.run_id());
  if (ids.empty()) return absl::NotFoundError("there is no run that was judged");
  return ids;
}

}  // namespace

int ReplayRuns(const ReplayArguments& arguments) {
  const std::string& coordinator = arguments.source.coordinator;
  absl::StatusOr<std::string> policy = ReadTextFile(arguments.policy, "policy");
  if (!policy.ok()) return QueryFailed("", policy.status());
  const absl::StatusOr<std::unique_ptr<Records>> records = OpenRecords(arguments.source);
  if (!records.ok()) return QueryFailed(coordinator, records.status());
  const absl::StatusOr<std::vector<std::string>> ids = RunsOf(records->get(), arguments);
  if (!ids.ok()) return QueryFailed(coordinator, ids.status());

  const std::string policy_file = NameOfFile(arguments.policy);
  Judgement judge(records->get(), *std::move(policy), policy_file);
  std::vector<Replayed> replayed;
  absl::Status wrong;
  for (const std::string& id : *ids) {
    absl::StatusOr<Replayed> one = judge.One(id);
    if (one.ok()) {
      replayed.push_back(*std::move(one));
      continue;
    }
    if (wrong.ok() || wrong.message() != one.status().message()) {
      QueryFailed(coordinator, one.status());
    }
    wrong = one.status();
    // A coordinator that does not answer will not answer for the next run.
    if (ExitCodeForError(wrong) == kExitUnreachable) return kExitUnreachable;
  }
  const bool several = ids->size() > 1 || arguments.last > 0;
  if (replayed.empty() || (!several && !wrong.ok())) return ExitCodeForError(wrong);

  const Terminal terminal = DescribeTerminal(STDOUT_FILENO, arguments.no_color);
  TextOptions options = TextOptionsFor(terminal);
  options.verbose = arguments.verbose;
  if (arguments.output == Output::kJson) {
    Write(terminal, ReplayJson(replayed, policy_file));
  } else if (several) {
    Write(terminal, ReplayTable(replayed));
  } else {
    Write(terminal, ReplayText(replayed.front(), policy_file, options));
  }
  if (several) return wrong.ok() ? 0 : ExitCodeForError(wrong);
  return ExitCodeForRun(replayed.front().now);
}

}  // namespace smokemesh::coordinator
