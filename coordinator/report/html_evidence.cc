#include "coordinator/report/html_evidence.h"

#include "absl/strings/str_cat.h"
#include "coordinator/report/html_parts.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using shared::FormatDuration;

void AppendTerm(const char* term, const std::string& value, const char* style, std::string* out) {
  if (value.empty()) return;
  absl::StrAppend(out, "<dt>", term, "</dt><dd", style, ">", EscapeMarkup(value), "</dd>");
}

void AppendFailure(const v1::Failure& failure, std::string* out) {
  absl::StrAppend(out, "<dl>");
  if (failure.step() > 0) {
    AppendTerm("step", absl::StrCat(failure.step(), "  ", failure.step_name()), "", out);
  }
  AppendTerm("expected", failure.expected(), " class=\"mono\"", out);
  AppendTerm("seen", failure.actual(), " class=\"mono seen\"", out);
  AppendTerm("target", failure.target(), " class=\"mono\"", out);
  AppendTerm("hint", failure.hint(), "", out);
  absl::StrAppend(out, "</dl>");
}

void AppendSteps(const v1::TaskResult& result, std::string* out) {
  absl::StrAppend(out, "<table class=\"steps\" aria-label=\"Steps\"><tbody>");
  int number = 0;
  for (const v1::StepResult& step : result.steps()) {
    absl::StrAppend(out, "<tr><td class=\"tight num\">", ++number, "</td><td class=\"tight o-",
                    Lower(step.outcome()), "\"><span role=\"img\" aria-label=\"",
                    Lower(step.outcome()), "\">", SignOf(step.outcome(), true), "</span></td><td>",
                    step.role().empty() ? "" : EscapeMarkup(step.role()) + ": ",
                    EscapeMarkup(step.name()), "</td><td class=\"muted mono\">",
                    EscapeMarkup(step.observed()), "</td><td class=\"tight muted\">",
                    step.outcome() == v1::OUTCOME_SKIPPED
                        ? "not reached"
                        : FormatDuration(shared::FromProto(step.duration())),
                    "</td></tr>");
  }
  absl::StrAppend(out, "</tbody></table>");
}

void AppendRoles(const v1::TaskResult& result, std::string* out) {
  if (result.roles().empty()) return;
  absl::StrAppend(out, "<dl>");
  for (const v1::RoleResult& role : result.roles()) {
    absl::StrAppend(out, "<dt>role</dt><dd><b>", EscapeMarkup(role.role()), "</b> · ",
                    EscapeMarkup(RoleText(role)), "</dd>");
  }
  absl::StrAppend(out, "</dl>");
}

}  // namespace

std::string HtmlEvidence(const v1::CheckRecord& check, const v1::Task& task, bool with_steps) {
  const v1::TaskResult& result = task.result();
  std::string out = absl::StrCat("<div class=\"agent\"><h3>", EscapeMarkup(AgentWithVersion(task)),
                                 " <span>· <b class=\"o-", Lower(task.outcome()), "\">",
                                 std::string(Name(task.outcome())), "</b>");
  if (task.has_result()) {
    absl::StrAppend(&out, " in ", FormatDuration(shared::FromProto(result.duration())));
  }
  if (result.tries() > 1) absl::StrAppend(&out, " · ", result.tries(), " tries");
  if (result.attempt() > 1) absl::StrAppend(&out, " · sent ", result.attempt(), " times");
  absl::StrAppend(&out, "</span></h3>");
  const std::string why = WhyOf(task);
  if (!why.empty() && (result.failures().empty() || !task.reason().empty()) &&
      why != check.reason()) {
    absl::StrAppend(&out, "<p class=\"reason\">", EscapeMarkup(why), "</p>");
  }
  AppendRoles(result, &out);
  for (const v1::Failure& failure : result.failures()) AppendFailure(failure, &out);
  if (!result.cleanup_error().empty()) {
    absl::StrAppend(&out, "<p class=\"reason late\">Not cleaned up: ",
                    EscapeMarkup(result.cleanup_error()), "</p>");
  }
  if (!result.steps().empty() && with_steps) {
    AppendSteps(result, &out);
  } else if (!result.steps().empty()) {
    absl::StrAppend(&out, "<p class=\"note\">Steps left out of this page: see report.json.</p>");
  }
  return out + "</div>";
}

}  // namespace smokemesh::coordinator
