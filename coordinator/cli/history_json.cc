#include <string>

#include "coordinator/cli/history.h"
#include "coordinator/report/json_parts.h"

namespace smokemesh::coordinator {
namespace {

Json MillisecondsOrNull(const std::optional<shared::Duration>& time) {
  return time ? Milliseconds(*time) : Json(nullptr);
}

Json RunJson(const v1::Run& run) {
  return {{"run_id", Text(run.run_id())},
          {"create_time", TimeOrNull(run.has_create_time(), run.create_time())},
          {"decision", DecisionOrNull(run.verdict().decision())}};
}

Json RowJson(const HistoryRow& row) {
  Json outcomes = Json::array();
  Json times = Json::array();
  for (const std::optional<HistoryCell>& cell : row.cells) {
    outcomes.push_back(cell ? OutcomeOrNull(cell->outcome) : Json(nullptr));
    const bool ran = cell && cell->time.count() > 0;
    times.push_back(ran ? Milliseconds(cell->time) : Json(nullptr));
  }
  return {{"name", Text(row.check)},
          {"suite", TextOrNull(row.suite)},
          {"shadow", row.shadow},
          {"outcomes", std::move(outcomes)},
          {"durations_ms", std::move(times)},
          {"median_ms", MillisecondsOrNull(row.median)},
          {"last_ms", MillisecondsOrNull(row.last)},
          {"judged", row.judged},
          {"not_passed", row.not_passed},
          {"flaky", row.flaky},
          {"failing_since", TextOrNull(row.failing_since)},
          {"without_evidence", row.without_evidence},
          {"newly_slow", row.newly_slow.has_value()},
          {"usual_ms", row.newly_slow ? Milliseconds(row.usual) : Json(nullptr)}};
}

}  // namespace

std::string HistoryJson(const History& history) {
  const bool any = !history.runs.empty();
  Json document = {{"format", "smokemesh.history.v1"},
                   {"plan_name", any ? Text(history.runs.back().plan_name()) : Json(nullptr)},
                   {"runs", Json::array()},
                   {"checks", Json::array()}};
  for (const v1::Run& run : history.runs) document["runs"].push_back(RunJson(run));
  for (const HistoryRow& row : history.rows) document["checks"].push_back(RowJson(row));
  return document.dump(2) + "\n";
}

}  // namespace smokemesh::coordinator
