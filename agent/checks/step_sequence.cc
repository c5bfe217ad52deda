#include "agent/checks/step_sequence.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/checks/parallel_steps.h"
#include "agent/checks/removal.h"
#include "shared/duration.h"

namespace smokemesh::agent {
namespace {

void AddStep(const StepReport& report, v1::TaskResult* result) {
  v1::StepResult& step = *result->add_steps();
  step.set_name(report.name);
  step.set_outcome(report.outcome);
  step.set_observed(report.observed);
  *step.mutable_duration() = shared::ToProto(report.duration);
}

}  // namespace

StepSequence::StepSequence(const v1::Check& check, StepExecution* execution, std::string role,
                           shared::Duration budget)
    : check_(check), execution_(*execution), role_(std::move(role)), budget_(budget) {}

void StepSequence::Run(const std::vector<v1::Step>& steps, const CheckContext& context,
                       v1::TaskResult* result) {
  for (size_t begin = 0; begin < steps.size();) {
    if (result->outcome() != v1::OUTCOME_PASSED) {
      Skip({steps.begin() + static_cast<std::ptrdiff_t>(begin), steps.end()}, result);
      return;
    }
    const size_t end = EndOfGroup(steps, begin);
    StepCall call;
    call.number = result->steps_size() + 1;
    call.role = role_;
    call.captures = captures_;
    call.budget = budget_;
    const std::vector<std::optional<StepReport>> reports =
        RunGroup(steps, begin, end, call, context, &execution_);
    for (const std::optional<StepReport>& report : reports) {
      if (!report.has_value()) {
        Skip({steps[begin++]}, result);
        continue;
      }
      ++begin;
      began_ = began_ || report->began;
      for (const auto& [name, value] : report->captures) captures_[name] = value;
      AddStep(*report, result);
      if (report->outcome == v1::OUTCOME_SKIPPED) continue;
      all_left_out_ = false;
      if (report->outcome == v1::OUTCOME_PASSED) {
        last_passed_ = std::max(last_passed_.value_or(report->ended), report->ended);
      } else {
        SetEnd(*report, result->steps_size(), context, result);
      }
    }
  }
}

void StepSequence::Skip(const std::vector<v1::Step>& steps, v1::TaskResult* result) const {
  for (const v1::Step& step : steps) {
    v1::StepResult& unreached = *result->add_steps();
    unreached.set_name(execution_.DisplayName(step, captures_));
    unreached.set_outcome(v1::OUTCOME_SKIPPED);
  }
}

void StepSequence::SetEnd(const StepReport& report, int number, const CheckContext& context,
                          v1::TaskResult* result) const {
  if (result->outcome() == v1::OUTCOME_FAILED || result->outcome() == v1::OUTCOME_ERRORED) {
    for (const v1::Failure& failure : report.failures) *result->add_failures() = failure;
    return;
  }
  if (result->outcome() != v1::OUTCOME_PASSED) return;
  if (report.outcome == v1::OUTCOME_ABORTED) {
    SetAborted(context, result);
    return;
  }
  const std::string what = Sentence(report.failures.front());
  if (report.lacks_feature && check_.optional()) {
    result->set_outcome(v1::OUTCOME_SKIPPED);
    result->set_message(
        absl::StrCat("optional, and the server lacks what it tests: step ", number, " ", what));
    return;
  }
  result->set_outcome(report.outcome);
  result->set_message(
      absl::StrCat("step ", number, " (", report.failures.front().step_name(), "): ", what));
  if (report.failures.size() > 1) {
    absl::StrAppend(result->mutable_message(), " (and ", report.failures.size() - 1, " more)");
  }
  for (const v1::Failure& failure : report.failures) *result->add_failures() = failure;
}

void SetAborted(const CheckContext& context, v1::TaskResult* result) {
  const std::string reason = context.cancellation->reason();
  result->set_outcome(v1::OUTCOME_ABORTED);
  result->set_message(reason.empty() ? "cancelled" : absl::StrCat("cancelled: ", reason));
  result->clear_failures();
}

}  // namespace smokemesh::agent
