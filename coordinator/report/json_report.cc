#include <nlohmann/json.hpp>
#include <string>

#include "coordinator/report/markup.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using Json = nlohmann::ordered_json;

// Every key is always there: `null` says that there is no value, so that readers need no guards.

Json Text(const std::string& text) { return SafeText(text); }

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Text(text); }

template <typename Strings>
Json Texts(const Strings& strings) {
  Json list = Json::array();
  for (const std::string& text : strings) list.push_back(Text(text));
  return list;
}

// Milliseconds with microseconds behind the point.
Json Milliseconds(shared::Duration duration) {
  const auto microseconds = duration.count() / 1000;  // whole ones
  return static_cast<double>(microseconds) / 1000.0;
}

Json TimeOrNull(bool has, const google::protobuf::Timestamp& time) {
  if (!has) return nullptr;
  return shared::FormatWallTime(shared::FromProto(time));
}

Json OutcomeOrNull(v1::Outcome outcome) {
  if (outcome == v1::OUTCOME_UNSPECIFIED) return nullptr;
  return std::string(Name(outcome));
}

Json Counts(const v1::OutcomeCounts& counts) {
  return {{"planned", counts.planned()}, {"passed", counts.passed()},
          {"flaky", counts.flaky()},     {"failed", counts.failed()},
          {"errored", counts.errored()}, {"blocked", counts.blocked()},
          {"aborted", counts.aborted()}, {"missing", counts.missing()},
          {"skipped", counts.skipped()}, {"open", counts.open()}};
}

Json VerdictJson(const v1::Verdict& verdict) {
  Json rules = Json::array();
  for (const v1::RuleResult& rule : verdict.rules()) {
    rules.push_back({{"rule", Text(rule.rule())},
                     {"select", Text(rule.select())},
                     {"limit", Text(rule.limit())},
                     {"value", Text(rule.value())},
                     {"holds", rule.holds()},
                     {"counted", Texts(rule.counted())},
                     {"denominator", rule.denominator()},
                     {"first_evidence", TextOrNull(rule.first_evidence())}});
  }
  const bool decided = verdict.decision() != v1::DECISION_UNSPECIFIED;
  return {{"decision", decided ? Json(std::string(Name(verdict.decision()))) : Json(nullptr)},
          {"exit_code", ExitCode(verdict.decision())},
          {"final", verdict.final()},
          {"summary", Text(verdict.summary())},
          {"reasons", Texts(verdict.reasons())},
          {"counts", Counts(verdict.counts())},
          {"rules", std::move(rules)}};
}

Json SuiteJson(const SuiteView& suite) {
  return {{"name", TextOrNull(suite.name)},
          {"title", suite.title},
          {"counts", Counts(suite.counts)},
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

Json FailureJson(const v1::Failure& failure) {
  return {{"step", failure.step() > 0 ? Json(failure.step()) : Json(nullptr)},
          {"step_name", TextOrNull(failure.step_name())},
          {"expected", Text(failure.expected())},
          {"seen", Text(failure.actual())},
          {"target", TextOrNull(failure.target())},
          {"hint", TextOrNull(failure.hint())}};
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
                     {"observed", TextOrNull(step.observed())}});
  }
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
          {"steps", std::move(steps)}};
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
          {"agents", std::move(tasks)}};
}

}  // namespace

std::string JsonReport(const v1::Run& run) {
  const RunView view = Arrange(run);
  Json suites = Json::array();
  for (const SuiteView& suite : view.suites) suites.push_back(SuiteJson(suite));
  Json checks = Json::array();
  for (const v1::CheckRecord& check : run.checks()) checks.push_back(CheckJson(check));
  const Json document = {
      {"format", "smokemesh.report.v1"},
      {"run_id", Text(run.run_id())},
      {"plan", {{"name", Text(run.plan_name())}, {"sha256", TextOrNull(run.plan_digest())}}},
      {"state", StateName(run.state())},
      {"create_time", TimeOrNull(run.has_create_time(), run.create_time())},
      {"end_time", TimeOrNull(run.has_end_time(), run.end_time())},
      {"duration_ms", Milliseconds(shared::FromProto(run.duration()))},
      {"cancel_reason", TextOrNull(run.cancel_reason())},
      {"options",
       {{"select", TextOrNull(run.options().select())},
        {"match", TextOrNull(run.options().match())},
        {"clean_runs", CleanRuns(run.options())},
        {"requested_by", TextOrNull(run.options().requested_by())}}},
      {"verdict", VerdictJson(run.verdict())},
      {"suites", std::move(suites)},
      {"checks", std::move(checks)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace smokemesh::coordinator
