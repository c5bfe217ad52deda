#include "coordinator/report/text_mesh.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/matrix_view.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxRows = 40;

// `✓ 12ms`, `✗ network`, `✗ ?`.
std::string CellText(const v1::EdgeRecord& edge) {
  if (edge.outcome() == v1::OUTCOME_FAILED) {
    const std::string cause = CauseWord(edge.cause());
    return cause.empty() ? "?" : cause;
  }
  if (!edge.explanation().empty() || edge.outcome() == v1::OUTCOME_SKIPPED ||
      edge.outcome() == v1::OUTCOME_UNSPECIFIED) {
    return EdgeWords(edge);
  }
  return shared::FormatDuration(shared::FromProto(edge.duration()));
}

// All edges of a cell; of those that nobody declared a dot.
std::string CellText(const MatrixView::Cell& cell, const TextPage& page) {
  std::string text;
  for (const v1::EdgeRecord* edge : cell) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    SignOf(edge->outcome(), page.options().unicode), " ", CellText(*edge));
  }
  return !text.empty() ? text : page.options().unicode ? "·" : ".";
}

// The worst of a cell decides its colour.
Paint PaintOfCell(const MatrixView::Cell& cell) {
  if (cell.empty()) return Paint::kDim;
  for (const v1::EdgeRecord* edge : cell) {
    if (!edge->explanation().empty()) return PaintOf(edge->outcome());
  }
  return PaintOf(cell[0]->outcome());
}

// False when the page is too narrow or the matrix too long.
bool Table(const MatrixView& view, TextPage* page) {
  std::vector<std::vector<std::string>> rows;
  std::vector<size_t> widths(view.callees.size());
  size_t widest = 0;
  for (size_t c = 0; c < view.callees.size(); ++c) widths[c] = Columns(SafeText(view.callees[c]));
  for (size_t r = 0; r < view.callers.size(); ++r) {
    widest = std::max(widest, Columns(SafeText(view.callers[r])));
    rows.emplace_back();
    for (size_t c = 0; c < view.callees.size(); ++c) {
      rows.back().push_back(CellText(view.cells[r][c], *page));
      widths[c] = std::max(widths[c], Columns(rows.back().back()));
    }
  }
  size_t all = 2 + widest;
  for (const size_t width : widths) all += 2 + width;
  if (all > static_cast<size_t>(page->options().width) || rows.size() > kMaxRows) return false;
  std::string head(2 + widest, ' ');
  for (size_t c = 0; c < widths.size(); ++c) {
    const std::string callee = SafeText(view.callees[c]);
    absl::StrAppend(&head, "  ", c + 1 == widths.size() ? callee : Padded(callee, widths[c]));
  }
  page->Line(page->Dim(head));
  for (size_t r = 0; r < rows.size(); ++r) {
    std::string line = "  " + Padded(SafeText(view.callers[r]), widest);
    for (size_t c = 0; c < widths.size(); ++c) {
      const bool is_last = c + 1 == widths.size();
      absl::StrAppend(&line, "  ",
                      page->Colored(is_last ? rows[r][c] : Padded(rows[r][c], widths[c]),
                                    PaintOfCell(view.cells[r][c])));
    }
    page->Line(line);
  }
  return true;
}

}  // namespace

void FlowsText(const v1::Run& run, TextPage* page) {
  int shown = 0;
  for (const v1::CheckRecord& check : run.checks()) {
    for (const v1::Task& task : check.tasks()) {
      for (const v1::RoleResult& role : task.result().roles()) {
        if (++shown == 1) page->Heading("Flows (latency of each role since all were ready)");
        if (shown > static_cast<int>(kMaxRows)) continue;
        page->Item(role.outcome(),
                   absl::StrCat(SafeText(check.name()), page->Dot(), SafeText(role.role()), " on ",
                                AgentLabel(task), page->Dot(), RoleText(role)));
      }
    }
  }
  if (shown > static_cast<int>(kMaxRows)) {
    page->Line(absl::StrCat("    and ", shown - static_cast<int>(kMaxRows), " more"));
  }
  if (shown > 0) page->Line();
}

void MatrixText(const v1::Run& run, TextPage* page) {
  const MatrixView view = ArrangeMatrix(run);
  if (view.empty()) return;
  page->Heading("Services (rows call columns)");
  if (!Table(view, page)) {
    int listed = 0;
    for (const v1::EdgeRecord& edge : run.edges()) {
      if (!edge.explanation().empty()) continue;  // below
      if (++listed > TextPage::kMaxListed) continue;
      page->Item(edge.outcome(),
                 absl::StrCat(EdgeLabel(edge, page->options().unicode), ": ", CellText(edge)));
    }
    page->More(listed);
  }
  int shown = 0;
  for (const v1::EdgeRecord* edge : view.broken) {
    if (++shown > TextPage::kMaxListed) continue;
    page->Item(edge->outcome(),
               absl::StrCat(EdgeLabel(*edge, page->options().unicode), " ", EdgeWords(*edge), ", ",
                            SafeText(edge->explanation())));
  }
  page->More(shown);
  page->Line();
}

}  // namespace smokemesh::coordinator
