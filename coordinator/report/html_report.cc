#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/report/html_page.h"
#include "coordinator/report/html_parts.h"
#include "coordinator/report/html_sections.h"
#include "coordinator/report/reporter.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "coordinator/verdict/verdict.h"

namespace smokemesh::coordinator {
namespace {

// Links to the sections that there are.
std::string Navigation(const std::vector<std::pair<const char*, const std::string*>>& sections) {
  std::string out = "<nav aria-label=\"On this page\">";
  for (const auto& [id, html] : sections) {
    if (html->empty()) continue;
    absl::StrAppend(&out, "<a href=\"#", id, "\">", id, "</a>");
  }
  return out + "</nav>\n";
}

}  // namespace

std::string HtmlReport(const v1::Run& run) {
  const HtmlContext context(run);
  const std::string rounds = HtmlRounds(context);
  const std::string rules = HtmlRules(context);
  const std::string changes = HtmlChanges(context);
  const std::string suites = HtmlSuites(context);
  const std::string timeline = HtmlTimeline(context);
  const std::string leftovers = HtmlLeftovers(context);
  const std::string before = absl::StrCat(rounds, rules, changes, suites, timeline, leftovers);
  const std::string checks = HtmlChecks(context, before.size());
  const std::string word = IsCleanUp(run) ? "CLEAN-UP" : std::string(Name(DecisionOf(run)));
  return HtmlPage(absl::StrCat(word, " · ", run.plan_name(), " · smokemesh"),
                  absl::StrCat("<a class=\"skip\" href=\"#checks\">Skip to the checks</a>\n",
                               HtmlTop(context), "<main>\n", HtmlBanner(context),
                               Navigation({{"rounds", &rounds},
                                           {"rules", &rules},
                                           {"changes", &changes},
                                           {"suites", &suites},
                                           {"timeline", &timeline},
                                           {"leftovers", &leftovers},
                                           {"checks", &checks}}),
                               before, checks, "</main>\n", HtmlFooter(context)));
}

}  // namespace smokemesh::coordinator
