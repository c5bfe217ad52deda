#include <string>
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

struct Part {
  const char* id;
  const char* label;
  const std::string& html;
};

// Links to the sections that there are.
std::string Navigation(const std::vector<Part>& parts) {
  std::string out = "<nav aria-label=\"On this page\">";
  for (const Part& part : parts) {
    if (part.html.empty()) continue;
    absl::StrAppend(&out, "<a href=\"#", part.id, "\">", part.label, "</a>");
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
  const std::string services = HtmlMatrix(context);
  const std::string timeline = HtmlTimeline(context);
  const std::string leftovers = HtmlLeftovers(context);
  const std::string before =
      absl::StrCat(rounds, rules, changes, suites, services, timeline, leftovers);
  const std::string checks = HtmlChecks(context, before.size());
  const std::string word = IsCleanUp(run) ? "CLEAN-UP" : std::string(Name(DecisionOf(run)));
  return HtmlPage(absl::StrCat(word, " · ", run.plan_name(), " · smokemesh"),
                  absl::StrCat("<a class=\"skip\" href=\"#checks\">Skip to the checks</a>\n",
                               HtmlTop(context), "<main>\n", HtmlBanner(context),
                               Navigation({{"rounds", "Rounds", rounds},
                                           {"rules", "Rules", rules},
                                           {"changes", "Changes", changes},
                                           {"suites", "Suites", suites},
                                           {"services", "Services", services},
                                           {"timeline", "Timeline", timeline},
                                           {"leftovers", "Not cleaned up", leftovers},
                                           {"checks", "Checks", checks}}),
                               before, checks, "</main>\n", HtmlFooter(context)));
}

}  // namespace smokemesh::coordinator
