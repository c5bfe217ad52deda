#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "coordinator/report/junit_suites.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

JunitMark MarkOf(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_PASSED:
    case v1::OUTCOME_FLAKY:
      return JunitMark::kPassed;
    case v1::OUTCOME_FAILED:
      return JunitMark::kFailure;
    case v1::OUTCOME_BLOCKED:
    case v1::OUTCOME_SKIPPED:
      return JunitMark::kSkipped;
    default:
      return JunitMark::kError;  // no evidence, or not decided: never a pass
  }
}

// Dots separate packages in a class name: those of a host or a suite are no packages.
std::string Part(std::string text) {
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

// `engagement.database@engagement-1`. GitLab drops a second case of equal class and name, so the
// agent is a part of it.
std::string ClassName(const v1::CheckRecord& check, const v1::Task* task) {
  std::string name = check.suite().empty() ? "checks" : Part(check.suite());
  if (task == nullptr || task->agent_id().empty()) return name;
  if (!task->service().empty()) name = absl::StrCat(Part(task->service()), ".", name);
  return absl::StrCat(name, "@", Part(task->agent_id()));
}

std::string FailureText(const v1::Failure& failure) {
  std::string text;
  if (failure.step() > 0) {
    AppendJunitLine(&text, "step:     ", absl::StrCat(failure.step(), " ", failure.step_name()));
  }
  AppendJunitLine(&text, "expected: ", failure.expected());
  AppendJunitLine(&text, "seen:     ", failure.actual());
  AppendJunitLine(&text, "target:   ", failure.target());
  AppendJunitLine(&text, "hint:     ", failure.hint());
  return text;
}

std::string StepsText(const v1::Task& task) {
  std::string text;
  const v1::TaskResult& result = task.result();
  int number = 0;
  for (const v1::StepResult& step : result.steps()) {
    AppendJunitLine(
        &text, "",
        absl::StrCat(++number, " ", std::string(Name(step.outcome())), " ",
                     shared::FormatDuration(shared::FromProto(step.duration())), " ", step.name(),
                     step.observed().empty() ? "" : ": ", step.observed()));
  }
  if (result.tries() > 1) absl::StrAppend(&text, "tries: ", result.tries(), "\n");
  AppendJunitLine(&text, "not cleaned up: ", result.cleanup_error());
  return text;
}

std::string MessageOf(const v1::CheckRecord& check, const v1::Task* task, v1::Outcome outcome) {
  std::string message;
  if (task != nullptr) message = WhyOf(*task);
  if (message.empty()) message = SafeText(check.reason());
  if (message.empty()) message = std::string(Name(outcome));
  return message;
}

// The message of a pair that is not what it seems to readers of failures and errors.
std::string SkippedMessage(const v1::CheckRecord& check, v1::Outcome outcome, PairStanding standing,
                           const std::string& message) {
  const std::string word(Name(outcome));
  const std::string what = message == word ? word : absl::StrCat(word, ": ", message);
  switch (standing) {
    case PairStanding::kShadow:
      return absl::StrCat("shadow check, not judged: ", what);
    case PairStanding::kTolerated:
      return absl::StrCat("tolerated by the policy: ", what);
    case PairStanding::kOutvoted:
      return absl::StrCat("tolerated, the check has its quorum without this agent: ", what);
    default:
      if (check.deselected()) return "left out by -m or -k";
      return outcome == v1::OUTCOME_BLOCKED ? absl::StrCat("BLOCKED: ", message) : message;
  }
}

JunitCase CaseOf(const v1::Run& run, const v1::CheckRecord& check, const v1::Task* task) {
  JunitCase result;
  result.classname = ClassName(check, task);
  result.name = check.name();
  result.file = check.source().file();
  result.line = check.source().line();
  const v1::Outcome outcome = task == nullptr ? check.outcome() : task->outcome();
  const PairStanding standing = StandingOf(run, check, task);
  result.mark = MarkOf(outcome);
  if (standing != PairStanding::kGood && standing != PairStanding::kBad) {
    result.mark = JunitMark::kSkipped;
  }
  result.type = std::string(Name(outcome));
  if (task != nullptr) {
    result.time = shared::FromProto(task->result().duration());
    result.output = StepsText(*task);
    for (const v1::Failure& failure : task->result().failures()) {
      absl::StrAppend(&result.details, FailureText(failure));
    }
  }
  if (result.mark == JunitMark::kPassed) return result;
  result.message = MessageOf(check, task, outcome);
  if (result.mark == JunitMark::kSkipped) {
    result.message = SkippedMessage(check, outcome, standing, result.message);
  }
  AppendJunitLine(&result.details, "impact:   ", check.impact());
  AppendJunitLine(&result.details, "plan:     ", PlaceOf(check));
  return result;
}

JunitSuite NewSuite(const SuiteView& view, const std::string& agent) {
  JunitSuite suite;
  suite.name = agent.empty() ? view.title : absl::StrCat(view.title, " @ ", agent);
  suite.hostname = agent;
  if (view.target.count() > 0) {
    suite.properties = {{"target", shared::FormatDuration(view.target)},
                        {"over_target", view.over_target ? "true" : "false"}};
  }
  return suite;
}

}  // namespace

void AppendJunitLine(std::string* text, const std::string& label, const std::string& value) {
  if (!value.empty()) absl::StrAppend(text, label, SafeText(value), "\n");
}

std::vector<JunitSuite> JunitCheckSuites(const v1::Run& run) {
  const RunView view = Arrange(run);
  std::vector<JunitSuite> suites;
  for (const SuiteView& suite_view : view.suites) {
    std::map<std::string, size_t> by_agent;
    const auto at = [&](const std::string& agent) -> JunitSuite& {
      const auto [it, added] = by_agent.emplace(agent, suites.size());
      if (added) suites.push_back(NewSuite(suite_view, agent));
      return suites[it->second];
    };
    for (const v1::CheckRecord* check : suite_view.checks) {
      if (check->tasks().empty()) at("").cases.push_back(CaseOf(run, *check, nullptr));
      for (const v1::Task& task : check->tasks()) {
        JunitSuite& suite = at(task.agent_id());
        suite.cases.push_back(CaseOf(run, *check, &task));
        if (!task.result().has_start_time()) continue;
        const std::string start =
            shared::FormatWallTime(shared::FromProto(task.result().start_time()));
        if (suite.timestamp.empty() || start < suite.timestamp) suite.timestamp = start;
      }
    }
  }
  return suites;
}

}  // namespace smokemesh::coordinator
