#include "tests/faults/plan_run.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {
namespace {

using nlohmann::json;

// Missing and null are the empty text.
std::string Text(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

CheckRun ReadCheck(const json& from) {
  CheckRun check;
  check.name = Text(from, "name");
  check.suite = Text(from, "suite");
  check.outcome = Text(from, "outcome");
  check.message = Text(from, "reason");
  check.blocked_by = Text(from, "blocked_by");
  for (const json& agent : from.value("agents", json::array())) {
    for (const json& failure : agent.value("failures", json::array())) {
      check.expected = Text(failure, "expected");
      check.seen = Text(failure, "seen");
      check.target = Text(failure, "target");
      check.hint = Text(failure, "hint");
      return check;
    }
  }
  return check;
}

}  // namespace

absl::StatusOr<PlanRun> ParsePlanRun(std::string_view text) {
  const json report = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!report.is_object() || !report.contains("verdict") || !report.contains("checks")) {
    return absl::InvalidArgumentError("no report");
  }
  PlanRun run;
  run.decision = Text(report["verdict"], "decision");
  run.exit_code = report["verdict"].value("exit_code", -1);
  for (const json& check : report["checks"]) run.checks.push_back(ReadCheck(check));
  return run;
}

absl::StatusOr<PlanRun> RunPlan(const std::string& program, const std::string& plan,
                                const std::map<std::string, std::string>& environment,
                                shared::Duration limit) {
  // A fault that makes the checks' role a member of a superuser is one for the plan to see: without
  // this the agent would refuse the role before any check looks.
  const TempDir dir;
  const std::string policy =
      dir.Write("policy.yaml", "postgres: {allow_superuser: true}\n").string();
  ProcessOptions options;
  options.argv = {program, "run", plan, "--output", "json", "--agent-policy", policy};
  options.environment = environment;
  options.clean_environment = true;  // a coordinator that is set outside has no part in it
  const auto start = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const auto process, Process::Start(options));
  const auto code = process->WaitUntil(start + limit);
  if (!code.has_value()) {
    return absl::DeadlineExceededError(
        absl::StrCat("the run did not end within ",
                     std::chrono::duration_cast<std::chrono::seconds>(limit).count(), " s"));
  }
  auto run = ParsePlanRun(process->Stdout());
  if (!run.ok()) {
    return absl::InternalError(
        absl::StrCat("the run ended with ", *code, " and printed no report:\n", process->Stderr()));
  }
  if (run->exit_code != *code) {
    return absl::InternalError(
        absl::StrCat("the run ended with ", *code, ", its report says ", run->exit_code));
  }
  run->took = std::chrono::steady_clock::now() - start;
  return run;
}

}  // namespace smokemesh::testing
