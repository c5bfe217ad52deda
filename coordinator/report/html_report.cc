#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/html_page.h"
#include "coordinator/report/html_timeline.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using shared::FormatDuration;

// Browsers get slow on larger pages: from here on passing checks come without their steps.
constexpr size_t kFullDetailBytes = 8 << 20;

std::string Lower(v1::Outcome outcome) { return absl::AsciiStrToLower(std::string(Name(outcome))); }

// Numbers by outcome in the order in which bars and legends show them, the worst first.
std::vector<std::pair<v1::Outcome, int>> InOrder(const v1::OutcomeCounts& counts) {
  return {{v1::OUTCOME_FAILED, counts.failed()},   {v1::OUTCOME_ERRORED, counts.errored()},
          {v1::OUTCOME_MISSING, counts.missing()}, {v1::OUTCOME_ABORTED, counts.aborted()},
          {v1::OUTCOME_BLOCKED, counts.blocked()}, {v1::OUTCOME_FLAKY, counts.flaky()},
          {v1::OUTCOME_PASSED, counts.passed()},   {v1::OUTCOME_SKIPPED, counts.skipped()},
          {v1::OUTCOME_UNSPECIFIED, counts.open()}};
}

// One horizontal bar, a part for each outcome.
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

class HtmlWriter {
 public:
  explicit HtmlWriter(const v1::Run& run) : run_(run), view_(Arrange(run)) {
    for (int i = 0; i < run.checks_size(); ++i) index_[&run.checks(i)] = i;
  }

  std::string Write() {
    Top();
    Banner();
    Rules();
    Suites();
    out_ += HtmlTimeline(run_);
    Leftovers();
    Tools();
    Checks();
    Footer();
    return HtmlPage(absl::StrCat(Word(), " · ", run_.plan_name(), " · smokemesh"), out_);
  }

 private:
  template <typename... Parts>
  void Add(const Parts&... parts) {
    absl::StrAppend(&out_, parts...);
  }

  // A run that cleans up has no decision, and never will.
  std::string Word() const {
    return IsCleanUp(run_) ? "CLEAN-UP" : std::string(Name(run_.verdict().decision()));
  }

  void Top() {
    std::vector<std::string> facts;
    facts.push_back(absl::StrCat("run <code>", EscapeMarkup(run_.run_id()), "</code>"));
    if (run_.has_create_time()) {
      facts.push_back(shared::FormatWallTime(shared::FromProto(run_.create_time())));
    }
    facts.push_back(FormatDuration(shared::FromProto(run_.duration())));
    facts.push_back(Counted(view_.agents, "agent"));
    if (IsCriticalPathOnly(run_)) facts.push_back("critical path only");
    Add("<header class=\"top\"><h1>", EscapeMarkup(run_.plan_name()), "</h1><div class=\"facts\">",
        absl::StrJoin(facts, " · "), "</div></header>\n");
  }

  void Banner() {
    const v1::Verdict& verdict = run_.verdict();
    const std::string word = Word();
    Add("<section class=\"card banner v-", absl::AsciiStrToLower(word),
        "\"><div class=\"row\"><div><div class=\"word\">", word, "</div><p class=\"summary\">",
        EscapeMarkup(SummaryOf(verdict)), "</p></div><div class=\"exit\">exit code<b>",
        IsCleanUp(run_) ? CleanUpExitCode(run_) : ExitCode(verdict.decision()),
        "</b></div></div>\n");
    const std::vector<std::string> reasons = FurtherReasons(run_);
    if (!reasons.empty()) {
      Add("<ul>");
      for (const std::string& reason : reasons) Add("<li>", EscapeMarkup(reason), "</li>");
      Add("</ul>\n");
    }
    if (!run_.cancel_reason().empty()) {
      Add("<p class=\"summary\">Cancelled: ", EscapeMarkup(run_.cancel_reason()), "</p>\n");
    }
    Add(StackedBar(verdict.counts(), 10), "\n<div class=\"legend\">");
    Add("<span><b>", verdict.counts().planned(), "</b> planned</span>");
    for (const auto& [outcome, count] : InOrder(verdict.counts())) {
      if (count == 0) continue;
      Add("<span><i class=\"o-", Lower(outcome), "\"></i><b>", count, "</b> ", Lower(outcome),
          "</span>");
    }
    if (view_.deselected > 0) Add("<span>", view_.deselected, " left out by -m or -k</span>");
    Add("</div></section>\n");
  }

  void Rules() {
    if (run_.verdict().rules().empty()) return;
    Add("<section><h2>Rollback rules</h2><div class=\"card\"><table><thead><tr><th>Rule</th>"
        "<th>Value</th><th>Limit</th><th class=\"tight\">Result</th></tr></thead><tbody>\n");
    for (const v1::RuleResult& rule : run_.verdict().rules()) {
      Add("<tr", rule.holds() ? " class=\"holds\"" : "", "><td><b>", EscapeMarkup(rule.rule()),
          "</b><span class=\"sub\"><code>", EscapeMarkup(rule.select()), "</code></span>");
      if (rule.holds() && !rule.first_evidence().empty()) {
        Add("<span class=\"sub\">", EscapeMarkup(rule.first_evidence()), "</span>");
      }
      if (rule.counted_size() > 0) {
        Add("<span class=\"sub\">counted: ", EscapeMarkup(absl::StrJoin(rule.counted(), ", ")),
            "</span>");
      }
      Add("</td><td class=\"tight\">", EscapeMarkup(rule.value()), "</td><td class=\"limit\">",
          EscapeMarkup(rule.limit()), "</td><td class=\"tight\">",
          rule.holds() ? "<span class=\"pill bad\">HOLDS</span>"
                       : "<span class=\"pill clear\">clear</span>",
          "</td></tr>\n");
    }
    Add("</tbody></table></div></section>\n");
  }

  void Suites() {
    Add("<section><h2>Suites</h2><div class=\"card\"><table><thead><tr><th>Suite</th>"
        "<th class=\"bar\"></th><th>Outcomes</th><th class=\"tight\">Time</th></tr></thead>"
        "<tbody>\n");
    for (const SuiteView& suite : view_.suites) {
      Add("<tr><td><b>", EscapeMarkup(suite.title), "</b></td><td class=\"bar\">",
          StackedBar(suite.counts, 6), "</td><td>",
          suite.counts.planned() > 0 ? CountsText(suite.counts) : "");
      if (suite.deselected > 0) {
        Add("<span class=\"sub\">", Counted(suite.deselected, "check"), " left out</span>");
      }
      Add("</td><td class=\"tight\">", suite.time.count() > 0 ? FormatDuration(suite.time) : "");
      if (suite.target.count() > 0) {
        Add("<span class=\"sub", suite.over_target ? " late" : "", "\">target ",
            FormatDuration(suite.target), suite.over_target ? ", missed" : "", "</span>");
      }
      Add("</td></tr>\n");
    }
    Add("</tbody></table></div></section>\n");
  }

  void Leftovers() {
    if (view_.not_cleaned.empty()) return;
    Add("<section><h2>Not cleaned up</h2><div class=\"card\"><table class=\"leftover\"><tbody>\n");
    for (const auto& [check, task] : view_.not_cleaned) {
      Add("<tr><td>", EscapeMarkup(check->name()), "<span class=\"sub\">",
          EscapeMarkup(AgentLabel(*task)), "</span></td><td>",
          EscapeMarkup(task->result().cleanup_error()), "</td></tr>\n");
    }
    Add("</tbody></table></div></section>\n");
  }

  void Tools() {
    Add("<div class=\"tools\"><input id=\"filter\" type=\"search\" aria-label=\"Filter checks\" "
        "placeholder=\"Filter by name, tag, suite, agent or text\">");
    std::set<v1::Outcome> present;
    for (const v1::CheckRecord& check : run_.checks()) present.insert(check.outcome());
    for (const auto& [outcome, count] : InOrder(v1::OutcomeCounts())) {
      if (present.count(outcome) == 0) continue;
      Add("<button type=\"button\" aria-pressed=\"false\" data-outcome=\"", Lower(outcome), "\">",
          Lower(outcome), "</button>");
    }
    Add("<button type=\"button\" id=\"expand\">open all</button><output id=\"shown\"></output>"
        "</div>\n");
  }

  void Checks() {
    if (!view_.troubles.empty()) {
      Section("Needs attention", view_.troubles, /*open=*/view_.troubles.size() <= 20);
    }
    const std::set<const v1::CheckRecord*> shown(view_.troubles.begin(), view_.troubles.end());
    for (const SuiteView& suite : view_.suites) {
      std::vector<const v1::CheckRecord*> rest;
      for (const v1::CheckRecord* check : suite.checks) {
        if (shown.count(check) == 0) rest.push_back(check);
      }
      if (!rest.empty()) Section(suite.title, rest, /*open=*/false);
    }
  }

  void Section(const std::string& title, const std::vector<const v1::CheckRecord*>& checks,
               bool open) {
    Add("<section class=\"checks\"><h2>", EscapeMarkup(title), "</h2><div class=\"card\">\n");
    for (const v1::CheckRecord* check : checks) Check(*check, open);
    Add("</div></section>\n");
  }

  void Check(const v1::CheckRecord& check, bool open) {
    const std::string outcome = Lower(check.outcome());
    const bool bad = !CountsAsPassed(check.outcome()) && !check.deselected();
    Add("<details class=\"check\" id=\"c", index_[&check], "\" data-outcome=\"", outcome,
        "\" data-text=\"", EscapeMarkup(SearchText(check)), "\"", bad ? " data-bad=\"1\"" : "",
        open ? " open" : "", "><summary><span class=\"sign o-", outcome, "\">",
        SignOf(check.outcome(), true), "</span><span class=\"name\">", EscapeMarkup(check.name()),
        "</span>");
    if (IsCritical(check)) Add("<span class=\"pill tag\">critical</span>");
    Add("<span class=\"where\">", EscapeMarkup(Where(check)), "</span><span class=\"right\">");
    const shared::Duration time = TimeOf(check);
    if (time.count() > 0) Add(FormatDuration(time));
    Add(" <span class=\"word o-", outcome, "\">",
        check.deselected() ? std::string("LEFT OUT") : std::string(Name(check.outcome())),
        "</span></span></summary>\n<div class=\"body\">");
    if (!check.impact().empty() && bad) {
      Add("<p class=\"impact\">", EscapeMarkup(check.impact()), "</p>");
    }
    // The failures below say the same in full.
    const bool has_failures =
        std::any_of(check.tasks().begin(), check.tasks().end(),
                    [](const v1::Task& task) { return !task.result().failures().empty(); });
    if (!check.reason().empty() && !has_failures) {
      Add("<p class=\"reason\">", EscapeMarkup(check.reason()), "</p>");
    }
    for (const v1::Task& task : check.tasks()) Agent(check, task);
    Add("<p class=\"note\">");
    if (!check.tags().empty()) {
      Add("tags ", EscapeMarkup(absl::StrJoin(check.tags(), ", ")));
    }
    if (const std::string place = PlaceOf(check); !place.empty()) {
      Add(check.tags().empty() ? "" : " · ", "<code>", EscapeMarkup(place), "</code>");
    }
    Add("</p></div></details>\n");
  }

  static std::string Where(const v1::CheckRecord& check) {
    if (check.tasks_size() == 1) return AgentLabel(check.tasks(0));
    if (check.tasks().empty()) return "";
    return Counted(check.tasks_size(), "agent");
  }

  static std::string SearchText(const v1::CheckRecord& check) {
    std::string text = absl::StrCat(check.name(), " ", check.suite(), " ",
                                    absl::StrJoin(check.tags(), " "), " ", check.reason());
    for (const v1::Task& task : check.tasks()) {
      absl::StrAppend(&text, " ", task.agent_id(), " ", task.service(), " ", WhyOf(task));
    }
    return absl::AsciiStrToLower(text);
  }

  void Agent(const v1::CheckRecord& check, const v1::Task& task) {
    const v1::TaskResult& result = task.result();
    Add("<div class=\"agent\"><h3>", EscapeMarkup(AgentLabel(task)), " <span>· <b class=\"o-",
        Lower(task.outcome()), "\">", std::string(Name(task.outcome())), "</b>");
    if (task.has_result()) Add(" in ", FormatDuration(shared::FromProto(result.duration())));
    if (result.tries() > 1) Add(" · ", result.tries(), " tries");
    if (result.attempt() > 1) Add(" · sent ", result.attempt(), " times");
    Add("</span></h3>");
    const std::string why = WhyOf(task);
    if (!why.empty() && (result.failures().empty() || !task.reason().empty()) &&
        why != check.reason()) {
      Add("<p class=\"reason\">", EscapeMarkup(why), "</p>");
    }
    for (const v1::Failure& failure : result.failures()) Failure(failure);
    if (!result.cleanup_error().empty()) {
      Add("<p class=\"reason late\">Not cleaned up: ", EscapeMarkup(result.cleanup_error()),
          "</p>");
    }
    if (!result.steps().empty()) {
      if (CountsAsPassed(task.outcome()) && out_.size() > kFullDetailBytes) {
        Add("<p class=\"note\">Steps left out of this page: see report.json.</p>");
      } else {
        Steps(result);
      }
    }
    Add("</div>");
  }

  void Term(const char* term, const std::string& value, const char* style = "") {
    if (value.empty()) return;
    Add("<dt>", term, "</dt><dd", style, ">", EscapeMarkup(value), "</dd>");
  }

  void Failure(const v1::Failure& failure) {
    Add("<dl>");
    if (failure.step() > 0) {
      Term("step", absl::StrCat(failure.step(), "  ", failure.step_name()));
    }
    Term("expected", failure.expected(), " class=\"mono\"");
    Term("seen", failure.actual(), " class=\"mono seen\"");
    Term("target", failure.target(), " class=\"mono\"");
    Term("hint", failure.hint());
    Add("</dl>");
  }

  void Steps(const v1::TaskResult& result) {
    Add("<table class=\"steps\"><tbody>");
    int number = 0;
    for (const v1::StepResult& step : result.steps()) {
      Add("<tr><td class=\"tight num\">", ++number, "</td><td class=\"tight o-",
          Lower(step.outcome()), "\">", SignOf(step.outcome(), true), "</td><td>",
          EscapeMarkup(step.name()), "</td><td class=\"muted mono\">",
          EscapeMarkup(step.observed()), "</td><td class=\"tight muted\">",
          step.outcome() == v1::OUTCOME_SKIPPED
              ? "not reached"
              : FormatDuration(shared::FromProto(step.duration())),
          "</td></tr>");
    }
    Add("</tbody></table>");
  }

  void Footer() {
    Add("<footer>");
    if (!run_.plan_digest().empty()) Add("plan sha256 ", EscapeMarkup(run_.plan_digest()));
    if (!run_.options().select().empty()) {
      Add(" · -m <code>", EscapeMarkup(run_.options().select()), "</code>");
    }
    if (!run_.options().match().empty()) {
      Add(" · -k <code>", EscapeMarkup(run_.options().match()), "</code>");
    }
    if (!run_.options().requested_by().empty()) {
      Add(" · requested by ", EscapeMarkup(run_.options().requested_by()));
    }
    Add("</footer>\n");
  }

  const v1::Run& run_;
  const RunView view_;
  std::map<const v1::CheckRecord*, int> index_;
  std::string out_;
};

}  // namespace

std::string HtmlReport(const v1::Run& run) { return HtmlWriter(run).Write(); }

}  // namespace smokemesh::coordinator
