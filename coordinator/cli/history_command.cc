#include "coordinator/cli/history_command.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/history.h"
#include "coordinator/cli/query.h"
#include "coordinator/cli/records.h"
#include "coordinator/cli/terminal.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

// The last runs, the oldest first.
absl::StatusOr<std::vector<v1::Run>> LastRuns(Records* records, const HistoryArguments& arguments) {
  std::string plan_name = arguments.plan_name;
  if (plan_name.empty()) {
    ASSIGN_OR_RETURN(const std::vector<v1::RunSummary> newest, NewestJudged(records, "", 1));
    if (newest.empty()) return std::vector<v1::Run>();
    plan_name = newest.front().plan_name();
  }
  ASSIGN_OR_RETURN(const std::vector<v1::RunSummary> summaries,
                   NewestJudged(records, plan_name, arguments.limit));
  std::vector<v1::Run> runs;
  for (auto summary = summaries.rbegin(); summary != summaries.rend(); ++summary) {
    ASSIGN_OR_RETURN(runs.emplace_back(), records->GetRun(summary->run_id()));
  }
  return runs;
}

// As `-k`: a part of the name, in any case of letters.
bool Matches(const std::string& check, const std::vector<std::string>& words) {
  const std::string name = absl::AsciiStrToLower(check);
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return absl::StrContains(name, absl::AsciiStrToLower(word));
  });
}

absl::Status Narrow(const std::vector<std::string>& words, History* history) {
  if (words.empty() || history->rows.empty()) return absl::OkStatus();
  std::vector<std::string> names;
  std::vector<HistoryRow> rows;
  for (HistoryRow& row : history->rows) {
    names.push_back(row.check);
    if (Matches(row.check, words)) rows.push_back(std::move(row));
  }
  if (rows.empty()) {
    return absl::NotFoundError(absl::StrCat("no check has \"", absl::StrJoin(words, "\" or \""),
                                            "\" in its name",
                                            shared::DidYouMean(words.front(), names)));
  }
  history->rows = std::move(rows);
  return absl::OkStatus();
}

}  // namespace

int ShowHistory(const HistoryArguments& arguments) {
  const std::string& coordinator = arguments.source.coordinator;
  const absl::StatusOr<std::unique_ptr<Records>> records = OpenRecords(arguments.source);
  if (!records.ok()) return QueryFailed(coordinator, records.status());
  const absl::StatusOr<std::vector<v1::Run>> runs = LastRuns(records->get(), arguments);
  if (!runs.ok()) return QueryFailed(coordinator, runs.status());
  History history = MakeHistory(*runs);
  const absl::Status narrowed = Narrow(arguments.checks, &history);
  if (!narrowed.ok()) return QueryFailed("", narrowed);
  const Terminal terminal = DescribeTerminal(STDOUT_FILENO, arguments.no_color);
  Write(terminal, arguments.output == Output::kJson
                      ? HistoryJson(history)
                      : HistoryText(history, TextOptionsFor(terminal)));
  return 0;
}

}  // namespace smokemesh::coordinator
