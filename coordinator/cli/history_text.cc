#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/cli/history.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kTimeColumns = 7;
constexpr size_t kLongestName = 40;
constexpr char kGap[] = "  ";

// Which columns there are.
struct Layout {
  size_t width = 100;
  size_t name = 5;
  size_t first_run = 0;  // older ones do not fit

  // Name, grid and the two times, with the gaps between them.
  static size_t TakenBesideGrid(size_t name) { return name + 2 * (kTimeColumns + 2) + 2; }
};

Layout LayoutOf(const History& history, const TextOptions& options) {
  Layout layout;
  layout.width = static_cast<size_t>(std::max(options.width, 40));
  for (const HistoryRow& row : history.rows) {
    layout.name = std::max(layout.name, Columns(SafeText(row.check)));
  }
  layout.name = std::min({layout.name, kLongestName, layout.width / 2 - 2});
  const size_t room = layout.width - std::min(layout.width, Layout::TakenBesideGrid(layout.name));
  const size_t fit = std::max<size_t>(room, 1);
  if (history.runs.size() > fit) layout.first_run = history.runs.size() - fit;
  return layout;
}

// `text` in exactly so many columns.
std::string Fitted(const std::string& text, size_t columns, bool unicode) {
  if (Columns(text) <= columns) return Padded(text, columns);
  std::string out;
  size_t taken = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (starts && taken + 1 == columns) break;
    if (starts) ++taken;
    out += text[i];
  }
  return out + (unicode ? "…" : ">");
}

std::string Sign(v1::Outcome outcome, const TextOptions& options) {
  const std::string sign =
      outcome == v1::OUTCOME_FLAKY ? std::string("~") : SignOf(outcome, options.unicode);
  return Painted(sign, PaintOf(outcome), options.color);
}

std::string Letter(v1::Decision decision, const TextOptions& options) {
  const char* letter = ".";
  switch (decision) {
    case v1::DECISION_PROMOTE:
      letter = "P";
      break;
    case v1::DECISION_ROLLBACK:
      letter = "R";
      break;
    case v1::DECISION_HOLD:
      letter = "H";
      break;
    case v1::DECISION_INCONCLUSIVE:
      letter = "I";
      break;
    default:
      break;
  }
  return Painted(letter, PaintOf(decision), options.color);
}

std::string TimeText(const std::optional<shared::Duration>& time) {
  return Padded(time ? shared::FormatDuration(*time) : "", kTimeColumns);
}

std::string Remark(const HistoryRow& row) {
  std::vector<std::string> parts;
  if (!row.failing_since.empty()) {
    parts.push_back((row.without_evidence ? "no evidence since " : "newly failing since ") +
                    SafeText(row.failing_since));
  } else if (row.not_passed > 0 && row.not_passed == row.judged) {
    parts.push_back(row.judged == 1 ? "not passed in its only run"
                                    : absl::StrCat("not passed in any of ", row.judged, " runs"));
  } else if (row.not_passed > 0) {
    parts.push_back(absl::StrCat("not passed in ", row.not_passed, " of ", row.judged, " runs"));
  }
  if (row.newly_slow) {
    parts.push_back(absl::StrCat("newly slow (", shared::FormatDuration(*row.newly_slow),
                                 ", usually ", shared::FormatDuration(row.usual), ")"));
  }
  if (row.flaky > 0) parts.push_back(absl::StrCat("flaky in ", row.flaky));
  if (row.shadow) parts.push_back("shadow");
  return absl::StrJoin(parts, ", ");
}

std::string RowText(const History& history, const HistoryRow& row, const Layout& layout,
                    const TextOptions& options) {
  std::string line = Fitted(SafeText(row.check), layout.name, options.unicode) + kGap;
  for (size_t i = layout.first_run; i < history.runs.size(); ++i) {
    line += row.cells[i] ? Sign(row.cells[i]->outcome, options) : " ";
  }
  absl::StrAppend(&line, kGap, TimeText(row.median), kGap, TimeText(row.last));
  const std::string remark = Remark(row);
  const size_t taken =
      Layout::TakenBesideGrid(layout.name) + history.runs.size() - layout.first_run;
  if (remark.empty()) {
    // No blanks at the end of a line.
  } else if (taken + 2 + Columns(remark) <= layout.width) {
    absl::StrAppend(&line, kGap, remark);
  } else {
    while (!line.empty() && line.back() == ' ') line.pop_back();
    for (const std::string& part : Wrapped(remark, static_cast<int>(layout.width) - 4)) {
      absl::StrAppend(&line, "\n    ", part);
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line + "\n";
}

std::string Heading(const History& history, const Layout& layout, const TextOptions& options) {
  const size_t shown = history.runs.size() - layout.first_run;
  std::string line = Padded("CHECK", layout.name) + kGap;
  for (size_t i = layout.first_run; i < history.runs.size(); ++i) {
    line += Letter(history.runs[i].verdict().decision(), options);
  }
  absl::StrAppend(&line, kGap, Padded("MEDIAN", kTimeColumns), kGap, "LAST\n");
  const v1::Run& first = history.runs.front();
  const v1::Run& last = history.runs.back();
  std::string head =
      absl::StrCat("History of ", SafeText(last.plan_name()), ": ",
                   Counted(static_cast<int>(history.runs.size()), "run"), ", ",
                   shared::FormatWallTime(shared::FromProto(first.create_time())), " to ",
                   shared::FormatWallTime(shared::FromProto(last.create_time())), "\n");
  if (layout.first_run > 0) {
    absl::StrAppend(&head, "Of these the newest ", shown, ", which fit the width\n");
  }
  return head + "\n" + line;
}

std::string Legend(const TextOptions& options) {
  const auto sign = [&](v1::Outcome outcome) { return Sign(outcome, options); };
  return absl::StrCat("\n", sign(v1::OUTCOME_PASSED), " passed  ", sign(v1::OUTCOME_FLAKY),
                      " flaky  ", sign(v1::OUTCOME_FAILED), " failed  ", sign(v1::OUTCOME_ERRORED),
                      " blocked or no evidence  ", sign(v1::OUTCOME_SKIPPED), " left out\n",
                      "P promote  R rollback  H hold  I inconclusive; the newest run is on the "
                      "right\n");
}

}  // namespace

std::string HistoryText(const History& history, const TextOptions& options) {
  if (history.runs.empty()) return "no runs\n";
  const Layout layout = LayoutOf(history, options);
  std::string out = Heading(history, layout, options);
  for (const HistoryRow& row : history.rows) out += RowText(history, row, layout, options);
  return out + Legend(options);
}

}  // namespace smokemesh::coordinator
