#include <string>

#include "absl/strings/str_cat.h"
#include "coordinator/report/html_sections.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/matrix_view.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/suite_time.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMostServices = 40;  // beyond, the table is no help

// `✗ failed`, a link to the check that probes it; the cause and the time under it.
std::string EdgeHtml(const HtmlContext& context, const v1::EdgeRecord& edge) {
  const std::string words = Lower(edge.outcome());
  std::string text =
      absl::StrCat("<span class=\"o-", words, "\"><span aria-hidden=\"true\">",
                   SignOf(edge.outcome(), /*unicode=*/true), "</span> ", words, "</span>");
  const auto index = context.index_by_name.find(edge.check());
  if (index != context.index_by_name.end()) {
    text = absl::StrCat("<a href=\"#c", index->second, "\">", text, "</a>");
  }
  if (edge.outcome() == v1::OUTCOME_FAILED) {
    const std::string cause = CauseWord(edge.cause());
    absl::StrAppend(&text, " <b>", cause.empty() ? "cause unknown" : cause, "</b>");
  }
  if (SaneDuration(edge.duration()).count() > 0) {
    absl::StrAppend(&text, " <span class=\"muted\">",
                    shared::FormatDuration(SaneDuration(edge.duration())), "</span>");
  }
  return text;
}

void AppendTable(const HtmlContext& context, const MatrixView& view, std::string* out) {
  absl::StrAppend(out,
                  "<div class=\"card wide\" tabindex=\"0\" role=\"region\" aria-labelledby="
                  "\"services\"><table class=\"reflow matrix\"><thead><tr><th scope=\"col\">"
                  "caller</th>");
  for (const std::string& callee : view.callees) {
    absl::StrAppend(out, "<th scope=\"col\">", EscapeMarkup(callee), "</th>");
  }
  absl::StrAppend(out, "</tr></thead><tbody>\n");
  for (size_t r = 0; r < view.callers.size(); ++r) {
    absl::StrAppend(out, "<tr><th scope=\"row\">", EscapeMarkup(view.callers[r]), "</th>");
    for (size_t c = 0; c < view.callees.size(); ++c) {
      const MatrixView::Cell& cell = view.cells[r][c];
      if (cell.empty()) {
        absl::StrAppend(out, "<td class=\"none\"><span aria-hidden=\"true\">·</span></td>");
        continue;
      }
      absl::StrAppend(out, "<td data-label=\"", EscapeMarkup(view.callees[c]), "\">");
      for (size_t i = 0; i < cell.size(); ++i) {
        absl::StrAppend(out, i > 0 ? "<br>" : "", EdgeHtml(context, *cell[i]));
      }
      absl::StrAppend(out, "</td>");
    }
    absl::StrAppend(out, "</tr>\n");
  }
  absl::StrAppend(out, "</tbody></table></div>\n");
}

// Why what is broken is: the cause, and what it rests on.
void AppendBroken(const HtmlContext& context, const MatrixView& view, std::string* out) {
  if (view.broken.empty()) return;
  constexpr int kMost = 200;
  absl::StrAppend(out,
                  "<div class=\"card causes\"><table class=\"reflow\"><thead><tr><th scope=\"col\">"
                  "Broken edge</th><th scope=\"col\" class=\"tight\">Cause</th><th scope=\"col\">"
                  "Why</th></tr></thead><tbody>\n");
  int shown = 0;
  for (const v1::EdgeRecord* edge : view.broken) {
    if (++shown > kMost) break;
    const std::string cause = CauseWord(edge->cause());
    const auto index = context.index_by_name.find(edge->check());
    std::string label = EscapeMarkup(absl::StrCat(edge->from(), " → ", edge->to()));
    if (index != context.index_by_name.end()) {
      label = absl::StrCat("<a href=\"#c", index->second, "\">", label, "</a>");
    }
    absl::StrAppend(out, "<tr><th scope=\"row\">", label,
                    "</th><td class=\"tight\" data-label=\"cause\">",
                    cause.empty() ? "unknown" : cause, "</td><td>",
                    EscapeMarkup(edge->explanation()), "</td></tr>\n");
  }
  absl::StrAppend(out, "</tbody></table></div>\n");
  if (view.broken.size() > kMost) {
    absl::StrAppend(out, "<p class=\"note\">And ", view.broken.size() - kMost,
                    " more: see report.json.</p>\n");
  }
}

}  // namespace

std::string HtmlMatrix(const HtmlContext& context) {
  const MatrixView view = ArrangeMatrix(context.run);
  if (view.empty()) return "";
  std::string out =
      "<section aria-labelledby=\"services\"><h2 id=\"services\">Services</h2><p "
      "class=\"note\">Who "
      "can call whom: rows are callers, columns are called.</p>";
  if (view.callees.size() > kMostServices || view.callers.size() > kMostServices) {
    absl::StrAppend(&out, "<p class=\"note\">", context.run.edges_size(),
                    " edges, too many for a table: each is a check below.</p>\n");
  } else {
    AppendTable(context, view, &out);
  }
  AppendBroken(context, view, &out);
  return out + "</section>\n";
}

}  // namespace smokemesh::coordinator
