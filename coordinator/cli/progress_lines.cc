#include "coordinator/cli/progress_lines.h"

#include "absl/strings/str_cat.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/step_lines.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxReasonBytes = 300;

// `head: text`; on a narrow screen the text goes below the head. `columns`: of the head.
void AddLines(const std::string& head, size_t columns, const std::string& text, int width,
              std::vector<std::string>* lines) {
  if (text.empty()) {
    lines->push_back(head);
    return;
  }
  if (width == 0 || columns + 2 + Columns(text) < static_cast<size_t>(width)) {
    lines->push_back(absl::StrCat(head, ": ", text));
    return;
  }
  lines->push_back(head);
  for (const std::string& line : Wrapped(text, width - 5)) lines->push_back("    " + line);
}

void AddCheck(const v1::CheckRecord& check, const Terminal& terminal, int width,
              std::vector<std::string>* lines) {
  const Paint paint = PaintOf(check.outcome());
  const std::string sign = SignOf(check.outcome(), terminal.unicode);
  const std::string word = Padded(Name(check.outcome()), 7);
  std::string name = SafeText(check.name());
  const std::string time =
      TimeOf(check).count() > 0 ? "  " + shared::FormatDuration(TimeOf(check)) : "";
  const std::string shadow = check.shadow() ? "  (shadow)" : "";
  if (width > 0) {
    const size_t others = Columns(sign) + 1 + Columns(word) + 1 + Columns(time) + Columns(shadow);
    const auto room = static_cast<size_t>(width) - 1;
    name = FirstColumns(name, room > others ? room - others : 0);
  }
  std::string head = absl::StrCat(Painted(sign, paint, terminal.color), " ",
                                  Painted(word, paint, terminal.color), " ", name);
  const size_t columns =
      Columns(sign) + 1 + Columns(word) + 1 + Columns(name) + Columns(time) + Columns(shadow);
  absl::StrAppend(&head, Painted(time, Paint::kDim, terminal.color),
                  Painted(shadow, Paint::kDim, terminal.color));
  std::string reason;
  if (check.outcome() != v1::OUTCOME_PASSED) {
    reason = shared::Shorten(SafeText(check.reason()), kMaxReasonBytes);
  }
  AddLines(head, columns, reason, width, lines);
}

}  // namespace

std::vector<std::string> ProgressLines::News(const v1::Run& run, const Options& options) {
  if (run.run_id() != run_id_) {
    run_id_ = run.run_id();
    told_.clear();
    rollback_told_ = false;
  }
  std::vector<std::string> lines;
  for (const v1::CheckRecord& check : run.checks()) {
    if (check.deselected() || check.outcome() == v1::OUTCOME_UNSPECIFIED) continue;
    if (!told_.insert(check.name()).second) continue;
    const bool trouble =
        check.outcome() != v1::OUTCOME_PASSED && check.outcome() != v1::OUTCOME_SKIPPED;
    if (!trouble && options.only_troubles) continue;
    AddCheck(check, terminal_, options.width, &lines);
    if (!options.steps) continue;
    TextOptions text;
    text.color = terminal_.color;
    text.unicode = terminal_.unicode;
    if (options.width > 0) text.width = options.width - 1;
    for (const v1::Task& task : check.tasks()) {
      for (std::string& line : StepLines(check, task, text)) lines.push_back(std::move(line));
    }
  }
  if (run.verdict().decision() == v1::DECISION_ROLLBACK && run.verdict().final() &&
      !rollback_told_) {
    rollback_told_ = true;
    const std::string words = "ROLLBACK is certain";
    AddLines(Painted(words, Paint::kBad, terminal_.color), Columns(words), SummaryOf(run.verdict()),
             options.width, &lines);
  }
  return lines;
}

std::vector<std::string> ProgressLines::RoundNews(const BakeProgress& bake, int width) {
  std::vector<std::string> lines;
  for (const v1::BakeRound& round : bake.ended) {
    if (round.number() <= rounds_told_) continue;
    rounds_told_ = round.number();
    const std::string where = absl::StrCat("round ", round.number(), " of ", bake.planned, ": ");
    const std::string word(Name(round.decision()));
    const std::string time = "  " + shared::FormatDuration(shared::FromProto(round.duration()));
    v1::Verdict verdict;
    verdict.set_decision(round.decision());
    verdict.set_summary(round.summary());
    AddLines(absl::StrCat(where, Painted(word, PaintOf(round.decision()), terminal_.color),
                          Painted(time, Paint::kDim, terminal_.color)),
             Columns(where) + Columns(word) + Columns(time),
             round.decision() == v1::DECISION_PROMOTE ? "" : SummaryOf(verdict), width, &lines);
  }
  return lines;
}

}  // namespace smokemesh::coordinator
