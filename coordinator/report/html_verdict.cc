#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/html_sections.h"
#include "coordinator/report/markup.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using shared::FormatDuration;

// A run that cleans up has no decision, and never will.
std::string Word(const v1::Run& run) {
  return IsCleanUp(run) ? "CLEAN-UP" : std::string(Name(DecisionOf(run)));
}

std::string Headline(const v1::Run& run) {
  if (!run.has_bake()) return SummaryOf(run.verdict());
  const std::string line = HeadlineOf(run);
  const std::string word = absl::StrCat(Word(run), ": ");
  return line.rfind(word, 0) == 0 ? line.substr(word.size()) : "";
}

void AppendList(const std::vector<std::string>& lines, std::string* out) {
  if (lines.empty()) return;
  absl::StrAppend(out, "<ul>");
  for (const std::string& line : lines) absl::StrAppend(out, "<li>", EscapeMarkup(line), "</li>");
  absl::StrAppend(out, "</ul>\n");
}

// Reasons of a bake that its summary does not say.
std::vector<std::string> BakeReasons(const v1::Run& run) {
  std::vector<std::string> reasons;
  for (const std::string& reason : run.bake().reasons()) {
    if (run.bake().summary().find(reason) == std::string::npos) reasons.push_back(reason);
  }
  return reasons;
}

// Which of the rounds the rest of the page is about.
std::string RoundNote(const v1::Run& run) {
  return absl::StrCat("Round ", run.options().round().number(), " of ", run.bake().rounds_size(),
                      " is shown below: ", std::string(Name(run.verdict().decision())), ".");
}

void AppendLegend(const HtmlContext& context, std::string* out) {
  const v1::OutcomeCounts& counts = context.run.verdict().counts();
  absl::StrAppend(out, "<div class=\"legend\"><span><b>", counts.planned(), "</b> planned</span>");
  for (const auto& [outcome, count] : InOrder(counts)) {
    if (count == 0) continue;
    absl::StrAppend(out, "<span><i class=\"o-", Lower(outcome), "\"></i><b>", count, "</b> ",
                    Lower(outcome), "</span>");
  }
  if (const int tolerated = context.run.verdict().tolerated_size(); tolerated > 0) {
    absl::StrAppend(out, "<span><b>", tolerated, "</b> tolerated</span>");
  }
  if (const int shadow = context.view.shadow_counts.planned(); shadow > 0) {
    absl::StrAppend(out, "<span><b>", shadow, "</b> shadow, not counted</span>");
  }
  if (context.view.deselected > 0) {
    absl::StrAppend(out, "<span>", context.view.deselected, " left out by -m or -k</span>");
  }
  absl::StrAppend(out, "</div>");
}

}  // namespace

std::string HtmlTop(const HtmlContext& context) {
  const v1::Run& run = context.run;
  std::vector<std::string> facts;
  facts.push_back(absl::StrCat("run <code>", EscapeMarkup(run.run_id()), "</code>"));
  if (run.has_create_time()) {
    facts.push_back(shared::FormatWallTime(shared::FromProto(run.create_time())));
  }
  facts.push_back(FormatDuration(shared::FromProto(run.duration())));
  facts.push_back(Counted(context.view.agents, "agent"));
  if (IsCriticalPathOnly(run)) facts.push_back("critical path only");
  if (const std::string version = DeploymentLabel(run); !version.empty()) {
    facts.push_back(absl::StrCat("judges ", EscapeMarkup(version)));
  }
  return absl::StrCat("<header class=\"top\"><h1>", EscapeMarkup(run.plan_name()),
                      "</h1><p class=\"facts\">", absl::StrJoin(facts, " · "), "</p></header>\n");
}

std::string HtmlBanner(const HtmlContext& context) {
  const v1::Run& run = context.run;
  const std::string word = Word(run);
  std::string out = absl::StrCat(
      "<section class=\"card banner v-", absl::AsciiStrToLower(word),
      "\" aria-labelledby=\"verdict\"><div class=\"row\"><div><h2 class=\"word\" id=\"verdict\">",
      word, "</h2><p class=\"summary\">", EscapeMarkup(Headline(run)),
      "</p></div><p class=\"exit\">exit code<b>",
      IsCleanUp(run) ? CleanUpExitCode(run) : ExitCode(DecisionOf(run)), "</b></p></div>\n");
  AppendList(run.has_bake() ? BakeReasons(run) : FurtherReasons(run), &out);
  if (run.has_bake()) {
    absl::StrAppend(&out, "<p class=\"about\">", EscapeMarkup(RoundNote(run)), "</p>\n");
  }
  if (!run.cancel_reason().empty()) {
    absl::StrAppend(&out, "<p class=\"about\">Cancelled: ", EscapeMarkup(run.cancel_reason()),
                    "</p>\n");
  }
  absl::StrAppend(&out, StackedBar(run.verdict().counts(), 10), "\n");
  AppendLegend(context, &out);
  return out + "</section>\n";
}

std::string HtmlRounds(const HtmlContext& context) {
  const v1::Run& run = context.run;
  if (!run.has_bake()) return "";
  std::string out =
      "<section aria-labelledby=\"rounds\"><h2 id=\"rounds\">Rounds</h2><div class=\"card scroll\" "
      "tabindex=\"0\" role=\"region\" aria-label=\"All rounds\"><table class=\"reflow\"><thead><tr>"
      "<th scope=\"col\" class=\"tight\">Round</th><th scope=\"col\" class=\"tight\">Decision</th>"
      "<th scope=\"col\">Why</th><th scope=\"col\" class=\"tight\">Time</th></tr></thead>"
      "<tbody>\n";
  for (const v1::BakeRound& round : run.bake().rounds()) {
    v1::Verdict verdict;
    verdict.set_decision(round.decision());
    verdict.set_summary(round.summary());
    absl::StrAppend(&out, "<tr><th scope=\"row\" class=\"tight\">", round.number(),
                    "</th><td class=\"tight\"><span class=\"pill d-", Lower(round.decision()),
                    "\">", std::string(Name(round.decision())), "</span></td><td>",
                    EscapeMarkup(SummaryOf(verdict)));
    if (round.crossed_size() > 0) {
      absl::StrAppend(&out, "<span class=\"sub\">limit crossed: ",
                      EscapeMarkup(absl::StrJoin(round.crossed(), ", ")), "</span>");
    }
    absl::StrAppend(&out, "<span class=\"sub\">run <code>", EscapeMarkup(round.run_id()),
                    "</code></span></td><td class=\"tight\">",
                    FormatDuration(shared::FromProto(round.duration())));
    if (round.has_create_time()) {
      absl::StrAppend(&out, "<span class=\"sub\">",
                      shared::FormatWallTime(shared::FromProto(round.create_time())), "</span>");
    }
    absl::StrAppend(&out, "</td></tr>\n");
  }
  return out + "</tbody></table></div></section>\n";
}

std::string HtmlFooter(const HtmlContext& context) {
  const v1::Run& run = context.run;
  const v1::RunOptions& options = run.options();
  std::vector<std::string> parts;
  const auto add = [&parts](const char* what, const std::string& value) {
    if (!value.empty()) {
      parts.push_back(absl::StrCat(what, " <code>", EscapeMarkup(value), "</code>"));
    }
  };
  add("plan sha256", run.plan_digest());
  add("policy sha256", run.policy_digest());
  add("-m", options.select());
  add("-k", options.match());
  if (options.max_parallel() > 0) add("--parallel", absl::StrCat(options.max_parallel()));
  if (options.fail_fast()) parts.push_back("<code>--fail-fast</code>");
  add("bake", options.round().bake_id());
  add("requested by", options.requested_by());
  return absl::StrCat("<footer>", absl::StrJoin(parts, " · "), "</footer>\n");
}

}  // namespace smokemesh::coordinator
