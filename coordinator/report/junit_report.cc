#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

// GitLab refuses files from 30 MB on. Beyond this size passing cases come without their steps.
constexpr size_t kFullDetailBytes = 16 << 20;

enum class Mark { kPassed, kFailure, kError, kSkipped };

struct Case {
  std::string classname;
  std::string name;
  std::string file;
  int line = 0;
  shared::Duration time{0};
  Mark mark = Mark::kPassed;
  std::string type;     // of a failure or an error
  std::string message;  // one line
  std::string details;  // further lines
  std::string output;   // system-out
};

struct Suite {
  std::string name;
  std::string hostname;
  std::string timestamp;
  std::vector<std::pair<std::string, std::string>> properties;
  std::vector<Case> cases;
};

Mark MarkOf(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_PASSED:
    case v1::OUTCOME_FLAKY:
      return Mark::kPassed;
    case v1::OUTCOME_FAILED:
      return Mark::kFailure;
    case v1::OUTCOME_BLOCKED:
    case v1::OUTCOME_SKIPPED:
      return Mark::kSkipped;
    default:
      return Mark::kError;  // no evidence, or not decided: never a pass
  }
}

std::string Seconds(shared::Duration duration) {
  return absl::StrFormat("%.3f", static_cast<double>(duration.count()) / 1e9);
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

// One line, whatever `value` holds.
void AppendLine(std::string* text, const std::string& label, const std::string& value) {
  if (!value.empty()) absl::StrAppend(text, label, SafeText(value), "\n");
}

std::string FailureText(const v1::Failure& failure) {
  std::string text;
  if (failure.step() > 0) {
    AppendLine(&text, "step:     ", absl::StrCat(failure.step(), " ", failure.step_name()));
  }
  AppendLine(&text, "expected: ", failure.expected());
  AppendLine(&text, "seen:     ", failure.actual());
  AppendLine(&text, "target:   ", failure.target());
  AppendLine(&text, "hint:     ", failure.hint());
  return text;
}

std::string StepsText(const v1::Task& task) {
  std::string text;
  const v1::TaskResult& result = task.result();
  int number = 0;
  for (const v1::StepResult& step : result.steps()) {
    AppendLine(&text, "",
               absl::StrCat(++number, " ", std::string(Name(step.outcome())), " ",
                            shared::FormatDuration(shared::FromProto(step.duration())), " ",
                            step.name(), step.observed().empty() ? "" : ": ", step.observed()));
  }
  if (result.tries() > 1) absl::StrAppend(&text, "tries: ", result.tries(), "\n");
  AppendLine(&text, "not cleaned up: ", result.cleanup_error());
  return text;
}

std::string MessageOf(const v1::CheckRecord& check, const v1::Task* task, v1::Outcome outcome) {
  std::string message;
  if (task != nullptr) message = WhyOf(*task);
  if (message.empty()) message = SafeText(check.reason());
  if (message.empty()) message = std::string(Name(outcome));
  return message;
}

Case CaseOf(const v1::CheckRecord& check, const v1::Task* task) {
  Case result;
  result.classname = ClassName(check, task);
  result.name = check.name();
  result.file = check.source().file();
  result.line = check.source().line();
  const v1::Outcome outcome = task == nullptr ? check.outcome() : task->outcome();
  result.mark = MarkOf(outcome);
  result.type = std::string(Name(outcome));
  if (task != nullptr) {
    result.time = shared::FromProto(task->result().duration());
    result.output = StepsText(*task);
    for (const v1::Failure& failure : task->result().failures()) {
      absl::StrAppend(&result.details, FailureText(failure));
    }
  }
  if (result.mark == Mark::kPassed) return result;
  result.message = MessageOf(check, task, outcome);
  if (check.deselected()) {
    result.mark = Mark::kSkipped;
    result.message = "left out by -m or -k";
  } else if (CountsAsPassed(check.outcome())) {
    // The quorum is met without this agent: red here would contradict the verdict.
    result.mark = Mark::kSkipped;
    result.message = absl::StrCat("tolerated, the check has its quorum without this agent: ",
                                  std::string(Name(outcome)), ": ", result.message);
  } else if (outcome == v1::OUTCOME_BLOCKED) {
    result.message = absl::StrCat("BLOCKED: ", result.message);
  }
  AppendLine(&result.details, "impact:   ", check.impact());
  AppendLine(&result.details, "plan:     ", PlaceOf(check));
  return result;
}

// One suite for each (suite, agent), in plan order.
std::vector<Suite> SuitesOf(const RunView& view) {
  std::vector<Suite> suites;
  for (const SuiteView& suite_view : view.suites) {
    std::map<std::string, size_t> by_agent;
    const auto at = [&](const v1::Task* task) -> Suite& {
      const std::string agent = task == nullptr ? "" : task->agent_id();
      const auto [it, added] = by_agent.emplace(agent, suites.size());
      if (added) {
        suites.emplace_back();
        suites.back().name = suite_view.title;
        if (!agent.empty()) absl::StrAppend(&suites.back().name, " @ ", agent);
        suites.back().hostname = agent;
        if (suite_view.target.count() > 0) {
          suites.back().properties = {{"target", shared::FormatDuration(suite_view.target)},
                                      {"over_target", suite_view.over_target ? "true" : "false"}};
        }
      }
      return suites[it->second];
    };
    for (const v1::CheckRecord* check : suite_view.checks) {
      if (check->tasks().empty()) at(nullptr).cases.push_back(CaseOf(*check, nullptr));
      for (const v1::Task& task : check->tasks()) {
        Suite& suite = at(&task);
        suite.cases.push_back(CaseOf(*check, &task));
        if (!task.result().has_start_time()) continue;
        const std::string start =
            shared::FormatWallTime(shared::FromProto(task.result().start_time()));
        if (suite.timestamp.empty() || start < suite.timestamp) suite.timestamp = start;
      }
    }
  }
  return suites;
}

// The policy as a suite: one case for each rule, and one for the decision, so that a run without
// evidence is red for readers that know nothing but JUnit.
Suite VerdictSuite(const v1::Verdict& verdict) {
  Suite suite;
  suite.name = "verdict";
  for (const v1::RuleResult& rule : verdict.rules()) {
    Case result;
    result.classname = "verdict";
    result.name = absl::StrCat("rule ", rule.rule());
    AppendLine(&result.output, "select: ", rule.select());
    AppendLine(&result.output, "value:  ", rule.value());
    AppendLine(&result.output, "limit:  ", rule.limit());
    if (rule.holds()) {
      result.mark = Mark::kFailure;
      result.type = "ROLLBACK";
      result.message = absl::StrCat("rule \"", rule.rule(), "\" holds: ", rule.value(), ", limit ",
                                    rule.limit());
      AppendLine(&result.details, "counted:  ", absl::StrJoin(rule.counted(), ", "));
      AppendLine(&result.details, "evidence: ", rule.first_evidence());
    }
    suite.cases.push_back(std::move(result));
  }
  Case decision;
  decision.classname = "verdict";
  decision.name = "decision";
  decision.type = std::string(Name(verdict.decision()));
  decision.output = absl::StrCat(VerdictLine(verdict), "\n", CountsText(verdict.counts()),
                                 "\nexit code ", ExitCode(verdict.decision()), "\n");
  switch (verdict.decision()) {
    case v1::DECISION_PROMOTE:
      break;
    case v1::DECISION_ROLLBACK:
    case v1::DECISION_HOLD:
      decision.mark = Mark::kFailure;
      break;
    default:
      decision.mark = Mark::kError;
  }
  if (decision.mark != Mark::kPassed) {
    decision.message = VerdictLine(verdict);
    for (const std::string& reason : verdict.reasons()) AppendLine(&decision.details, "", reason);
  }
  suite.cases.push_back(std::move(decision));
  return suite;
}

struct Totals {
  int tests = 0;
  int failures = 0;
  int errors = 0;
  int skipped = 0;
  shared::Duration time{0};

  void Add(const Suite& suite) {
    for (const Case& c : suite.cases) {
      ++tests;
      failures += c.mark == Mark::kFailure;
      errors += c.mark == Mark::kError;
      skipped += c.mark == Mark::kSkipped;
      time += c.time;
    }
  }
  std::string Attributes() const {
    return absl::StrCat(" tests=\"", tests, "\" failures=\"", failures, "\" errors=\"", errors,
                        "\" skipped=\"", skipped, "\"");
  }
};

std::string Attribute(const std::string& name, const std::string& value) {
  return value.empty() ? "" : absl::StrCat(" ", name, "=\"", EscapeMarkup(value), "\"");
}

class JunitWriter {
 public:
  std::string Write(const v1::Run& run) {
    std::vector<Suite> suites = SuitesOf(Arrange(run));
    suites.push_back(VerdictSuite(run.verdict()));
    Totals totals;
    for (const Suite& suite : suites) totals.Add(suite);
    absl::StrAppend(&out_, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites",
                    Attribute("name", run.plan_name()), totals.Attributes(), " time=\"",
                    Seconds(shared::FromProto(run.duration())), "\">\n");
    for (const Suite& suite : suites) WriteSuite(suite);
    out_ += "</testsuites>\n";
    return std::move(out_);
  }

 private:
  void WriteSuite(const Suite& suite) {
    Totals totals;
    totals.Add(suite);
    absl::StrAppend(&out_, "  <testsuite", Attribute("name", suite.name),
                    Attribute("hostname", suite.hostname), Attribute("timestamp", suite.timestamp),
                    " time=\"", Seconds(totals.time), "\"", totals.Attributes(), ">\n");
    if (!suite.properties.empty()) {
      out_ += "    <properties>\n";
      for (const auto& [name, value] : suite.properties) {
        absl::StrAppend(&out_, "      <property", Attribute("name", name),
                        Attribute("value", value), "/>\n");
      }
      out_ += "    </properties>\n";
    }
    for (const Case& c : suite.cases) WriteCase(c);
    out_ += "  </testsuite>\n";
  }

  void WriteCase(const Case& c) {
    // Readers drop the second of two equal names: never let a case vanish.
    std::string name = c.name;
    for (int i = 2; !names_.emplace(c.classname, name).second; ++i) {
      name = absl::StrCat(c.name, " #", i);
    }
    absl::StrAppend(&out_, "    <testcase", Attribute("classname", c.classname),
                    Attribute("name", name), Attribute("file", c.file),
                    c.line > 0 ? absl::StrCat(" line=\"", c.line, "\"") : "", " time=\"",
                    Seconds(c.time), "\"");
    const bool with_output =
        !c.output.empty() && (c.mark != Mark::kPassed || out_.size() < kFullDetailBytes);
    if (c.mark == Mark::kPassed && !with_output) {
      out_ += "/>\n";
      return;
    }
    out_ += ">\n";
    // The message stands in the text again: GitLab shows the text only.
    const std::string text = EscapeMarkupLines(absl::StrCat(c.message, "\n", c.details));
    switch (c.mark) {
      case Mark::kPassed:
        break;
      case Mark::kFailure:
      case Mark::kError: {
        const char* tag = c.mark == Mark::kFailure ? "failure" : "error";
        absl::StrAppend(&out_, "      <", tag, Attribute("message", c.message),
                        Attribute("type", c.type), ">", text, "</", tag, ">\n");
        break;
      }
      case Mark::kSkipped:
        absl::StrAppend(&out_, "      <skipped", Attribute("message", c.message), ">", text,
                        "</skipped>\n");
        break;
    }
    if (with_output) {
      absl::StrAppend(&out_, "      <system-out>", EscapeMarkupLines(c.output), "</system-out>\n");
    }
    out_ += "    </testcase>\n";
  }

  std::string out_;
  std::set<std::pair<std::string, std::string>> names_;
};

}  // namespace

std::string JunitReport(const v1::Run& run) { return JunitWriter().Write(run); }

}  // namespace smokemesh::coordinator
