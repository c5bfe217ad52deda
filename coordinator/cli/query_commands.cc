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
#include "coordinator/cli/records.h"
#include "coordinator/cli/run_list.h"
#include "coordinator/cli/table.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/reporter.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

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

void Print(const std::string& text) {
  Terminal out;
  out.descriptor = STDOUT_FILENO;
  Write(out, text);
}

// A run, or the bake of this identifier.
absl::StatusOr<v1::Run> RunOrBake(Records* records, const std::string& id) {
  absl::StatusOr<v1::Run> run = records->GetRun(id);
  if (!absl::IsNotFound(run.status()) || id == "latest") return run;
  absl::StatusOr<v1::Run> bake = GetBake(records, id);
  return absl::IsNotFound(bake.status()) ? run : bake;
}

}  // namespace

int ListAgents(const AgentsArguments& arguments) {
  v1::ListAgentsResponse response;
  const absl::Status status =
      Query(arguments.coordinator, arguments.security, &v1::RunService::Stub::ListAgents,
            v1::ListAgentsRequest(), &response);
  if (!status.ok()) return QueryFailed(arguments.coordinator, status);
  if (response.agents().empty()) {
    Print("no agents\n");
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{"AGENT", "SERVICE", "DEPLOYMENT", "STATE", "TASKS",
                                                 "HEARD", "VERSION", "KINDS", "LABELS", "PROBLEM"}};
  for (const v1::AgentInfo& agent : response.agents()) {
    std::vector<std::string> labels;
    for (const auto& [key, value] : agent.labels()) labels.push_back(absl::StrCat(key, "=", value));
    std::sort(labels.begin(), labels.end());
    rows.push_back(
        {SafeText(agent.agent_id()), SafeText(agent.service()),
         agent.deployment().empty() ? "-" : SafeText(agent.deployment()), StateName(agent.state()),
         absl::StrCat(agent.tasks()),
         absl::StrCat(shared::FormatDuration(shared::FromProto(agent.silence())), " ago"),
         SafeText(agent.build_version()), SafeText(absl::StrJoin(agent.capabilities(), ",")),
         SafeText(absl::StrJoin(labels, ",")), SafeText(agent.problem())});
  }
  Print(Table(rows));
  return 0;
}

int ListRuns(const RunsArguments& arguments) {
  const std::string& coordinator = arguments.source.coordinator;
  const absl::StatusOr<std::unique_ptr<Records>> records = OpenRecords(arguments.source);
  if (!records.ok()) return QueryFailed(coordinator, records.status());
  v1::ListRunsRequest request;
  request.set_page_size(arguments.limit);
  request.set_plan_name(arguments.plan_name);
  request.set_bake_id(arguments.bake_id);
  const absl::StatusOr<v1::ListRunsResponse> response = (*records)->ListRuns(request);
  if (!response.ok()) return QueryFailed(coordinator, response.status());
  Print(arguments.output == Output::kJson ? RunListJson(*response) : RunListText(*response));
  return 0;
}

int ShowVerdict(const VerdictArguments& arguments) {
  const std::string& coordinator = arguments.source.coordinator;
  const absl::StatusOr<std::unique_ptr<Records>> records = OpenRecords(arguments.source);
  if (!records.ok()) return QueryFailed(coordinator, records.status());
  const absl::StatusOr<v1::Run> run = RunOrBake(records->get(), arguments.run_id);
  if (!run.ok()) return QueryFailed(coordinator, run.status());
  const Terminal terminal = DescribeTerminal(STDOUT_FILENO, arguments.no_color);
  TextOptions options = TextOptionsFor(terminal);
  options.verbose = arguments.verbose;
  switch (arguments.output) {
    case Output::kJson:
      Write(terminal, JsonReport(*run));
      break;
    case Output::kTap:
      Write(terminal, TapReport(*run));
      break;
    default:
      Write(terminal, TextReport(*run, options));
  }
  return ExitCodeForRun(*run);
}

}  // namespace smokemesh::coordinator
