#include "coordinator/report/html_timeline.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "shared/clock.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kRowHeight = 24;
constexpr int kBarHeight = 20;

struct Bar {
  int check = 0;
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
  absl::StrAppend(out, "<div></div><svg class=\"scale\" height=\"18\" aria-hidden=\"true\">");
  const shared::Duration step = TickStep(total);
  for (shared::Duration at{0}; at <= total; at += step) {
    const double x = Percent(at, total);
    const bool near_end = x > 94;
    absl::StrAppendFormat(out, "<text x=\"%.2f%%\" y=\"12\"%s>%s</text>", x,
                          near_end ? " text-anchor=\"end\"" : "",
                          at.count() == 0 ? "0" : shared::FormatDuration(at));
  }
  absl::StrAppend(out, "</svg>\n");
}

void AppendBand(const Band& band, shared::Duration total, std::string* out) {
  absl::StrAppendFormat(
      out,
      "<div class=\"lane\">%s</div><svg class=\"band\" height=\"%d\" role=\"img\" "
      "aria-label=\"checks on %s\">\n",
      band.label, band.rows * kRowHeight, band.label);
  const shared::Duration step = TickStep(total);
  for (shared::Duration at{0}; at <= total; at += step) {
    absl::StrAppendFormat(out, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"100%%\"/>",
                          Percent(at, total), Percent(at, total));
  }
  *out += "\n";
  for (const Bar& bar : band.bars) {
    const std::string word(Name(bar.outcome));
    const std::string name = EscapeMarkup(bar.name);
    const double width = std::max(0.25, Percent(bar.length, total));
    const double x = std::min(Percent(bar.begin, total), 100 - width);
    absl::StrAppendFormat(
        out,
        "<a href=\"#c%d\"><svg x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\" height=\"%d\" "
        "class=\"bar o-%s\"><title>%s: %s, %s at %s</title>"
        "<rect width=\"100%%\" height=\"100%%\" rx=\"3\"/>",
        bar.check, x, bar.row * kRowHeight + 2, width, kBarHeight, absl::AsciiStrToLower(word),
        name, word, shared::FormatDuration(bar.length), shared::FormatDuration(bar.begin));
    // A label in a sliver of a bar is noise.
    if (width > 4) absl::StrAppend(out, "<text x=\"6\" y=\"14\">", name, "</text>");
    *out += "</svg></a>\n";
  }
  *out += "</svg>\n";
}

std::map<std::string, Band> BandsOf(const v1::Run& run) {
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
      bar.outcome = task.outcome();
      bar.name = run.checks(i).name();
      bar.begin = Since(shared::WallTime(), start);
      bar.length = shared::FromProto(task.result().duration());
      band.bars.push_back(std::move(bar));
    }
  }
  return bands;
}

}  // namespace

std::string HtmlTimeline(const v1::Run& run) {
  std::map<std::string, Band> bands = BandsOf(run);
  if (bands.empty()) return "";
  shared::WallTime first = shared::WallTime::max();
  shared::WallTime last = shared::WallTime::min();
  for (const auto& [agent, band] : bands) {
    first = std::min(first, band.first);
    last = std::max(last, band.first);
  }
  const bool clocks_differ = Since(first, last) > shared::FromProto(run.duration());
  shared::Duration total{1000};
  for (auto& [agent, band] : bands) {
    const shared::WallTime zero = clocks_differ ? band.first : first;
    for (Bar& bar : band.bars) {
      bar.begin -= Since(shared::WallTime(), zero);
      total = std::max(total, bar.begin + bar.length);
    }
    AssignRows(&band);
  }
  std::string out = "<section>\n<h2>Timeline</h2>\n";
  if (clocks_differ) {
    out +=
        "<p class=\"note\">The agents' clocks differ: each band begins at its own first "
        "check.</p>\n";
  }
  out += "<div class=\"timeline\">\n";
  AppendScale(total, &out);
  for (const auto& [agent, band] : bands) AppendBand(band, total, &out);
  out += "</div>\n</section>\n";
  return out;
}

}  // namespace smokemesh::coordinator
