#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/report/html_sections.h"
#include "coordinator/report/markup.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using shared::FormatDuration;

void AppendSub(const char* label, const std::string& html, std::string* out) {
  if (html.empty()) return;
  absl::StrAppend(out, "<span class=\"sub\">", label, html, "</span>");
}

// What the rule came to, as a word in a pill.
std::string Result(const v1::RuleResult& rule) {
  if (rule.effect() == v1::RULE_EFFECT_TOLERATE) {
    if (rule.holds()) return "<span class=\"pill d-promote\">TOLERATED</span>";
    return rule.counted().empty() ? "<span class=\"pill clear\">nothing to tolerate</span>"
                                  : "<span class=\"pill d-hold\">TOO MANY</span>";
  }
  if (rule.holds()) {
    return absl::StrCat("<span class=\"pill d-", EffectOf(rule), "\">HOLDS</span>");
  }
  return rule.crossed() ? "<span class=\"pill clear\">crossed, does not hold</span>"
                        : "<span class=\"pill clear\">clear</span>";
}

void AppendRule(const HtmlContext& context, const v1::RuleResult& rule, std::string* out) {
  absl::StrAppend(out, "<tr class=\"", IsAgainst(rule) ? "holds " : "", "e-", EffectOf(rule),
                  "\"><th scope=\"row\">", EscapeMarkup(rule.rule()), "<span class=\"sub\"><code>",
                  EscapeMarkup(rule.select()),
                  "</code></span></th><td class=\"tight\" data-label=\"means\">", EffectOf(rule),
                  "</td><td>", EscapeMarkup(rule.value()),
                  "<span class=\"limit\"> · limit: ", EscapeMarkup(rule.limit()), "</span>");
  AppendSub("", EscapeMarkup(rule.rounds()), out);
  AppendSub("counted: ", CheckLinks(context, rule.counted()), out);
  if (rule.counted_size() > 0) AppendSub("evidence: ", EscapeMarkup(rule.first_evidence()), out);
  AppendSub("", EscapeMarkup(rule.what_if()), out);
  absl::StrAppend(out, "</td><td class=\"tight\">", Result(rule), "</td></tr>\n");
}

// One line of what changed: a word, and checks.
void AppendChange(const char* what, const std::string& checks, std::string* out) {
  if (checks.empty()) return;
  absl::StrAppend(out, "<tr><th scope=\"row\" class=\"tight\">", what, "</th><td>", checks,
                  "</td></tr>\n");
}

std::string Links(const HtmlContext& context, const std::vector<const v1::CheckRecord*>& checks) {
  std::vector<std::string> names;
  for (const v1::CheckRecord* check : checks) names.push_back(check->name());
  return CheckLinks(context, names);
}

std::string SlowLinks(const HtmlContext& context) {
  std::string out;
  for (const v1::CheckRecord* check : context.view.newly_slow) {
    const v1::CheckComparison& comparison = check->comparison();
    absl::StrAppend(&out, out.empty() ? "" : "<br>", CheckLink(context, check->name()), " ",
                    FormatDuration(TimeOf(*check)), ", usually ",
                    FormatDuration(shared::FromProto(comparison.usual())), " (",
                    Counted(comparison.runs(), "run"), ")");
  }
  return out;
}

}  // namespace

std::string HtmlRules(const HtmlContext& context) {
  const v1::Verdict& verdict = context.run.verdict();
  if (verdict.rules().empty()) return "";
  std::string out =
      "<section aria-labelledby=\"rules\"><h2 id=\"rules\">Rules</h2><div class=\"card\">"
      "<table class=\"reflow rules\"><thead><tr><th scope=\"col\">Rule</th><th scope=\"col\" "
      "class=\"tight\">Means</th><th scope=\"col\">Value and limit</th><th scope=\"col\" "
      "class=\"tight\">Result</th></tr></thead><tbody>\n";
  for (const v1::RuleResult& rule : verdict.rules()) AppendRule(context, rule, &out);
  return out + "</tbody></table></div></section>\n";
}

std::string HtmlChanges(const HtmlContext& context) {
  const std::string baseline = BaselineLabel(context.run);
  if (baseline.empty()) return "";
  const RunView& view = context.view;
  std::string rows;
  AppendChange("newly failing", Links(context, view.newly_failing), &rows);
  AppendChange("newly slow", SlowLinks(context), &rows);
  AppendChange("newly passing", Links(context, view.newly_passing), &rows);
  AppendChange("new", Links(context, view.added), &rows);
  std::string out = absl::StrCat(
      "<section aria-labelledby=\"changes\"><h2 id=\"changes\">Changed since the last promoted "
      "run</h2><p class=\"note\">Compared with ",
      EscapeMarkup(baseline),
      ". What is shown here counts only where a rule says so.</p><div class=\"card\">");
  if (rows.empty()) {
    absl::StrAppend(&out, "<p class=\"nothing\">Nothing changed.</p>");
  } else {
    absl::StrAppend(&out, "<table class=\"reflow\"><tbody>\n", rows, "</tbody></table>");
  }
  return out + "</div></section>\n";
}

std::string HtmlSuites(const HtmlContext& context) {
  if (context.view.suites.empty()) return "";
  std::string out =
      "<section aria-labelledby=\"suites\"><h2 id=\"suites\">Suites</h2><div class=\"card\"><table "
      "class=\"reflow\">"
      "<thead><tr><th scope=\"col\">Suite</th><th class=\"bar\"></th><th scope=\"col\">Outcomes"
      "</th><th scope=\"col\" class=\"tight\">Time</th></tr></thead><tbody>\n";
  int number = 0;
  for (const SuiteView& suite : context.view.suites) {
    absl::StrAppend(&out, "<tr><th scope=\"row\"><i class=\"swatch ", SuiteClass(number++),
                    "\"></i>", EscapeMarkup(suite.title), "</th><td class=\"bar\">",
                    StackedBar(suite.counts, 6), "</td><td>",
                    suite.counts.planned() > 0 ? CountsText(suite.counts) : "");
    if (suite.tolerated > 0) {
      absl::StrAppend(&out, "<span class=\"sub\">", suite.tolerated, " of them tolerated</span>");
    }
    if (suite.shadow.planned() > 0) {
      absl::StrAppend(&out, "<span class=\"sub\">shadow: ", CountsText(suite.shadow), "</span>");
    }
    if (suite.deselected > 0) {
      absl::StrAppend(&out, "<span class=\"sub\">", Counted(suite.deselected, "check"),
                      " left out</span>");
    }
    absl::StrAppend(&out, "</td><td class=\"tight\">",
                    suite.time.count() > 0 ? FormatDuration(suite.time) : "");
    if (suite.target.count() > 0) {
      absl::StrAppend(&out, "<span class=\"sub", suite.over_target ? " late" : "", "\">target ",
                      FormatDuration(suite.target), suite.over_target ? ", missed" : "", "</span>");
    }
    absl::StrAppend(&out, "</td></tr>\n");
  }
  return out + "</tbody></table></div></section>\n";
}

std::string HtmlLeftovers(const HtmlContext& context) {
  if (context.view.not_cleaned.empty()) return "";
  std::string out =
      "<section aria-labelledby=\"leftovers\"><h2 id=\"leftovers\">Not cleaned up</h2><div "
      "class=\"card\"><table class=\"reflow\"><tbody>\n";
  for (const auto& [check, task] : context.view.not_cleaned) {
    absl::StrAppend(&out, "<tr><th scope=\"row\">", CheckLink(context, check->name()),
                    "<span class=\"sub\">", EscapeMarkup(AgentLabel(*task)), "</span></th><td>",
                    EscapeMarkup(task->result().cleanup_error()), "</td></tr>\n");
  }
  return out + "</tbody></table></div></section>\n";
}

}  // namespace smokemesh::coordinator
