#include "agent/checks/step_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/policy/policy.h"
#include "shared/duration.h"

namespace smokemesh::agent {

void AddFailure(StepReport* report, v1::Outcome outcome, std::string expected, std::string actual,
                std::string hint) {
  v1::Failure& failure = report->failures.emplace_back();
  failure.set_expected(std::move(expected));
  failure.set_actual(std::move(actual));
  failure.set_hint(std::move(hint));
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

void AddRunnerError(const absl::Status& status, shared::Duration budget, shared::Duration had,
                    const CheckContext& context, StepReport* report) {
  std::string message(status.message());
  if (IsForbidden(status)) return AddForbidden(status, report);
  switch (status.code()) {
    case absl::StatusCode::kCancelled:
      if (!context.cancellation->cancelled()) break;
      SetAborted(report);
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

void AddForbidden(const absl::Status& status, StepReport* report) {
  AddFailure(report, v1::OUTCOME_ERRORED, "what the agent's policy allows",
             std::string(status.message()));
  report->failures.back().set_reach(v1::REACH_FORBIDDEN);
}

void SetAborted(StepReport* report) {
  report->outcome = v1::OUTCOME_ABORTED;
  report->failures.clear();
  report->observed = "cancelled";
}

}  // namespace smokemesh::agent
