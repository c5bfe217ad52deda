#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/clean_up_text.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

using shared::FormatDuration;

// A terminal is read from its end: what does not fit on a screen or two is left to report.html.
constexpr int kMaxAgentsPerCheck = 4;
constexpr int kMaxFailuresPerAgent = 3;
constexpr int kMaxListed = 12;
constexpr size_t kMaxValueBytes = 1200;
constexpr size_t kLabelColumns = 10;

class TextWriter {
 public:
  TextWriter(const v1::Run& run, const TextOptions& options)
      : run_(run), options_(options), view_(Arrange(run)) {}

  std::string Write() {
    Header();
    Suites();
    for (const v1::CheckRecord* check : view_.troubles) Trouble(*check);
    Lists();
    Rules();
    Reasons();
    Line(Painted(VerdictLine(run_.verdict()), PaintOf(run_.verdict().decision()), options_.color));
    return std::move(out_);
  }

 private:
  void Line(const std::string& text = "") { absl::StrAppend(&out_, text, "\n"); }
  std::string Dim(const std::string& text) { return Painted(text, Paint::kDim, options_.color); }
  std::string Bold(const std::string& text) { return Painted(text, Paint::kBold, options_.color); }
  std::string Sign(v1::Outcome outcome) {
    return Painted(SignOf(outcome, options_.unicode), PaintOf(outcome), options_.color);
  }
  std::string Dot() { return options_.unicode ? " · " : ", "; }

  void Header() {
    std::string facts = absl::StrCat("run ", SafeText(run_.run_id()), Dot(),
                                     Counted(run_.verdict().counts().planned(), "check"), " on ",
                                     Counted(view_.agents, "agent"), Dot(),
                                     FormatDuration(shared::FromProto(run_.duration())));
    if (IsCriticalPathOnly(run_)) absl::StrAppend(&facts, Dot(), "critical path only");
    Line(absl::StrCat(Bold(SafeText(run_.plan_name())), "  ", Dim(facts)));
    if (view_.deselected > 0) {
      Line(Dim(absl::StrCat(Counted(view_.deselected, "check"), " left out by ", Filter())));
    }
    Line();
  }

  std::string Filter() {
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
    size_t widest = 0;
    for (const SuiteView& suite : view_.suites) widest = std::max(widest, Columns(suite.title));
    widest = std::min<size_t>(widest, 40);
    for (const SuiteView& suite : view_.suites) {
      if (suite.counts.planned() == 0) continue;  // wholly left out by -m or -k
      std::string line = absl::StrCat(Padded(suite.title + ":", widest + 1), " ",
                                      Sign(SuiteSign(suite.counts)), " ", CountsText(suite.counts));
      if (suite.time.count() > 0) absl::StrAppend(&line, Dim("  " + FormatDuration(suite.time)));
      if (suite.over_target) {
        absl::StrAppend(&line,
                        Painted(absl::StrCat("  over its target of ", FormatDuration(suite.target)),
                                Paint::kWarn, options_.color));
      }
      Line(line);
    }
    Line();
  }

  static v1::Outcome SuiteSign(const v1::OutcomeCounts& counts) {
    if (counts.failed() + counts.blocked() > 0) return v1::OUTCOME_FAILED;
    if (counts.errored() + counts.missing() + counts.aborted() > 0) return v1::OUTCOME_ERRORED;
    if (counts.open() > 0) return v1::OUTCOME_UNSPECIFIED;
    return counts.passed() + counts.flaky() > 0 ? v1::OUTCOME_PASSED : v1::OUTCOME_SKIPPED;
  }

  void Trouble(const v1::CheckRecord& check) {
    const std::string word(Name(check.outcome()));
    std::string line = absl::StrCat(Sign(check.outcome()), " ",
                                    Painted(word, PaintOf(check.outcome()), options_.color), "  ",
                                    Bold(SafeText(check.name())));
    if (IsCritical(check)) {
      absl::StrAppend(&line, "  ", Painted("[critical]", Paint::kBad, options_.color));
    }
    Line(line);
    // The failures below say the same in full.
    const bool has_failures =
        std::any_of(check.tasks().begin(), check.tasks().end(),
                    [](const v1::Task& task) { return !task.result().failures().empty(); });
    if (!has_failures) Field("why", SafeText(check.reason()));
    int shown = 0;
    int hidden = 0;
    for (const v1::Task& task : check.tasks()) {
      if (CountsAsPassed(task.outcome())) continue;
      if (shown == kMaxAgentsPerCheck) {
        ++hidden;
        continue;
      }
      ++shown;
      AgentEvidence(check, task);
    }
    if (hidden > 0) Field("", absl::StrCat("and the same check on ", Counted(hidden, "agent")));
    if (!check.impact().empty()) Field("impact", SafeText(check.impact()));
    if (const std::string place = PlaceOf(check); !place.empty()) Field("plan", place);
    Line();
  }

  void AgentEvidence(const v1::CheckRecord& check, const v1::Task& task) {
    std::string agent = AgentLabel(task);
    if (check.tasks_size() > 1) absl::StrAppend(&agent, ": ", std::string(Name(task.outcome())));
    if (task.result().tries() > 1) {
      absl::StrAppend(&agent, Dot(), task.result().tries(), " tries");
    }
    Field("agent", agent);
    const auto& failures = task.result().failures();
    // The message says the same as the first failure does; without one it is all there is.
    const std::string why = WhyOf(task);
    if ((failures.empty() || !task.reason().empty()) && why != SafeText(check.reason())) {
      Field("why", why);
    }
    for (int i = 0; i < failures.size() && i < kMaxFailuresPerAgent; ++i) OneFailure(failures[i]);
    if (failures.size() > kMaxFailuresPerAgent) {
      Field("", absl::StrCat("and ", Counted(failures.size() - kMaxFailuresPerAgent, "failure"),
                             " more"));
    }
  }

  void OneFailure(const v1::Failure& failure) {
    if (failure.step() > 0) {
      Field("step", absl::StrCat(failure.step(), " ", SafeText(failure.step_name())));
    }
    Field("expected", SafeText(failure.expected()));
    Field("seen", SafeText(failure.actual()), Paint::kBad);
    Field("target", SafeText(failure.target()));
    Field("hint", SafeText(failure.hint()));
  }

  // `    label     value`, the value wrapped under itself.
  void Field(const std::string& label, const std::string& value, Paint paint = Paint::kNone) {
    if (value.empty()) return;
    const int width = options_.width - 4 - static_cast<int>(kLabelColumns);
    std::string lead = absl::StrCat("    ", Dim(Padded(label, kLabelColumns)));
    for (const std::string& line : Wrapped(shared::Shorten(value, kMaxValueBytes), width)) {
      Line(absl::StrCat(lead, Painted(line, paint, options_.color)));
      lead.assign(4 + kLabelColumns, ' ');
    }
  }

  void Lists() {
    NameList("Flaky", v1::OUTCOME_FLAKY, view_.flaky);
    NameList("Skipped", v1::OUTCOME_SKIPPED, view_.skipped);
    if (view_.not_cleaned.empty()) return;
    Line(Bold("Not cleaned up"));
    int shown = 0;
    for (const auto& [check, task] : view_.not_cleaned) {
      if (++shown > kMaxListed) continue;
      Item(v1::OUTCOME_ERRORED, absl::StrCat(SafeText(check->name()), " on ", AgentLabel(*task),
                                             ": ", SafeText(task->result().cleanup_error())));
    }
    More(shown);
    Line();
  }

  void NameList(const char* title, v1::Outcome outcome,
                const std::vector<const v1::CheckRecord*>& checks) {
    if (checks.empty()) return;
    Line(Bold(title));
    int shown = 0;
    for (const v1::CheckRecord* check : checks) {
      if (++shown > kMaxListed) continue;
      std::string text = SafeText(check->name());
      if (!check->reason().empty()) absl::StrAppend(&text, ": ", SafeText(check->reason()));
      Item(outcome, text);
    }
    More(shown);
    Line();
  }

  void Item(v1::Outcome outcome, const std::string& text) {
    std::string lead = absl::StrCat("  ", Sign(outcome), " ");
    for (const std::string& line : Wrapped(text, options_.width - 4)) {
      Line(absl::StrCat(lead, line));
      lead.assign(4, ' ');
    }
  }

  void More(int listed) {
    if (listed > kMaxListed) Line(Dim(absl::StrCat("    and ", listed - kMaxListed, " more")));
  }

  void Rules() {
    if (run_.verdict().rules().empty()) return;
    Line(Bold("Rules"));
    size_t widest_name = 0;
    size_t widest_value = 0;
    for (const v1::RuleResult& rule : run_.verdict().rules()) {
      widest_name = std::max(widest_name, Columns(SafeText(rule.rule())));
      widest_value = std::max(widest_value, Columns(SafeText(rule.value())));
    }
    for (const v1::RuleResult& rule : run_.verdict().rules()) {
      const v1::Outcome outcome = rule.holds() ? v1::OUTCOME_FAILED : v1::OUTCOME_PASSED;
      Line(absl::StrCat("  ", Sign(outcome), " ",
                        Padded(SafeText(rule.rule()), std::min<size_t>(widest_name, 40)), "  ",
                        Padded(SafeText(rule.value()), std::min<size_t>(widest_value, 40)), "  ",
                        Dim("limit: " + SafeText(rule.limit()))));
      if (!rule.holds()) continue;
      std::vector<std::string> names;
      for (const std::string& name : rule.counted()) {
        if (static_cast<int>(names.size()) == kMaxListed) {
          names.push_back(absl::StrCat("and ", rule.counted_size() - kMaxListed, " more"));
          break;
        }
        names.push_back(SafeText(name));
      }
      Field("counted", absl::StrJoin(names, ", "));
      Field("evidence", SafeText(rule.first_evidence()));
    }
    Line();
  }

  void Reasons() {
    const std::vector<std::string> reasons = FurtherReasons(run_);
    if (reasons.empty()) return;
    Line(Bold("Why"));
    int shown = 0;
    for (const std::string& reason : reasons) {
      if (++shown > kMaxListed) continue;
      for (const std::string& line : Wrapped(reason, options_.width - 2)) Line("  " + line);
    }
    More(shown);
    Line();
  }

  const v1::Run& run_;
  const TextOptions options_;
  const RunView view_;
  std::string out_;
};

}  // namespace

std::string TextReport(const v1::Run& run, const TextOptions& options) {
  if (IsCleanUp(run)) return CleanUpText(run, options);
  return TextWriter(run, options).Write();
}

}  // namespace smokemesh::coordinator
