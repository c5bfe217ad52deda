#include "coordinator/report/text_checks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/step_lines.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

// A terminal is read from its end: what does not fit on a screen or two is left to report.html.
constexpr int kMaxAgentsPerCheck = 4;
constexpr int kMaxFailuresPerAgent = 3;

void FailureText(const v1::Failure& failure, TextPage* page) {
  if (failure.step() > 0) {
    page->Field("step", absl::StrCat(failure.step(), " ", SafeText(failure.step_name())));
  }
  page->Field("expected", SafeText(failure.expected()));
  page->Field("seen", SafeText(failure.actual()), Paint::kBad);
  page->Field("target", SafeText(failure.target()));
  page->Field("hint", SafeText(failure.hint()));
}

void AgentText(const v1::CheckRecord& check, const v1::Task& task, TextPage* page) {
  std::string agent = AgentWithVersion(task);
  if (check.tasks_size() > 1) absl::StrAppend(&agent, ": ", std::string(Name(task.outcome())));
  if (task.result().tries() > 1) {
    absl::StrAppend(&agent, page->Dot(), task.result().tries(), " tries");
  }
  page->Field("agent", agent);
  for (const v1::RoleResult& role : task.result().roles()) {
    page->Field("role", absl::StrCat(SafeText(role.role()), page->Dot(), RoleText(role)));
  }
  const auto& failures = task.result().failures();
  // The message says the same as the first failure does; without one it is all there is.
  const std::string why = WhyOf(task);
  if ((failures.empty() || !task.reason().empty()) && why != SafeText(check.reason())) {
    page->Field("why", why);
  }
  for (int i = 0; i < failures.size() && i < kMaxFailuresPerAgent; ++i) {
    FailureText(failures[i], page);
  }
  if (failures.size() > kMaxFailuresPerAgent) {
    page->Field("", absl::StrCat("and ", Counted(failures.size() - kMaxFailuresPerAgent, "failure"),
                                 " more"));
  }
}

// `✗ FAILED  login  [critical]`, and what else it is.
std::string CheckHead(const v1::CheckRecord& check, bool time, const TextPage& page) {
  std::string line =
      absl::StrCat(page.Sign(check.outcome()), " ",
                   page.Colored(std::string(Name(check.outcome())), PaintOf(check.outcome())), "  ",
                   page.Bold(SafeText(check.name())));
  if (time && TimeOf(check).count() > 0) {
    absl::StrAppend(&line, page.Dim("  " + shared::FormatDuration(TimeOf(check))));
  }
  if (IsCritical(check)) absl::StrAppend(&line, "  ", page.Colored("[critical]", Paint::kBad));
  if (time && check.shadow()) absl::StrAppend(&line, page.Dim("  [shadow]"));
  return line;
}

}  // namespace

void TroubleText(const v1::CheckRecord& check, TextPage* page) {
  page->Line(CheckHead(check, /*time=*/false, *page));
  // The failures below say the same in full.
  const bool has_failures =
      std::any_of(check.tasks().begin(), check.tasks().end(),
                  [](const v1::Task& task) { return !task.result().failures().empty(); });
  if (!has_failures) page->Field("why", SafeText(check.reason()));
  int shown = 0;
  int hidden = 0;
  for (const v1::Task& task : check.tasks()) {
    if (CountsAsPassed(task.outcome())) continue;
    if (shown == kMaxAgentsPerCheck) {
      ++hidden;
      continue;
    }
    ++shown;
    AgentText(check, task, page);
  }
  if (hidden > 0) page->Field("", absl::StrCat("and the same check on ", Counted(hidden, "agent")));
  page->Field("impact", SafeText(check.impact()));
  page->Field("plan", PlaceOf(check));
  page->Line();
}

void EveryCheckText(const RunView& view, TextPage* page) {
  for (const SuiteView& suite : view.suites) {
    if (suite.deselected == static_cast<int>(suite.checks.size())) continue;
    page->Heading(suite.title);
    for (const v1::CheckRecord* check : suite.checks) {
      if (check->deselected()) continue;
      page->Line("  " + CheckHead(*check, /*time=*/true, *page));
      for (const v1::Task& task : check->tasks()) {
        for (const std::string& line : StepLines(*check, task, page->options())) page->Line(line);
      }
    }
    page->Line();
  }
}

}  // namespace smokemesh::coordinator
