#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/clean_up_text.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_checks.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/report/text_mesh.h"
#include "coordinator/report/text_page.h"
#include "coordinator/report/text_policy.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using shared::FormatDuration;

class TextWriter {
 public:
  TextWriter(const v1::Run& run, const TextOptions& options)
      : run_(run), page_(options), view_(Arrange(run)) {}

  std::string Write() {
    Header();
    Suites();
    if (page_.options().verbose) EveryCheckText(view_, &page_);
    for (const v1::CheckRecord* check : view_.troubles) TroubleText(*check, &page_);
    Lists();
    Shadow();
    FlowsText(run_, &page_);
    MatrixText(run_, &page_);
    RoundsText(run_, &page_);
    ComparisonText(run_, view_, &page_);
    RulesText(run_, &page_);
    Reasons();
    page_.Line(page_.Colored(HeadlineOf(run_), PaintOf(DecisionOf(run_))));
    return page_.Take();
  }

 private:
  void Header() {
    // A run of a bake says what the bake came to first: the rest is about its last round.
    if (run_.has_bake()) {
      page_.Paragraph(HeadlineOf(run_), PaintOf(DecisionOf(run_)));
      page_.Line();
    }
    std::string facts = absl::StrCat("run ", SafeText(run_.run_id()), page_.Dot(),
                                     Counted(run_.verdict().counts().planned(), "check"), " on ",
                                     Counted(view_.agents, "agent"), page_.Dot(),
                                     FormatDuration(shared::FromProto(run_.duration())));
    if (run_.has_bake()) {
      absl::StrAppend(&facts, page_.Dot(), "round ", run_.options().round().number(), " of ",
                      run_.options().round().planned());
    }
    if (IsCriticalPathOnly(run_)) absl::StrAppend(&facts, page_.Dot(), "critical path only");
    if (const std::string version = DeploymentLabel(run_); !version.empty()) {
      absl::StrAppend(&facts, page_.Dot(), "judges ", version);
    }
    const std::string name = SafeText(run_.plan_name());
    const int columns = static_cast<int>(Columns(name) + 2 + Columns(facts));
    if (columns <= page_.options().width) {
      page_.Line(absl::StrCat(page_.Bold(name), "  ", page_.Dim(facts)));
    } else {
      page_.Paragraph(name, Paint::kBold);
      page_.Paragraph(facts, Paint::kDim);
    }
    if (view_.deselected > 0) {
      page_.Paragraph(absl::StrCat(Counted(view_.deselected, "check"), " left out by ", Filter()),
                      Paint::kDim);
    }
    page_.Line();
  }

  std::string Filter() const {
    std::vector<std::string> parts;
    if (!run_.options().select().empty()) {
      parts.push_back(absl::StrCat("-m \"", SafeText(run_.options().select()), "\""));
    }
    if (!run_.options().match().empty()) {
      parts.push_back(absl::StrCat("-k \"", SafeText(run_.options().match()), "\""));
    }
    return parts.empty() ? "the selection" : absl::StrJoin(parts, " ");
  }

  void Suites() {
    constexpr size_t kMaxTitle = 40;
    size_t widest = 0;
    for (const SuiteView& suite : view_.suites) widest = std::max(widest, Columns(suite.title));
    widest = std::min(widest, kMaxTitle);
    for (const SuiteView& suite : view_.suites) {
      if (suite.counts.planned() == 0) continue;  // wholly left out, or shadow checks only
      std::string title = suite.title + ":";
      if (Columns(title) > kMaxTitle + 1) {
        page_.Paragraph(title);
        title.clear();
      }
      std::string counts = CountsText(suite.counts);
      if (suite.tolerated > 0) absl::StrAppend(&counts, " (", suite.tolerated, " tolerated)");
      const std::string time = suite.time.count() > 0 ? "  " + FormatDuration(suite.time) : "";
      const std::string line =
          absl::StrCat(Padded(title, widest + 1), " ", page_.Sign(SignOfSuite(suite)), " ", counts,
                       page_.Dim(time));
      if (!suite.over_target) {
        page_.Line(line);
        continue;
      }
      const std::string over = absl::StrCat("over its target of ", FormatDuration(suite.target));
      const size_t columns = widest + 4 + Columns(counts) + Columns(time) + 2 + Columns(over);
      if (columns <= static_cast<size_t>(page_.options().width)) {
        page_.Line(absl::StrCat(line, page_.Colored("  " + over, Paint::kWarn)));
      } else {
        page_.Line(line);
        page_.Line(absl::StrCat(std::string(widest + 4, ' '), page_.Colored(over, Paint::kWarn)));
      }
    }
    page_.Line();
  }

  static v1::Outcome SignOfSuite(const SuiteView& suite) {
    const v1::OutcomeCounts& counts = suite.counts;
    const int failed = counts.failed() + counts.blocked();
    const int missing = counts.errored() + counts.missing() + counts.aborted();
    if (failed + missing > 0 && suite.tolerated == failed + missing) return v1::OUTCOME_FLAKY;
    if (failed > 0) return v1::OUTCOME_FAILED;
    if (missing > 0) return v1::OUTCOME_ERRORED;
    if (counts.open() > 0) return v1::OUTCOME_UNSPECIFIED;
    return counts.passed() + counts.flaky() > 0 ? v1::OUTCOME_PASSED : v1::OUTCOME_SKIPPED;
  }

  void Lists() {
    if (!view_.tolerated.empty()) {
      page_.Heading("Tolerated");
      page_.Line();
      for (const v1::CheckRecord* check : view_.tolerated) TroubleText(*check, &page_);
    }
    NameList("Flaky", v1::OUTCOME_FLAKY, view_.flaky);
    NameList("Skipped", v1::OUTCOME_SKIPPED, view_.skipped);
    if (view_.not_cleaned.empty()) return;
    page_.Heading("Not cleaned up");
    int shown = 0;
    for (const auto& [check, task] : view_.not_cleaned) {
      if (++shown > TextPage::kMaxListed) continue;
      page_.Item(v1::OUTCOME_ERRORED,
                 absl::StrCat(SafeText(check->name()), " on ", AgentLabel(*task), ": ",
                              SafeText(task->result().cleanup_error())));
    }
    page_.More(shown);
    page_.Line();
  }

  void NameList(const char* title, v1::Outcome outcome,
                const std::vector<const v1::CheckRecord*>& checks) {
    if (checks.empty()) return;
    page_.Heading(title);
    int shown = 0;
    for (const v1::CheckRecord* check : checks) {
      if (++shown > TextPage::kMaxListed) continue;
      std::string text = SafeText(check->name());
      if (!check->reason().empty()) absl::StrAppend(&text, ": ", SafeText(check->reason()));
      page_.Item(outcome, text);
    }
    page_.More(shown);
    page_.Line();
  }

  void Shadow() {
    if (view_.shadow_counts.planned() == 0) return;
    page_.Heading(absl::StrCat("Shadow (do not count): ", CountsText(view_.shadow_counts)));
    if (!view_.shadow.empty()) page_.Line();
    for (const v1::CheckRecord* check : view_.shadow) TroubleText(*check, &page_);
    if (view_.shadow.empty()) page_.Line();
  }

  void Reasons() {
    const std::vector<std::string> reasons = FurtherReasons(run_);
    if (reasons.empty()) return;
    page_.Heading("Why");
    int shown = 0;
    for (const std::string& reason : reasons) {
      if (++shown > TextPage::kMaxListed) continue;
      for (const std::string& line : Wrapped(reason, page_.options().width - 2)) {
        page_.Line("  " + line);
      }
    }
    page_.More(shown);
    page_.Line();
  }

  const v1::Run& run_;
  TextPage page_;
  const RunView view_;
};

}  // namespace

std::string TextReport(const v1::Run& run, const TextOptions& options) {
  const std::string text =
      IsCleanUp(run) ? CleanUpText(run, options) : TextWriter(run, options).Write();
  return options.unicode ? text : Ascii(text);
}

}  // namespace smokemesh::coordinator
