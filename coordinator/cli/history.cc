#include "coordinator/cli/history.h"

#include <algorithm>
#include <map>
#include <utility>

#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

bool IsJudged(const std::optional<HistoryCell>& cell) {
  return cell && cell->outcome != v1::OUTCOME_SKIPPED && cell->outcome != v1::OUTCOME_UNSPECIFIED;
}

bool Passed(const std::optional<HistoryCell>& cell) {
  return IsJudged(cell) && CountsAsPassed(cell->outcome);
}

HistoryCell CellOf(const v1::CheckRecord& check) {
  HistoryCell cell;
  cell.outcome = check.deselected() ? v1::OUTCOME_SKIPPED : check.outcome();
  cell.time = TimeOf(check);
  return cell;
}

// Of an even number, between the two in the middle.
shared::Duration Median(std::vector<shared::Duration> times) {
  std::sort(times.begin(), times.end());
  const size_t middle = times.size() / 2;
  return times.size() % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
}

// Sets since when the check has not passed, if it passed before.
void FindFailure(const std::vector<v1::Run>& runs, HistoryRow* row) {
  std::string since;
  bool without_evidence = true;
  for (size_t i = row->cells.size(); i-- > 0;) {
    if (!IsJudged(row->cells[i])) continue;
    if (Passed(row->cells[i])) {
      row->failing_since = since;
      row->without_evidence = !since.empty() && without_evidence;
      return;
    }
    since = runs[i].run_id();
    without_evidence = without_evidence && IsMissingEvidence(row->cells[i]->outcome);
  }
}

void Summarize(const std::vector<v1::Run>& runs, HistoryRow* row) {
  std::vector<shared::Duration> times;
  for (const std::optional<HistoryCell>& cell : row->cells) {
    if (cell && cell->time.count() > 0) row->last = cell->time;
    if (!IsJudged(cell)) continue;
    ++row->judged;
    if (cell->outcome == v1::OUTCOME_FLAKY) ++row->flaky;
    if (!Passed(cell)) {
      ++row->not_passed;
    } else if (cell->time.count() > 0) {
      times.push_back(cell->time);
    }
  }
  if (!times.empty()) row->median = Median(std::move(times));
  FindFailure(runs, row);
}

}  // namespace

History MakeHistory(const std::vector<v1::Run>& runs) {
  History history;
  std::map<std::string, size_t> places;  // of a check in `rows`
  for (size_t i = runs.size(); i-- > 0;) {
    for (const v1::CheckRecord& check : runs[i].checks()) {
      const auto [place, is_new] = places.emplace(check.name(), history.rows.size());
      if (is_new) {
        HistoryRow row;
        row.check = check.name();
        row.suite = check.suite();
        row.shadow = check.shadow();
        row.cells.resize(runs.size());
        if (i + 1 == runs.size() && check.comparison().newly_slow()) {
          row.newly_slow = TimeOf(check);
          row.usual = shared::FromProto(check.comparison().usual());
        }
        history.rows.push_back(std::move(row));
      }
      history.rows[place->second].cells[i] = CellOf(check);
    }
  }
  for (HistoryRow& row : history.rows) Summarize(runs, &row);
  for (const v1::Run& run : runs) {
    v1::Run& head = history.runs.emplace_back(run);
    head.clear_checks();
  }
  return history;
}

}  // namespace smokemesh::coordinator
