#include "coordinator/report/step_lines.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxValueBytes = 1200;

// `lead` and then `text`, wrapped under its own beginning.
void AddWrapped(const std::string& lead, size_t lead_columns, const std::string& text, int width,
                std::vector<std::string>* lines) {
  std::string before = lead;
  for (const std::string& line :
       Wrapped(shared::Shorten(text, kMaxValueBytes), width - static_cast<int>(lead_columns))) {
    lines->push_back(absl::StrCat(before, line));
    before.assign(lead_columns, ' ');
  }
}

}  // namespace

std::vector<std::string> StepLines(const v1::CheckRecord& check, const v1::Task& task,
                                   const TextOptions& options) {
  std::vector<std::string> lines;
  const std::string dot = options.unicode ? " · " : ", ";
  std::string head = AgentWithVersion(task);
  if (check.tasks_size() > 1) absl::StrAppend(&head, ": ", std::string(Name(task.outcome())));
  if (task.has_result()) {
    absl::StrAppend(&head, dot,
                    shared::FormatDuration(shared::FromProto(task.result().duration())));
  }
  if (task.result().tries() > 1) absl::StrAppend(&head, dot, task.result().tries(), " tries");
  if (task.outcome() != v1::OUTCOME_PASSED && !WhyOf(task).empty()) {
    absl::StrAppend(&head, ": ", WhyOf(task));
  }
  AddWrapped("      ", 6, head, options.width, &lines);
  int number = 0;
  for (const v1::StepResult& step : task.result().steps()) {
    const std::string lead = absl::StrCat(
        "        ",
        Painted(SignOf(step.outcome(), options.unicode), PaintOf(step.outcome()), options.color),
        " ");
    std::string text = absl::StrCat(++number, " ", SafeText(step.role()),
                                    step.role().empty() ? "" : ": ", SafeText(step.name()));
    if (step.outcome() == v1::OUTCOME_SKIPPED) {
      absl::StrAppend(&text, dot, "not reached");
    } else {
      absl::StrAppend(&text, dot, shared::FormatDuration(shared::FromProto(step.duration())));
    }
    if (!step.observed().empty()) absl::StrAppend(&text, ": ", SafeText(step.observed()));
    AddWrapped(lead, 10, text, options.width, &lines);
  }
  return lines;
}

}  // namespace smokemesh::coordinator
