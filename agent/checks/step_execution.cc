#include "agent/checks/step_execution.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/checks/expansion.h"
#include "agent/checks/step_list.h"
#include "shared/duration.h"
#include "shared/kinds/kinds.h"
#include "shared/redactor.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using shared::Expectation;
using shared::Observation;
using std::chrono::steady_clock;

void AddFailure(StepReport* report, v1::Outcome outcome, std::string expected, std::string actual,
                std::string hint = "") {
  v1::Failure& failure = report->failures.emplace_back();
  failure.set_expected(std::move(expected));
  failure.set_actual(std::move(actual));
  failure.set_hint(std::move(hint));
  // ERRORED outweighs FAILED: a step that could not be judged is no evidence.
  if (report->outcome != v1::OUTCOME_ERRORED) report->outcome = outcome;
}

void AddDeadlineFailure(StepReport* report, shared::Duration budget, shared::Duration had,
                        std::string_view detail) {
  const std::string whole = shared::FormatDuration(budget);
  std::string hint = absl::StrCat("all steps together may take ", whole, "; this one had ",
                                  shared::FormatDuration(std::max(had, shared::Duration(0))));
  if (!detail.empty()) absl::StrAppend(&hint, "; ", std::string(detail));
  AddFailure(report, v1::OUTCOME_FAILED, absl::StrCat("an answer within ", whole),
             absl::StrCat("no answer after ", whole), std::move(hint));
}

// Says what a runner's error means: see step_runner.h.
void AddRunnerError(const absl::Status& status, shared::Duration budget, shared::Duration had,
                    const CheckContext& context, StepReport* report) {
  std::string message(status.message());
  switch (status.code()) {
    case absl::StatusCode::kCancelled:
      if (!context.cancellation->cancelled()) break;
      report->outcome = v1::OUTCOME_ABORTED;
      report->observed = "cancelled";
      return;
    case absl::StatusCode::kDeadlineExceeded:
      AddDeadlineFailure(report, budget, had, message);
      return;
    case absl::StatusCode::kUnavailable:
      AddFailure(report, v1::OUTCOME_FAILED, "an answer", std::move(message),
                 "check that the server runs and that this agent can reach it");
      return;
    case absl::StatusCode::kDataLoss:
      AddFailure(report, v1::OUTCOME_FAILED, "a whole and well-formed answer", std::move(message));
      return;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      AddFailure(report, v1::OUTCOME_FAILED, "to be let in", std::move(message),
                 "check the user, its password and its rights");
      return;
    default:
      break;
  }
  AddFailure(report, v1::OUTCOME_ERRORED, "that the step can be carried out", std::move(message));
}

// The query of the expectation language that a capture asks.
absl::StatusOr<std::pair<std::string, std::string>> QueryOf(const v1::Capture& capture,
                                                            const std::string& kind) {
  switch (capture.source_case()) {
    case v1::Capture::kJson:
      return std::pair<std::string, std::string>("json", capture.json());
    case v1::Capture::kHeader:
      return std::pair<std::string, std::string>("header", capture.header());
    case v1::Capture::kColumn:
      return std::pair<std::string, std::string>("column", capture.column());
    case v1::Capture::kQuery: {
      ASSIGN_OR_RETURN(const Expectation parsed,
                       shared::ParseExpectation(absl::StrCat(capture.query(), " exists"),
                                                shared::QueriesOf(kind)));
      return std::pair<std::string, std::string>(parsed.query, parsed.argument);
    }
    case v1::Capture::SOURCE_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a capture names no source");
}

// Whether an HTTP step asks a URL of its own and needs no connection.
bool HasWholeUrl(const v1::Step& step) {
  return step.has_http() && shared::IsUrl(step.http().request().url());
}

// Scheme, host and port of a URL.
std::string OriginOf(const std::string& url) {
  const std::string shown = shared::WithoutCredentials(url);
  return shown.substr(0, shown.find_first_of("/?#", shown.find("://") + 3));
}

}  // namespace

StepExecution::StepExecution(const v1::Assignment& assignment, const StepRunnerFactories& factories,
                             Variables* variables)
    : assignment_(assignment), factories_(factories), variables_(*variables) {}

StepReport StepExecution::Execute(const v1::Step& step, int number, shared::Duration budget,
                                  const CheckContext& context) {
  StepReport report;
  const shared::SteadyTime start = steady_clock::now();
  const shared::Duration had = context.deadline - start;
  std::string target;
  if (context.cancellation->cancelled()) {
    report.outcome = v1::OUTCOME_ABORTED;
    report.observed = "cancelled";
  } else if (had <= shared::Duration(0)) {
    AddDeadlineFailure(&report, budget, had, "");
  } else if (absl::StatusOr<Prepared> prepared = Prepare(step); !prepared.ok()) {
    if (absl::IsNotFound(prepared.status())) report.missing = variables_.use().missing;
    AddFailure(&report, v1::OUTCOME_ERRORED, "that the step can be prepared",
               std::string(prepared.status().message()));
  } else {
    report.began = true;
    target = prepared->target;
    StepRequest request;
    request.step = &prepared->step;
    request.connection_name = prepared->connection_name;
    if (!TargetOf(prepared->connection).empty()) request.connection = &prepared->connection;
    request.scratch_schema = prepared->scratch_schema;
    const absl::StatusOr<std::unique_ptr<Observation>> observation =
        Runner(KindOf(step)).Run(request, context);
    if (!observation.ok()) {
      AddRunnerError(observation.status(), budget, had, context, &report);
      if (report.observed.empty()) report.observed = std::string(observation.status().message());
    } else if (*observation == nullptr) {
      AddFailure(&report, v1::OUTCOME_ERRORED, "an observation", "the runner returned none");
    } else {
      report.observed = (*observation)->Summary();
      Judge(*prepared, **observation, &report);
      Capture(*prepared, **observation, &report);
      report.lacks_feature = report.outcome == v1::OUTCOME_FAILED && (*observation)->LacksFeature();
    }
  }
  report.duration = steady_clock::now() - start;
  for (v1::Failure& failure : report.failures) {
    failure.set_step(number);
    failure.set_step_name(NameOf(step));
    failure.set_target(target);
  }
  return report;
}

absl::Status StepExecution::CleanUp(const CheckContext& context) {
  absl::Status first;
  for (auto& [kind, runner] : runners_) first.Update(runner->CleanUp(context));
  return first;
}

absl::StatusOr<StepExecution::Prepared> StepExecution::Prepare(const v1::Step& step) {
  variables_.ResetUse();
  const ExpandText expand = [this](std::string_view text) { return variables_.Expand(text); };
  const std::string kind = KindOf(step);
  Prepared prepared;
  prepared.step = step;
  RETURN_IF_ERROR(ExpandTemplates(&prepared.step, expand));
  RETURN_IF_ERROR(FindConnection(prepared.step, &prepared));
  RETURN_IF_ERROR(ExpandTemplates(&prepared.connection, expand));
  variables_.HideCredentials(TargetOf(prepared.connection));
  if (HasWholeUrl(prepared.step)) {
    variables_.HideCredentials(prepared.step.http().request().url());
    prepared.target = OriginOf(prepared.step.http().request().url());
  } else if (const std::string& target = TargetOf(prepared.connection); !target.empty()) {
    prepared.target = shared::WithoutCredentials(target);
  } else {
    return absl::InvalidArgumentError(absl::StrCat("the connection \"", prepared.connection_name,
                                                   "\" is empty once its template is expanded"));
  }

  for (const std::string& text : ExpectationsOf(step)) {
    ASSIGN_OR_RETURN(prepared.expectations.emplace_back(), PrepareExpectation(text, kind));
  }
  for (const auto& [variable, capture] : CapturesOf(step)) {
    ASSIGN_OR_RETURN(auto query, QueryOf(capture, kind));
    prepared.captures.push_back(
        {variable, std::move(query.first), std::move(query.second), capture.redact()});
  }
  // A protobuf map has no order; evidence has.
  std::sort(prepared.captures.begin(), prepared.captures.end(),
            [](const CaptureQuery& a, const CaptureQuery& b) { return a.variable < b.variable; });
  if (variables_.use().schema) prepared.scratch_schema = variables_.schema();
  return prepared;
}

absl::Status StepExecution::FindConnection(const v1::Step& step, Prepared* prepared) const {
  const std::string kind = shared::ConnectionKindOf(KindOf(step));
  std::string name = ConnectionOf(step);
  if (name.empty() && KindOf(assignment_.check()) == KindOf(step))
    name = ConnectionOf(assignment_.check());
  if (name.empty()) {
    int count = 0;
    for (const auto& [candidate, connection] : assignment_.connections()) {
      if (KindOf(connection) != kind) continue;
      name = candidate;
      ++count;
    }
    if (count != 1) {
      if (HasWholeUrl(step)) return absl::OkStatus();
      return absl::InvalidArgumentError(
          absl::StrCat("the step names no connection, and the plan has ", count, " of kind ", kind,
                       ": name one with `connection:`"));
    }
  }
  const auto found = assignment_.connections().find(name);
  if (found == assignment_.connections().end()) {
    return absl::InvalidArgumentError(absl::StrCat("there is no connection \"", name, "\""));
  }
  if (KindOf(found->second) != kind) {
    return absl::InvalidArgumentError(absl::StrCat("the connection \"", name, "\" is of kind ",
                                                   KindOf(found->second), ", not ", kind));
  }
  prepared->connection_name = name;
  prepared->connection = found->second;
  return absl::OkStatus();
}

absl::StatusOr<Expectation> StepExecution::PrepareExpectation(const std::string& text,
                                                              const std::string& kind) {
  ASSIGN_OR_RETURN(Expectation expectation,
                   shared::ParseExpectation(text, shared::QueriesOf(kind)));
  ASSIGN_OR_RETURN(expectation.text, variables_.Expand(expectation.text));
  ASSIGN_OR_RETURN(expectation.argument, variables_.Expand(expectation.argument));
  for (Expectation::Operand& operand : expectation.operands) {
    ASSIGN_OR_RETURN(operand.text, variables_.Expand(operand.text));
  }
  return expectation;
}

StepRunner& StepExecution::Runner(const std::string& kind) {
  std::unique_ptr<StepRunner>& runner = runners_[kind];
  if (runner == nullptr) runner = factories_.at(kind)();  // the factory of checks knows every kind
  return *runner;
}

void StepExecution::Judge(const Prepared& prepared, const Observation& observation,
                          StepReport* report) {
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

void StepExecution::Capture(const Prepared& prepared, const Observation& observation,
                            StepReport* report) {
  // Also after a mismatch: `finally` needs the name of what was made by a step that then failed.
  const bool judged_well = report->outcome == v1::OUTCOME_PASSED;
  for (const CaptureQuery& capture : prepared.captures) {
    const absl::StatusOr<shared::Value> value = observation.Get(capture.query, capture.argument);
    absl::StatusOr<std::string> text =
        value.ok() ? shared::ToText(*value) : absl::StatusOr<std::string>(value.status());
    if (text.ok()) {
      variables_.Capture(capture.variable, *std::move(text), capture.redact);
    } else if (judged_well) {
      AddFailure(report, absl::IsNotFound(text.status()) ? v1::OUTCOME_FAILED : v1::OUTCOME_ERRORED,
                 absl::StrCat("a value for {{", capture.variable, "}} from `", capture.query,
                              capture.argument.empty() ? "" : " ", capture.argument, "`"),
                 value.ok() ? shared::Describe(*value) : std::string(text.status().message()),
                 absl::StrCat("the answer was: ", observation.Summary()));
    }
  }
}

}  // namespace smokemesh::agent
