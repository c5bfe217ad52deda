#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "coordinator/report/html_sections.h"
#include "coordinator/report/markup.h"
#include "coordinator/verdict/verdict.h"
#include "shared/clock.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using shared::FormatDuration;

// Bars of many rows are thin and have no label: what they are is in their title.
constexpr int kRowHeight = 24;
constexpr int kThinRowHeight = 9;
constexpr int kMostThickRows = 12;
// Width of the bands on a wide page, and of a letter of a label.
constexpr double kBandPixels = 790;
constexpr double kLetterPixels = 6.6;

struct Bar {
  int check = 0;
  int suite = 0;
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
  std::string name;
  shared::Duration begin{0};  // since the scale's zero
  shared::Duration length{0};
  int row = 0;
};

struct Band {
  std::string label;
  shared::WallTime first = shared::WallTime::max();
  std::vector<Bar> bars;
  int rows = 0;
};

shared::Duration Since(shared::WallTime zero, shared::WallTime time) {
  return std::chrono::duration_cast<shared::Duration>(time - zero);
}

// Puts each bar into the first row that is free by then.
void AssignRows(Band* band) {
  std::stable_sort(band->bars.begin(), band->bars.end(),
                   [](const Bar& a, const Bar& b) { return a.begin < b.begin; });
  std::vector<shared::Duration> free_at;
  for (Bar& bar : band->bars) {
    size_t row = 0;
    while (row < free_at.size() && free_at[row] > bar.begin) ++row;
    if (row == free_at.size()) free_at.emplace_back();
    free_at[row] = bar.begin + bar.length;
    bar.row = static_cast<int>(row);
  }
  band->rows = static_cast<int>(free_at.size());
}

// 1, 2 or 5 times a power of ten, so that the scale has three to seven marks.
shared::Duration TickStep(shared::Duration total) {
  int64_t step = 1000;
  for (;;) {
    for (const int64_t factor : {1, 2, 5}) {
      if (total.count() / (step * factor) <= 6) return shared::Duration(step * factor);
    }
    step *= 10;
  }
}

double Percent(shared::Duration part, shared::Duration whole) {
  return 100.0 * static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

void AppendScale(shared::Duration total, std::string* out) {
  absl::StrAppend(
      out, "<div class=\"corner\"></div><svg class=\"scale\" height=\"18\" aria-hidden=\"true\">");
  const shared::Duration step = TickStep(total);
  for (shared::Duration at{0}; at <= total; at += step) {
    const double x = Percent(at, total);
    const bool near_end = x > 94;
    absl::StrAppendFormat(out, "<text x=\"%.2f%%\" y=\"12\"%s>%s</text>", x,
                          near_end ? " text-anchor=\"end\"" : "",
                          at.count() == 0 ? "0" : FormatDuration(at));
  }
  absl::StrAppend(out, "</svg>\n");
}

// As much of the name as fits into the bar, `…` at the end; empty in a sliver of a bar.
std::string Label(const std::string& name, double width_percent) {
  const double letters = (width_percent / 100 * kBandPixels - 14) / kLetterPixels;
  const std::string safe = SafeText(name);
  if (static_cast<double>(safe.size()) <= letters) return EscapeMarkup(safe);
  if (letters < 4) return "";
  size_t size = static_cast<size_t>(letters) - 1;
  while (size > 0 && (safe[size] & 0xC0) == 0x80) --size;  // not within a character
  return EscapeMarkup(safe.substr(0, size)) + "…";
}

void AppendBar(const HtmlContext& context, const Bar& bar, shared::Duration total, bool thin,
               std::string* out) {
  const int height = thin ? kThinRowHeight : kRowHeight;
  const double width = std::max(0.3, Percent(bar.length, total));
  const double x = std::min(Percent(bar.begin, total), 100 - width);
  const std::string title = absl::StrCat(
      EscapeMarkup(bar.name), ": ", std::string(Name(bar.outcome)), ", ",
      EscapeMarkup(context.view.suites[bar.suite].title), ", ", FormatDuration(bar.length), " at ",
      bar.begin.count() == 0 ? "0s" : FormatDuration(bar.begin));
  absl::StrAppendFormat(
      out,
      "<a href=\"#c%d\" class=\"%s o-%s%s\"><svg x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\" "
      "height=\"%d\" class=\"bar\"><title>%s</title>"
      "<rect class=\"body\" width=\"100%%\" height=\"100%%\" rx=\"3\"/>"
      "<rect class=\"edge\" width=\"%d\" height=\"100%%\"/>",
      bar.check, SuiteClass(bar.suite), Lower(bar.outcome),
      CountsAsPassed(bar.outcome) ? "" : " bad", x, bar.row * height + 2, width,
      height - (thin ? 2 : 4), title, width > 2 ? 3 : 1);
  if (!thin) {
    const std::string label = Label(bar.name, width);
    if (!label.empty()) absl::StrAppend(out, "<text x=\"8\" y=\"14\">", label, "</text>");
  }
  *out += "</svg></a>\n";
}

// A dashed line where a suite reaches its target, if that is on the scale.
void AppendTargets(const HtmlContext& context, const Band& band, shared::Duration total,
                   std::string* out) {
  std::map<int, shared::Duration> begin_of;  // by suite
  for (const Bar& bar : band.bars) {
    const auto [it, added] = begin_of.emplace(bar.suite, bar.begin);
    if (!added) it->second = std::min(it->second, bar.begin);
  }
  for (const auto& [number, begin] : begin_of) {
    const SuiteView& suite = context.view.suites[number];
    if (suite.target.count() <= 0 || begin + suite.target > total) continue;
    const double x = Percent(begin + suite.target, total);
    absl::StrAppendFormat(out,
                          "<line class=\"target %s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" "
                          "y2=\"100%%\"><title>target of %s: %s</title></line>\n",
                          SuiteClass(number), x, x, EscapeMarkup(suite.title),
                          FormatDuration(suite.target));
  }
}

void AppendBand(const HtmlContext& context, const Band& band, shared::Duration total,
                std::string* out) {
  const bool thin = band.rows > kMostThickRows;
  absl::StrAppendFormat(
      out,
      "<div class=\"lane\">%s</div><svg class=\"band%s\" height=\"%d\" role=\"group\" "
      "aria-label=\"checks on %s\">\n",
      band.label, thin ? " thin" : "", band.rows * (thin ? kThinRowHeight : kRowHeight),
      band.label);
  const shared::Duration step = TickStep(total);
  for (shared::Duration at{0}; at <= total; at += step) {
    absl::StrAppendFormat(out, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"100%%\"/>",
                          Percent(at, total), Percent(at, total));
  }
  *out += "\n";
  for (const Bar& bar : band.bars) AppendBar(context, bar, total, thin, out);
  AppendTargets(context, band, total, out);
  *out += "</svg>\n";
}

std::map<std::string, Band> BandsOf(const HtmlContext& context) {
  const v1::Run& run = context.run;
  std::map<std::string, Band> bands;
  for (int i = 0; i < run.checks_size(); ++i) {
    for (const v1::Task& task : run.checks(i).tasks()) {
      if (!task.result().has_start_time()) continue;
      Band& band = bands[task.agent_id()];
      band.label = EscapeMarkup(AgentLabel(task));
      const shared::WallTime start = shared::FromProto(task.result().start_time());
      band.first = std::min(band.first, start);
      Bar bar;
      bar.check = i;
      bar.suite = context.suite_of.at(&run.checks(i));
      bar.outcome = task.outcome();
      bar.name = run.checks(i).name();
      bar.begin = Since(shared::WallTime(), start);
      bar.length = shared::FromProto(task.result().duration());
      band.bars.push_back(std::move(bar));
    }
  }
  return bands;
}

// Colours of the suites, and their targets.
void AppendKey(const HtmlContext& context, std::string* out) {
  absl::StrAppend(out, "<div class=\"legend\">");
  bool targets = false;
  for (size_t i = 0; i < context.view.suites.size(); ++i) {
    const SuiteView& suite = context.view.suites[i];
    absl::StrAppend(out, "<span><i class=\"swatch ", SuiteClass(static_cast<int>(i)), "\"></i>",
                    EscapeMarkup(suite.title));
    if (suite.target.count() > 0) {
      targets = true;
      absl::StrAppend(out, ", target ", FormatDuration(suite.target),
                      suite.over_target ? " <b class=\"late\">missed</b>" : "");
    }
    absl::StrAppend(out, "</span>");
  }
  absl::StrAppend(out, "<span>filled: did not pass</span>",
                  targets ? "<span>dashed: target</span>" : "", "</div>\n");
}

}  // namespace

std::string HtmlTimeline(const HtmlContext& context) {
  std::map<std::string, Band> bands = BandsOf(context);
  if (bands.empty()) return "";
  shared::WallTime first = shared::WallTime::max();
  shared::WallTime last = shared::WallTime::min();
  for (const auto& [agent, band] : bands) {
    first = std::min(first, band.first);
    last = std::max(last, band.first);
  }
  const bool clocks_differ = Since(first, last) > shared::FromProto(context.run.duration());
  shared::Duration total{1000};
  for (auto& [agent, band] : bands) {
    const shared::WallTime zero = clocks_differ ? band.first : first;
    for (Bar& bar : band.bars) {
      bar.begin -= Since(shared::WallTime(), zero);
      total = std::max(total, bar.begin + bar.length);
    }
    AssignRows(&band);
  }
  std::string out = "<section aria-labelledby=\"timeline\"><h2 id=\"timeline\">Timeline</h2>\n";
  if (clocks_differ) {
    out +=
        "<p class=\"note\">The agents' clocks differ: each band begins at its own first "
        "check.</p>\n";
  }
  AppendKey(context, &out);
  out += "<div class=\"timeline\">\n";
  AppendScale(total, &out);
  for (const auto& [agent, band] : bands) AppendBand(context, band, total, &out);
  out += "</div>\n<p id=\"bar\" class=\"note\" aria-hidden=\"true\"></p>\n";
  return out + "</section>\n";
}

}  // namespace smokemesh::coordinator
