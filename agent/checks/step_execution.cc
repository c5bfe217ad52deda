#include "agent/checks/step_execution.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "agent/checks/expansion.h"
#include "agent/checks/reach.h"
#include "agent/checks/step_list.h"
#include "agent/policy/policy.h"
#include "shared/expectation/quantile.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using shared::Expectation;
using shared::Observation;
using std::chrono::steady_clock;

void AddPreparationError(const absl::Status& status, const Scope& scope, StepReport* report) {
  if (IsForbidden(status)) return AddForbidden(status, report);
  if (absl::IsNotFound(status)) report->missing = scope.missing;
  AddFailure(report, v1::OUTCOME_ERRORED, "that the step can be prepared",
             std::string(status.message()));
}

// Whether there is no point in beginning; `report` then says why.
bool IsTooLate(const StepCall& call, const CheckContext& context, StepReport* report) {
  const shared::Duration had = context.deadline - steady_clock::now();
  if (context.cancellation->cancelled()) {
    SetAborted(report);
    return true;
  }
  if (had > shared::Duration(0)) return false;
  AddDeadlineFailure(report, call.budget, had, "");
  return true;
}

std::optional<shared::Duration> TimeOf(const Observation& observation, std::string_view query) {
  const absl::StatusOr<shared::Value> value = observation.Get(query, "");
  if (!value.ok()) return std::nullopt;
  const auto* duration = std::get_if<shared::Duration>(&*value);
  return duration == nullptr ? std::nullopt : std::optional(*duration);
}

}  // namespace

StepExecution::StepExecution(const v1::Assignment& assignment, const StepRunnerFactories& factories,
                             const Variables* variables)
    : assignment_(assignment), variables_(*variables), runners_(factories) {}

StepReport StepExecution::Execute(const v1::Step& step, const StepCall& call,
                                  const CheckContext& context) {
  const shared::SteadyTime start = steady_clock::now();
  StepReport report;
  if (!IsTooLate(call, context, &report) && Decide(step, call, &report)) {
    v1::Step decided = step;
    ClearWhen(&decided);
    const AttemptFunction attempt = [&](const AttemptOptions& options) {
      return Attempt(decided, call, options, context);
    };
    const std::string session =
        call.role.empty() ? SessionOf(step) : absl::StrCat(call.role, "/", SessionOf(step));
    const v1::Repeat* repeat = RepeatOf(decided);
    const v1::Until* until = UntilOf(decided);
    if (repeat != nullptr && until != nullptr) {
      AddFailure(&report, v1::OUTCOME_ERRORED, "that the step can be prepared",
                 "a step cannot have both `repeat` and `until`");
    } else if (repeat != nullptr) {
      report = RepeatStep(*repeat, session, attempt);
    } else if (until != nullptr) {
      report = AwaitStep(*until, session, attempt, context);
    } else {
      AttemptOptions options;
      options.session = session;
      report = attempt(options);
    }
  }
  report.ended = steady_clock::now();
  report.duration = report.ended - start;
  report.name = DisplayName(step, call.captures);
  for (v1::Failure& failure : report.failures) {
    failure.set_step(call.number);
    failure.set_step_name(report.name);
  }
  return report;
}

bool StepExecution::Decide(const v1::Step& step, const StepCall& call, StepReport* report) const {
  if (WhenOf(step).empty()) return true;
  Scope scope(&call.captures);
  const absl::StatusOr<std::string> when = variables_.Expand(WhenOf(step), &scope);
  if (!when.ok()) {
    AddPreparationError(when.status(), scope, report);
  } else if (*when == "true") {
    return true;
  } else if (when->empty() || *when == "false") {
    report->outcome = v1::OUTCOME_SKIPPED;
    report->observed = "left out: `when` is false";
  } else {
    AddFailure(report, v1::OUTCOME_ERRORED, "that `when` is true or false",
               absl::StrCat("\"", *when, "\""));
  }
  return false;
}

StepReport StepExecution::Attempt(const v1::Step& step, const StepCall& call,
                                  const AttemptOptions& options, const CheckContext& context) {
  StepReport report;
  if (IsTooLate(call, context, &report)) return report;
  Scope scope(&call.captures);
  scope.iteration = options.iteration;
  const absl::StatusOr<PreparedStep> prepared = PrepareStep(assignment_, variables_, step, &scope);
  if (!prepared.ok()) {
    AddPreparationError(prepared.status(), scope, &report);
    return report;
  }
  for (const Expectation& expectation : prepared->expectations) {
    if (options.iteration.has_value() || !shared::IsOverAllTimes(expectation)) continue;
    AddFailure(&report, v1::OUTCOME_ERRORED, expectation.text,
               absl::StrCat("cannot be judged: \"", expectation.argument,
                            "\" is over all times of a step with `repeat`, and this one has none"));
    return report;
  }
  report.began = true;
  StepRequest request;
  request.step = &prepared->step;
  request.connection_name = prepared->connection_name;
  if (!TargetOf(prepared->connection).empty()) request.connection = &prepared->connection;
  request.session = options.session;
  request.fresh_session = options.fresh_session;
  request.where = prepared->where;
  request.scratch_schema = prepared->scratch_schema;
  v1::Reach reach = v1::REACH_UNSPECIFIED;
  const shared::Duration had = context.deadline - steady_clock::now();
  const absl::StatusOr<std::unique_ptr<Observation>> observation =
      runners_.For(KindOf(step)).Run(request, context);
  if (!observation.ok()) {
    AddRunnerError(observation.status(), call.budget, had, context, &report);
    reach = ReachOf(observation.status());
    if (report.observed.empty()) report.observed = std::string(observation.status().message());
  } else if (*observation == nullptr) {
    AddFailure(&report, v1::OUTCOME_ERRORED, "an observation", "the runner returned none");
  } else {
    report.answered = true;
    reach = v1::REACH_ANSWERED;
    report.observed = (*observation)->Summary();
    if (options.judged) {
      report.answer_time = TimeOf(**observation, "duration");
      report.connect_time = TimeOf(**observation, "connect_duration");
      Judge(*prepared, **observation, &report);
      Capture(*prepared, **observation, &report);
      report.lacks_feature = report.outcome == v1::OUTCOME_FAILED && (*observation)->LacksFeature();
    }
  }
  for (v1::Failure& failure : report.failures) {
    failure.set_target(prepared->target);
    if (failure.reach() == v1::REACH_UNSPECIFIED) failure.set_reach(reach);
  }
  return report;
}

void StepExecution::Judge(const PreparedStep& prepared, const Observation& observation,
                          StepReport* report) const {
  const Observation::Implied implied = observation.UnlessAsked();
  const bool asked = std::any_of(
      prepared.expectations.begin(), prepared.expectations.end(), [&](const Expectation& e) {
        return std::find(implied.queries.begin(), implied.queries.end(), e.query) !=
               implied.queries.end();
      });
  if (!asked && implied.mismatch.has_value()) {
    AddFailure(report, v1::OUTCOME_FAILED, implied.mismatch->expected, implied.mismatch->actual);
  }
  for (const Expectation& expectation : prepared.expectations) {
    if (shared::IsOverAllTimes(expectation)) {
      report->over_all.push_back(expectation);
      continue;
    }
    const absl::StatusOr<std::optional<Observation::Mismatch>> mismatch =
        shared::Evaluate(expectation, observation);
    if (!mismatch.ok()) {
      AddFailure(report, v1::OUTCOME_ERRORED, expectation.text,
                 absl::StrCat("cannot be judged: ", mismatch.status().message()));
    } else if (mismatch->has_value()) {
      AddFailure(report, v1::OUTCOME_FAILED, (*mismatch)->expected, (*mismatch)->actual,
                 absl::StrCat("the answer was: ", observation.Summary()));
    }
  }
}

void StepExecution::Capture(const PreparedStep& prepared, const Observation& observation,
                            StepReport* report) const {
  // Also after a mismatch: `finally` needs the name of what was made by a step that then failed.
  const bool judged_well = report->outcome == v1::OUTCOME_PASSED;
  for (const CaptureQuery& capture : prepared.captures) {
    const absl::StatusOr<shared::Value> value = observation.Get(capture.query, capture.argument);
    absl::StatusOr<std::string> text =
        value.ok() ? shared::ToText(*value) : absl::StatusOr<std::string>(value.status());
    if (text.ok()) {
      if (capture.redact) variables_.HideCaptured(*text);
      report->captures[capture.variable] = *std::move(text);
    } else if (judged_well) {
      AddFailure(report, absl::IsNotFound(text.status()) ? v1::OUTCOME_FAILED : v1::OUTCOME_ERRORED,
                 absl::StrCat("a value for {{", capture.variable, "}} from `", capture.query,
                              capture.argument.empty() ? "" : " ", capture.argument, "`"),
                 value.ok() ? shared::Describe(*value) : std::string(text.status().message()),
                 absl::StrCat("the answer was: ", observation.Summary()));
    }
  }
}

std::string StepExecution::DisplayName(const v1::Step& step, const Captures& captures) const {
  std::string name = NameOf(step);
  Scope scope(&captures);
  if (RepeatOf(step) != nullptr) scope.iteration = "{{iteration}}";  // one name for all times
  absl::StatusOr<std::string> expanded = variables_.Expand(name, &scope);
  return expanded.ok() ? *std::move(expanded) : name;
}

std::string StepExecution::SessionKey(const v1::Step& step) const {
  const std::string& kind = KindOf(step);
  if (kind == "http") return "";
  const absl::StatusOr<FoundConnection> found = FindConnection(assignment_, step);
  const std::string& session = SessionOf(step);
  // With `repeat`, NAME also uses NAME#2, NAME#3, …
  return absl::StrCat(kind, "\n", found.ok() ? found->name : ConnectionOf(step), "\n",
                      session.substr(0, session.find('#')));
}

absl::Status StepExecution::RemoveScratchSchemas(const CheckContext& context) {
  std::vector<v1::Step> steps = StepsOf(assignment_.check());
  for (const v1::Step& step : assignment_.check().finally()) steps.push_back(step);
  absl::Status first;
  std::set<std::string> done;
  for (const v1::Step& step : steps) {
    if (!step.has_postgres() || !NamesSchema(step)) continue;
    absl::StatusOr<FoundConnection> found = FindConnection(assignment_, step);
    if (!found.ok()) {
      first.Update(found.status());
      continue;
    }
    if (!done.insert(found->name).second) continue;
    const Captures none;
    Scope scope(&none);
    absl::Status status = ExpandTemplates(
        &found->connection, [&](std::string_view text) { return variables_.Expand(text, &scope); });
    if (status.ok()) {
      variables_.HideCredentials(TargetOf(found->connection));
      status =
          runners_.For(KindOf(step))
              .RemoveScratchSchema(found->name, found->connection, variables_.schema(), context);
    }
    if (!status.ok()) {
      first.Update(absl::Status(status.code(),
                                absl::StrCat("schema ", variables_.schema(), " on connection \"",
                                             found->name, "\" may be left: ", status.message())));
    }
  }
  return first;
}

bool StepExecution::NamesSchema(const v1::Step& step) const {
  const Captures none;
  Scope scope(&none);
  scope.lenient = true;
  const ExpandText expand = [&](std::string_view text) { return variables_.Expand(text, &scope); };
  // An error ends the search early, but no step with such an error can have been carried out.
  v1::Step copy = step;
  ExpandTemplates(&copy, expand).IgnoreError();
  for (const std::string& text : ExpectationsOf(step)) expand(text).IgnoreError();
  return scope.used_schema;
}

}  // namespace smokemesh::agent
