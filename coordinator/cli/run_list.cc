#include "coordinator/cli/run_list.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/table.h"
#include "coordinator/report/json_parts.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

std::string StateOf(const v1::RunSummary& run) {
  if (run.clean_up()) return "clean-up";
  switch (run.state()) {
    case v1::Run::STATE_FINISHED:
      return std::string(Name(run.decision()));
    case v1::Run::STATE_RUNNING:
      return "running";
    default:
      return "waiting";
  }
}

// Without the decision's word, which has a column of its own.
std::string SummaryText(const v1::RunSummary& run) {
  v1::Verdict verdict;
  verdict.set_decision(run.decision());
  verdict.set_summary(run.summary());
  const std::string summary = SummaryOf(verdict);
  if (run.bake_id().empty()) return summary;
  return absl::StrCat("round ", run.round(), " of bake ", SafeText(run.bake_id()),
                      summary.empty() ? "" : ": ", summary);
}

// As in the JSON report.
const char* StateWord(v1::Run::State state) {
  switch (state) {
    case v1::Run::STATE_FINISHED:
      return "FINISHED";
    case v1::Run::STATE_RUNNING:
      return "RUNNING";
    default:
      return "PENDING";
  }
}

Json RunJson(const v1::RunSummary& run) {
  const bool in_bake = !run.bake_id().empty();
  return {{"run_id", Text(run.run_id())},
          {"plan_name", Text(run.plan_name())},
          {"create_time", TimeOrNull(run.has_create_time(), run.create_time())},
          {"state", StateWord(run.state())},
          {"decision", DecisionOrNull(run.decision())},
          {"summary", TextOrNull(run.summary())},
          {"clean_up", run.clean_up()},
          {"bake_id", TextOrNull(run.bake_id())},
          {"round", in_bake ? Json(run.round()) : Json(nullptr)}};
}

}  // namespace

std::string RunListText(const v1::ListRunsResponse& response) {
  if (response.runs().empty()) return "no runs\n";
  std::vector<std::vector<std::string>> rows = {{"RUN", "CREATED", "PLAN", "VERDICT", "SUMMARY"}};
  for (const v1::RunSummary& run : response.runs()) {
    rows.push_back({SafeText(run.run_id()),
                    shared::FormatWallTime(shared::FromProto(run.create_time())),
                    SafeText(run.plan_name()), StateOf(run), SummaryText(run)});
  }
  return Table(rows);
}

std::string RunListJson(const v1::ListRunsResponse& response) {
  Json document = {{"format", "smokemesh.runs.v1"}, {"runs", Json::array()}};
  for (const v1::RunSummary& run : response.runs()) document["runs"].push_back(RunJson(run));
  return document.dump(2) + "\n";
}

}  // namespace smokemesh::coordinator
