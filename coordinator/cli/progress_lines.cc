#include "coordinator/cli/progress_lines.h"

#include "absl/strings/str_cat.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxReasonBytes = 300;

std::string CheckLine(const v1::CheckRecord& check, const Terminal& terminal) {
  const Paint paint = PaintOf(check.outcome());
  std::string line =
      absl::StrCat(Painted(SignOf(check.outcome(), terminal.unicode), paint, terminal.color), " ",
                   Painted(Padded(Name(check.outcome()), 7), paint, terminal.color), " ",
                   SafeText(check.name()));
  const shared::Duration time = TimeOf(check);
  if (time.count() > 0) {
    absl::StrAppend(&line,
                    Painted("  " + shared::FormatDuration(time), Paint::kDim, terminal.color));
  }
  if (!check.reason().empty() && check.outcome() != v1::OUTCOME_PASSED) {
    absl::StrAppend(&line, ": ", shared::Shorten(SafeText(check.reason()), kMaxReasonBytes));
  }
  return line;
}

}  // namespace

std::vector<std::string> ProgressLines::News(const v1::Run& run, bool only_troubles) {
  std::vector<std::string> lines;
  for (const v1::CheckRecord& check : run.checks()) {
    if (check.deselected() || check.outcome() == v1::OUTCOME_UNSPECIFIED) continue;
    if (!told_.insert(check.name()).second) continue;
    const bool trouble =
        check.outcome() != v1::OUTCOME_PASSED && check.outcome() != v1::OUTCOME_SKIPPED;
    if (trouble || !only_troubles) lines.push_back(CheckLine(check, terminal_));
  }
  if (run.verdict().decision() == v1::DECISION_ROLLBACK && run.verdict().final() &&
      !rollback_told_) {
    rollback_told_ = true;
    lines.push_back(absl::StrCat(Painted("ROLLBACK is certain", Paint::kBad, terminal_.color), ": ",
                                 SummaryOf(run.verdict())));
  }
  return lines;
}

}  // namespace smokemesh::coordinator
