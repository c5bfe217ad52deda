#include "agent/checks/removal.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/checks/step_list.h"
#include "shared/duration.h"

namespace smokemesh::agent {
namespace {

using std::chrono::steady_clock;

// The variables that a step of the check may capture.
std::set<std::string> CapturedNames(const v1::Check& check) {
  std::vector<v1::Step> steps = StepsOf(check);
  steps.insert(steps.end(), check.finally().begin(), check.finally().end());
  std::set<std::string> names;
  for (const v1::Step& step : steps) {
    for (const auto& [name, capture] : CapturesOf(step)) names.insert(name);
  }
  return names;
}

void AddStep(const StepReport& report, const std::string& whose, v1::TaskResult* result) {
  v1::StepResult& step = *result->add_steps();
  step.set_name(absl::StrCat(report.name, whose));
  step.set_outcome(report.outcome);
  step.set_observed(report.observed);
  *step.mutable_duration() = shared::ToProto(report.duration);
}

// Ends the runners' sessions and drops the scratch schema.
StepReport DropSchemas(const CheckContext& context, StepExecution* execution) {
  const shared::SteadyTime start = steady_clock::now();
  StepReport report;
  report.name = "end sessions and drop the scratch schema";
  // Open sessions could hold locks on what is to be dropped.
  absl::Status status = execution->CleanUp(context);
  status.Update(execution->RemoveScratchSchemas(context));
  status.Update(execution->CleanUp(context));
  report.duration = steady_clock::now() - start;
  report.observed = status.ok() ? "nothing is left" : std::string(status.message());
  if (!status.ok()) {
    AddFailure(&report, v1::OUTCOME_FAILED, "that nothing is left", std::string(status.message()));
    report.failures.back().set_step_name(report.name);
  }
  return report;
}

}  // namespace

Removal RunFinally(const v1::Check& check, const Captures& captures, shared::Duration budget,
                   const CheckContext& context, StepExecution* execution) {
  const std::set<std::string> captured_names = CapturedNames(check);
  Removal removal;
  StepCall call;
  call.captures = captures;
  call.budget = budget;
  for (const v1::Step& step : check.finally()) {
    ++call.number;
    StepReport report = execution->Execute(step, call, context);
    for (const auto& [name, value] : report.captures) call.captures[name] = value;
    if (!report.missing.empty() && std::includes(captured_names.begin(), captured_names.end(),
                                                 report.missing.begin(), report.missing.end())) {
      report.outcome = v1::OUTCOME_SKIPPED;
      report.observed =
          absl::StrCat("nothing to remove: no step captured ", absl::StrJoin(report.missing, ", "));
      report.failures.clear();
    } else if (report.outcome == v1::OUTCOME_ABORTED) {
      v1::Failure& failure = removal.failures.emplace_back();
      failure.set_step(call.number);
      failure.set_step_name(report.name);
      failure.set_expected("that the step is carried out");
      failure.set_actual("cancelled");
    } else if (!report.failures.empty()) {
      removal.failures.push_back(report.failures.front());
    }
    removal.steps.push_back(std::move(report));
  }
  return removal;
}

std::string Sentence(const v1::Failure& failure) {
  return absl::StrCat("expected ", failure.expected(), ", got ", failure.actual());
}

void CleanUpTargets(const v1::Assignment& assignment, const StepRunnerFactories& factories,
                    const shared::Lookup& environment, const Policy& policy,
                    shared::Redactor* redactor, const CheckContext& context,
                    v1::TaskResult* result) {
  const shared::Duration budget = context.deadline - steady_clock::now();
  std::set<std::string> unclean;
  for (const v1::CleanUpTarget& target : assignment.clean_up()) {
    const std::string whose =
        absl::StrCat(" (run ", target.run_id(), ", agent ", target.agent_id(), ")");
    v1::Assignment earlier = assignment;
    earlier.set_run_id(target.run_id());
    const Variables variables(earlier, target.agent_id(), environment, redactor, policy);
    StepExecution execution(earlier, factories, &variables);
    Removal removal = RunFinally(earlier.check(), {}, budget, context, &execution);
    removal.steps.push_back(DropSchemas(context, &execution));
    removal.failures.insert(removal.failures.end(), removal.steps.back().failures.begin(),
                            removal.steps.back().failures.end());
    const int first_number = result->steps_size();
    for (const StepReport& report : removal.steps) AddStep(report, whose, result);
    for (v1::Failure& failure : removal.failures) {
      // The last one has no number of its own.
      const int number =
          failure.step() > 0 ? failure.step() : static_cast<int>(removal.steps.size());
      failure.set_step(first_number + number);
      failure.set_step_name(absl::StrCat(failure.step_name(), whose));
      *result->add_failures() = failure;
    }
    if (!removal.failures.empty()) unclean.insert(whose);
  }

  result->set_tries(1);
  result->set_outcome(v1::OUTCOME_PASSED);
  if (unclean.empty()) return;
  const v1::Failure& first = result->failures(0);
  result->set_outcome(context.cancellation->cancelled() ? v1::OUTCOME_ABORTED : v1::OUTCOME_FAILED);
  result->set_message(absl::StrCat("something may be left of ", unclean.size(), " of ",
                                   assignment.clean_up_size(), " executions: ", first.step_name(),
                                   ": ", Sentence(first)));
}

}  // namespace smokemesh::agent
