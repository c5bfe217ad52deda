#include <map>
#include <string>
#include <utility>

#include "coordinator/report/json_parts.h"
#include "coordinator/report/matrix_view.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

Json BaselineJson(const v1::RunOptions& options) {
  const v1::Baseline& baseline = options.baseline();
  if (baseline.run_id().empty()) return nullptr;
  return {{"run_id", Text(baseline.run_id())},
          {"create_time", TimeOrNull(baseline.has_create_time(), baseline.create_time())}};
}

Json ComparisonJson(const v1::CheckRecord& check) {
  if (!check.has_comparison()) return nullptr;
  const v1::CheckComparison& comparison = check.comparison();
  return {{"newly_failing", comparison.newly_failing()},
          {"newly_passing", comparison.newly_passing()},
          {"newly_slow", comparison.newly_slow()},
          {"added", comparison.added()},
          {"usual_ms", comparison.runs() > 0 ? Milliseconds(shared::FromProto(comparison.usual()))
                                             : Json(nullptr)},
          {"runs", comparison.runs()}};
}

// Which round of a bake the run is.
Json RoundJson(const v1::RunOptions& options) {
  if (!options.has_round()) return nullptr;
  return {{"bake_id", TextOrNull(options.round().bake_id())},
          {"number", options.round().number()},
          {"planned", options.round().planned()}};
}

Json SuiteJson(const SuiteView& suite) {
  return {{"name", TextOrNull(suite.name)},
          {"title", suite.title},
          {"counts", CountsJson(suite.counts)},
          {"deselected", suite.deselected},
          {"duration_ms", Milliseconds(suite.time)},
          {"target_ms", suite.target.count() > 0 ? Milliseconds(suite.target) : Json(nullptr)},
          {"over_target", suite.over_target}};
}

// Runs that this one cleans up after.
Json CleanRuns(const v1::RunOptions& options) {
  Json runs = Json::array();
  for (const v1::CleanRun& run : options.clean_runs()) runs.push_back(Text(run.run_id()));
  return runs;
}

// The version that the run judges, by service.
Json DeploymentJson(const v1::RunOptions& options) {
  const std::map<std::string, std::string> versions(options.deployment().begin(),
                                                    options.deployment().end());
  Json deployment = Json::object();
  for (const auto& [service, version] : versions) deployment[Text(service)] = Text(version);
  return deployment;
}

Json OptionsJson(const v1::RunOptions& options) {
  return {
      {"select", TextOrNull(options.select())},
      {"match", TextOrNull(options.match())},
      {"clean_runs", CleanRuns(options)},
      {"requested_by", TextOrNull(options.requested_by())},
      {"max_parallel", options.max_parallel() > 0 ? Json(options.max_parallel()) : Json(nullptr)},
      {"fail_fast", options.fail_fast()},
      {"round", RoundJson(options)},
      {"deployment", DeploymentJson(options)}};
}

Json EdgeJson(const v1::EdgeRecord& edge) {
  const std::string cause = CauseWord(edge.cause());
  return {{"check", Text(edge.check())},
          {"from", Text(edge.from())},
          {"to", Text(edge.to())},
          {"outcome", OutcomeOrNull(edge.outcome())},
          {"cause", TextOrNull(cause)},
          {"explanation", TextOrNull(edge.explanation())},
          {"duration_ms", Milliseconds(SaneDuration(edge.duration()))}};
}

Json EdgeMarkJson(const v1::CheckRecord& check) {
  if (!check.has_edge()) return nullptr;
  return {{"edges", Text(check.edge().edges())},
          {"from", Text(check.edge().from())},
          {"to", Text(check.edge().to())}};
}

Json RoleJson(const v1::RoleResult& role) {
  return {{"role", Text(role.role())},
          {"outcome", OutcomeOrNull(role.outcome())},
          {"prepared_after_ms", role.has_prepared_after()
                                    ? Milliseconds(SaneDuration(role.prepared_after()))
                                    : Json(nullptr)},
          {"latency_ms",
           role.has_latency() ? Milliseconds(SaneDuration(role.latency())) : Json(nullptr)}};
}

const char* ReachName(v1::Reach reach) {
  switch (reach) {
    case v1::REACH_NO_ADDRESS:
      return "no_address";
    case v1::REACH_NO_CONNECTION:
      return "no_connection";
    case v1::REACH_REFUSED:
      return "refused";
    case v1::REACH_CONNECTED:
      return "connected";
    case v1::REACH_NO_ANSWER:
      return "no_answer";
    case v1::REACH_ANSWERED:
      return "answered";
    case v1::REACH_FORBIDDEN:
      return "forbidden";
    default:
      return "";
  }
}

Json FailureJson(const v1::Failure& failure) {
  return {{"step", failure.step() > 0 ? Json(failure.step()) : Json(nullptr)},
          {"step_name", TextOrNull(failure.step_name())},
          {"expected", Text(failure.expected())},
          {"seen", Text(failure.actual())},
          {"target", TextOrNull(failure.target())},
          {"hint", TextOrNull(failure.hint())},
          {"reach", TextOrNull(ReachName(failure.reach()))}};
}

const char* StateName(v1::Task::State state) {
  switch (state) {
    case v1::Task::STATE_ASSIGNED:
      return "ASSIGNED";
    case v1::Task::STATE_RUNNING:
      return "RUNNING";
    case v1::Task::STATE_DONE:
      return "DONE";
    default:
      return "WAITING";
  }
}

const char* StateName(v1::Run::State state) {
  switch (state) {
    case v1::Run::STATE_RUNNING:
      return "RUNNING";
    case v1::Run::STATE_FINISHED:
      return "FINISHED";
    default:
      return "PENDING";
  }
}

Json TaskJson(const v1::Task& task) {
  const v1::TaskResult& result = task.result();
  Json failures = Json::array();
  for (const v1::Failure& failure : result.failures()) failures.push_back(FailureJson(failure));
  Json steps = Json::array();
  for (const v1::StepResult& step : result.steps()) {
    steps.push_back({{"name", Text(step.name())},
                     {"outcome", OutcomeOrNull(step.outcome())},
                     {"duration_ms", Milliseconds(shared::FromProto(step.duration()))},
                     {"observed", TextOrNull(step.observed())},
                     {"role", TextOrNull(step.role())}});
  }
  Json roles = Json::array();
  for (const v1::RoleResult& role : result.roles()) roles.push_back(RoleJson(role));
  return {{"agent", TextOrNull(task.agent_id())},
          {"service", TextOrNull(task.service())},
          {"state", StateName(task.state())},
          {"outcome", OutcomeOrNull(task.outcome())},
          {"reason", TextOrNull(task.reason())},
          {"message", TextOrNull(result.message())},
          {"attempt", result.attempt()},
          {"tries", result.tries()},
          {"start_time", TimeOrNull(result.has_start_time(), result.start_time())},
          {"duration_ms", Milliseconds(shared::FromProto(result.duration()))},
          {"cleanup_error", TextOrNull(result.cleanup_error())},
          {"failures", std::move(failures)},
          {"steps", std::move(steps)},
          {"deployment", TextOrNull(task.deployment())},
          {"roles", std::move(roles)}};
}

Json CheckJson(const v1::CheckRecord& check) {
  Json tasks = Json::array();
  for (const v1::Task& task : check.tasks()) tasks.push_back(TaskJson(task));
  return {{"name", Text(check.name())},
          {"suite", TextOrNull(check.suite())},
          {"tags", Texts(check.tags())},
          {"critical", IsCritical(check)},
          {"impact", TextOrNull(check.impact())},
          {"file", TextOrNull(check.source().file())},
          {"line", check.source().line() > 0 ? Json(check.source().line()) : Json(nullptr)},
          {"outcome", OutcomeOrNull(check.outcome())},
          {"reason", TextOrNull(check.reason())},
          {"blocked_by", OutcomeOrNull(check.blocked_by())},
          {"deselected", check.deselected()},
          {"duration_ms", Milliseconds(TimeOf(check))},
          {"agents", std::move(tasks)},
          {"shadow", check.shadow()},
          {"comparison", ComparisonJson(check)},
          {"edge", EdgeMarkJson(check)}};
}

}  // namespace

std::string JsonReport(const v1::Run& run) {
  const RunView view = Arrange(run);
  Json suites = Json::array();
  for (const SuiteView& suite : view.suites) suites.push_back(SuiteJson(suite));
  Json checks = Json::array();
  for (const v1::CheckRecord& check : run.checks()) checks.push_back(CheckJson(check));
  Json edges = Json::array();
  for (const v1::EdgeRecord& edge : run.edges()) edges.push_back(EdgeJson(edge));
  const Json document = {
      {"format", "smokemesh.report.v1"},
      {"run_id", Text(run.run_id())},
      {"plan", {{"name", Text(run.plan_name())}, {"sha256", TextOrNull(run.plan_digest())}}},
      {"state", StateName(run.state())},
      {"create_time", TimeOrNull(run.has_create_time(), run.create_time())},
      {"end_time", TimeOrNull(run.has_end_time(), run.end_time())},
      {"duration_ms", Milliseconds(shared::FromProto(run.duration()))},
      {"cancel_reason", TextOrNull(run.cancel_reason())},
      {"options", OptionsJson(run.options())},
      {"verdict", VerdictJson(run.verdict())},
      {"suites", std::move(suites)},
      {"checks", std::move(checks)},
      {"policy", {{"sha256", TextOrNull(run.policy_digest())}}},
      {"baseline", BaselineJson(run.options())},
      {"bake", BakeJson(run)},
      {"edges", std::move(edges)},
      {"decision", DecisionOrNull(DecisionOf(run))},
      {"exit_code", IsCleanUp(run) ? CleanUpExitCode(run) : ExitCode(DecisionOf(run))}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace smokemesh::coordinator
