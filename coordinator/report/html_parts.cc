#include "coordinator/report/html_parts.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "coordinator/report/markup.h"
#include "coordinator/verdict/verdict.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kSuiteColors = 8;

}  // namespace

HtmlContext::HtmlContext(const v1::Run& run_of_page) : run(run_of_page), view(Arrange(run)) {
  for (int i = 0; i < run.checks_size(); ++i) {
    index[&run.checks(i)] = i;
    index_by_name.emplace(run.checks(i).name(), i);
    for (const v1::Task& task : run.checks(i).tasks()) {
      if (!task.agent_id().empty()) agents.emplace(task.agent_id(), 0);
    }
  }
  int number = 0;
  for (auto& [agent, own] : agents) own = number++;
  for (size_t i = 0; i < view.suites.size(); ++i) {
    for (const v1::CheckRecord* check : view.suites[i].checks) {
      suite_of[check] = static_cast<int>(i);
    }
  }
}

std::string Lower(v1::Outcome outcome) { return absl::AsciiStrToLower(std::string(Name(outcome))); }

std::string Lower(v1::Decision decision) {
  return absl::AsciiStrToLower(std::string(Name(decision)));
}

std::string SuiteClass(int suite) { return absl::StrCat("s", suite % kSuiteColors); }

std::vector<std::pair<v1::Outcome, int>> InOrder(const v1::OutcomeCounts& counts) {
  return {{v1::OUTCOME_FAILED, counts.failed()},   {v1::OUTCOME_ERRORED, counts.errored()},
          {v1::OUTCOME_MISSING, counts.missing()}, {v1::OUTCOME_ABORTED, counts.aborted()},
          {v1::OUTCOME_BLOCKED, counts.blocked()}, {v1::OUTCOME_FLAKY, counts.flaky()},
          {v1::OUTCOME_PASSED, counts.passed()},   {v1::OUTCOME_SKIPPED, counts.skipped()},
          {v1::OUTCOME_UNSPECIFIED, counts.open()}};
}

std::string StackedBar(const v1::OutcomeCounts& counts, int height) {
  std::string out =
      absl::StrFormat("<svg class=\"stack\" height=\"%d\" role=\"img\" aria-label=\"%s\">", height,
                      EscapeMarkup(CountsText(counts)));
  double x = 0;
  for (const auto& [outcome, count] : InOrder(counts)) {
    if (count == 0) continue;
    const double width = 100.0 * count / std::max(1, counts.planned());
    absl::StrAppendFormat(&out,
                          "<rect class=\"o-%s\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"100%%\"/>",
                          Lower(outcome), x, width);
    x += width;
  }
  return out + "</svg>";
}

std::string CheckLink(const HtmlContext& context, const std::string& name) {
  const auto found = context.index_by_name.find(name);
  if (found == context.index_by_name.end()) return EscapeMarkup(name);
  return absl::StrCat("<a href=\"#c", found->second, "\">", EscapeMarkup(name), "</a>");
}

}  // namespace smokemesh::coordinator
