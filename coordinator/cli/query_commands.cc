#include "coordinator/cli/query_commands.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/query.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

// Columns under headings, as wide as they need to be; the last one is not padded.
std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Columns(row[i]));
  }
  std::string out;
  for (const std::vector<std::string>& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      absl::StrAppend(&out, Padded(row[i], widths[i]), "  ");
    }
    if (!row.empty()) absl::StrAppend(&out, row.back());
    out += "\n";
  }
  return out;
}

const char* StateName(v1::AgentInfo::State state) {
  switch (state) {
    case v1::AgentInfo::STATE_CONNECTED:
      return "connected";
    case v1::AgentInfo::STATE_DRAINING:
      return "draining";
    case v1::AgentInfo::STATE_LOST:
      return "lost";
    default:
      return "unknown";
  }
}

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
std::string SummaryOf(const v1::RunSummary& run) {
  v1::Verdict verdict;
  verdict.set_decision(run.decision());
  verdict.set_summary(run.summary());
  return coordinator::SummaryOf(verdict);
}

void Print(const std::string& text) {
  Terminal out;
  out.descriptor = STDOUT_FILENO;
  Write(out, text);
}

}  // namespace

int ListAgents(const AgentsArguments& arguments) {
  v1::ListAgentsResponse response;
  const absl::Status status = Query(arguments.coordinator, &v1::RunService::Stub::ListAgents,
                                    v1::ListAgentsRequest(), &response);
  if (!status.ok()) return QueryFailed(arguments.coordinator, status);
  if (response.agents().empty()) {
    Print("no agents\n");
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {
      {"AGENT", "SERVICE", "STATE", "TASKS", "HEARD", "VERSION", "KINDS", "LABELS"}};
  for (const v1::AgentInfo& agent : response.agents()) {
    std::vector<std::string> labels;
    for (const auto& [key, value] : agent.labels()) labels.push_back(absl::StrCat(key, "=", value));
    std::sort(labels.begin(), labels.end());
    rows.push_back(
        {SafeText(agent.agent_id()), SafeText(agent.service()), StateName(agent.state()),
         absl::StrCat(agent.tasks()),
         absl::StrCat(shared::FormatDuration(shared::FromProto(agent.silence())), " ago"),
         SafeText(agent.build_version()), SafeText(absl::StrJoin(agent.capabilities(), ",")),
         SafeText(absl::StrJoin(labels, ","))});
  }
  Print(Table(rows));
  return 0;
}

int ListRuns(const RunsArguments& arguments) {
  v1::ListRunsRequest request;
  request.set_page_size(arguments.limit);
  v1::ListRunsResponse response;
  const absl::Status status =
      Query(arguments.coordinator, &v1::RunService::Stub::ListRuns, request, &response);
  if (!status.ok()) return QueryFailed(arguments.coordinator, status);
  if (response.runs().empty()) {
    Print("no runs\n");
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{"RUN", "CREATED", "PLAN", "VERDICT", "SUMMARY"}};
  for (const v1::RunSummary& run : response.runs()) {
    rows.push_back({SafeText(run.run_id()),
                    shared::FormatWallTime(shared::FromProto(run.create_time())),
                    SafeText(run.plan_name()), StateOf(run), SummaryOf(run)});
  }
  Print(Table(rows));
  return 0;
}

int ShowVerdict(const VerdictArguments& arguments) {
  v1::GetRunRequest request;
  request.set_run_id(arguments.run_id);
  v1::GetRunResponse response;
  const absl::Status status =
      Query(arguments.coordinator, &v1::RunService::Stub::GetRun, request, &response);
  if (!status.ok()) return QueryFailed(arguments.coordinator, status);
  if (arguments.output == Output::kJson) {
    Print(JsonReport(response.run()));
  } else {
    const Terminal terminal = DescribeTerminal(STDOUT_FILENO, arguments.no_color);
    Write(terminal, TextReport(response.run(), TextOptionsFor(terminal)));
  }
  return ExitCodeForRun(response.run());
}

}  // namespace smokemesh::coordinator
