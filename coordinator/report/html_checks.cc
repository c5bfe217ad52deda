#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/html_evidence.h"
#include "coordinator/report/html_sections.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using shared::FormatDuration;
using Checks = std::vector<const v1::CheckRecord*>;

// Browsers get slow on larger pages: from here on passing checks come without their steps.
constexpr size_t kFullDetailBytes = 8 << 20;

class ChecksWriter {
 public:
  ChecksWriter(const HtmlContext& context, size_t size)
      : context_(context), run_(context.run), view_(context.view), size_(size) {}

  std::string Write() {
    if (run_.checks().empty()) return "";
    Add("<div id=\"checks\">\n");
    Tools();
    Section("Needs attention", "", view_.troubles, /*open=*/view_.troubles.size() <= 20);
    Section("Tolerated", "Did not pass, and the policy tolerates that.", view_.tolerated,
            /*open=*/false);
    Section("Shadow checks", "Ran, are shown, and count for nothing.", ShadowChecks(),
            /*open=*/false);
    for (const SuiteView& suite : view_.suites) {
      Checks rest;
      for (const v1::CheckRecord* check : suite.checks) {
        if (shown_.count(check) == 0) rest.push_back(check);
      }
      Section(suite.title, "", rest, /*open=*/false);
    }
    Add("</div>\n");
    return std::move(out_);
  }

 private:
  template <typename... Parts>
  void Add(const Parts&... parts) {
    absl::StrAppend(&out_, parts...);
  }

  void Choice(const char* id, const char* label, const std::vector<std::string>& names) {
    if (names.size() < 2) return;
    Add("<select id=\"", id, "\" aria-label=\"", label, "\"><option value=\"\">every ", id,
        "</option>");
    for (size_t i = 0; i < names.size(); ++i) {
      Add("<option value=\"", i, "\">", EscapeMarkup(names[i]), "</option>");
    }
    Add("</select>");
  }

  void Tools() {
    Add("<div class=\"tools\" role=\"search\" aria-label=\"Filter checks\"><input id=\"filter\" "
        "type=\"search\" aria-label=\"Words to look for\" placeholder=\"Filter by name, tag, "
        "message …\">");
    std::vector<std::string> suites;
    for (const SuiteView& suite : view_.suites) suites.push_back(suite.title);
    Choice("suite", "Suite", suites);
    std::vector<std::string> agents;
    for (const auto& [agent, number] : context_.agents) agents.push_back(agent);
    Choice("agent", "Agent", agents);
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

  Checks ShadowChecks() const {
    Checks shadow;
    for (const v1::CheckRecord& check : run_.checks()) {
      if (check.shadow() && !check.deselected()) shadow.push_back(&check);
    }
    return shadow;
  }

  void Section(const std::string& title, const char* note, const Checks& checks, bool open) {
    if (checks.empty()) return;
    const int number = ++sections_;
    Add("<section class=\"checks\" aria-labelledby=\"g", number, "\"><h2 id=\"g", number, "\">",
        EscapeMarkup(title), "</h2>");
    if (*note != '\0') Add("<p class=\"note\">", note, "</p>");
    Add("<div class=\"card\">\n");
    for (const v1::CheckRecord* check : checks) {
      Check(*check, open);
      shown_.insert(check);
    }
    Add("</div></section>\n");
  }

  void Check(const v1::CheckRecord& check, bool open) {
    const std::string outcome = Lower(check.outcome());
    const bool bad = !CountsAsPassed(check.outcome()) && !check.deselected();
    Add("<details class=\"check\" id=\"c", context_.index.at(&check), "\" data-outcome=\"", outcome,
        "\" data-suite=\"", context_.suite_of.at(&check), "\" data-agents=\"", Agents(check),
        "\" data-text=\"", EscapeMarkup(SearchText(check)), "\"", bad ? " data-bad=\"1\"" : "",
        open ? " open" : "", "><summary><span class=\"sign o-", outcome, "\" aria-hidden=\"true\">",
        SignOf(check.outcome(), true), "</span><span class=\"name\">", EscapeMarkup(check.name()),
        "</span>");
    Pills(check);
    Add("<span class=\"where\">", EscapeMarkup(Where(check)), "</span><span class=\"right\">");
    const shared::Duration time = TimeOf(check);
    if (time.count() > 0) Add(FormatDuration(time));
    Add(" <span class=\"word o-", outcome, "\">",
        check.deselected() ? std::string("LEFT OUT") : std::string(Name(check.outcome())),
        "</span></span></summary>\n<div class=\"body\">");
    Body(check, bad);
    Add("</div></details>\n");
  }

  void Pills(const v1::CheckRecord& check) {
    if (IsCritical(check)) Add("<span class=\"pill tag\">critical</span>");
    if (check.shadow()) Add("<span class=\"pill soft\">shadow</span>");
    if (IsTolerated(run_, check)) Add("<span class=\"pill soft\">tolerated</span>");
    const v1::CheckComparison& comparison = check.comparison();
    if (comparison.newly_failing()) Add("<span class=\"pill soft\">newly failing</span>");
    if (comparison.newly_slow()) Add("<span class=\"pill soft\">newly slow</span>");
    if (comparison.newly_passing()) Add("<span class=\"pill soft\">newly passing</span>");
    if (comparison.added()) Add("<span class=\"pill soft\">new</span>");
  }

  void Body(const v1::CheckRecord& check, bool bad) {
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
    for (const v1::Task& task : check.tasks()) {
      const bool with_steps =
          !CountsAsPassed(task.outcome()) || size_ + out_.size() <= kFullDetailBytes;
      out_ += HtmlEvidence(check, task, with_steps);
    }
    std::vector<std::string> notes;
    if (!check.tags().empty()) {
      notes.push_back(absl::StrCat("tags ", EscapeMarkup(absl::StrJoin(check.tags(), ", "))));
    }
    if (check.comparison().runs() > 0) {
      notes.push_back(absl::StrCat("usually ",
                                   FormatDuration(shared::FromProto(check.comparison().usual())),
                                   " (", Counted(check.comparison().runs(), "promoted run"), ")"));
    }
    if (const std::string place = PlaceOf(check); !place.empty()) {
      notes.push_back(absl::StrCat("<code>", EscapeMarkup(place), "</code>"));
    }
    Add("<p class=\"note\">", absl::StrJoin(notes, " · "), "</p>");
  }

  static std::string Where(const v1::CheckRecord& check) {
    if (check.tasks_size() == 1) return AgentLabel(check.tasks(0));
    if (check.tasks().empty()) return "";
    return Counted(check.tasks_size(), "agent");
  }

  // ` 0 2 `: numbers of the agents.
  std::string Agents(const v1::CheckRecord& check) const {
    std::string numbers = " ";
    for (const v1::Task& task : check.tasks()) {
      if (!task.agent_id().empty()) {
        absl::StrAppend(&numbers, context_.agents.at(task.agent_id()), " ");
      }
    }
    return numbers;
  }

  std::string SearchText(const v1::CheckRecord& check) const {
    std::string text = absl::StrCat(check.name(), " ", check.suite(), " ",
                                    absl::StrJoin(check.tags(), " "), " ", check.reason());
    for (const v1::Task& task : check.tasks()) {
      absl::StrAppend(&text, " ", task.agent_id(), " ", task.service(), " ", WhyOf(task));
    }
    if (check.shadow()) absl::StrAppend(&text, " shadow");
    if (IsTolerated(run_, check)) absl::StrAppend(&text, " tolerated");
    return absl::AsciiStrToLower(text);
  }

  const HtmlContext& context_;
  const v1::Run& run_;
  const RunView& view_;
  const size_t size_;
  std::string out_;
  int sections_ = 0;
  std::set<const v1::CheckRecord*> shown_;
};

}  // namespace

std::string HtmlChecks(const HtmlContext& context, size_t size) {
  return ChecksWriter(context, size).Write();
}

}  // namespace smokemesh::coordinator
