#include "coordinator/plan/needs_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/edge_checks.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

class NeedsRules {
 public:
  NeedsRules(const v1::Plan& plan, ProblemList* problems) : plan_(plan), problems_(*problems) {
    for (int i = 0; i < plan.checks_size(); ++i) {
      index_.emplace(plan.checks(i).name(), i);
      names_.push_back(plan.checks(i).name());
      if (!plan.checks(i).has_edges()) continue;
      // One edge can be needed by its own name.
      for (const std::string& name : NamesOf(plan.checks(i))) {
        index_.emplace(name, i);
        names_.push_back(name);
      }
    }
  }

  void Check() {
    FindSkipped();
    for (int i = 0; i < plan_.checks_size(); ++i) CheckOne(i);
    CheckCircles();
  }

 private:
  static std::string Named(const v1::Check& check) {
    return absl::StrCat("check \"", check.name(), "\"");
  }

  // Checks that are SKIPPED in every run: those with `skip`, and optional ones that need one of
  // these.
  void FindSkipped() {
    std::vector<std::vector<int>> optional_after(static_cast<size_t>(plan_.checks_size()));
    std::vector<int> open;
    const auto skip = [&](int i) {
      if (!skipped_.insert(i).second) return;
      open.push_back(i);
    };
    for (int i = 0; i < plan_.checks_size(); ++i) {
      const v1::Check& check = plan_.checks(i);
      if (!check.skip().empty()) skip(i);
      if (!check.optional()) continue;
      for (const std::string& need : check.needs()) {
        const auto found = index_.find(need);
        if (found != index_.end()) optional_after[static_cast<size_t>(found->second)].push_back(i);
      }
    }
    while (!open.empty()) {
      const int i = open.back();
      open.pop_back();
      for (const int dependent : optional_after[static_cast<size_t>(i)]) skip(dependent);
    }
  }

  void CheckOne(int i) {
    const v1::Check& check = plan_.checks(i);
    const std::string where = Named(check);
    std::set<std::string> seen;
    for (int k = 0; k < check.needs_size(); ++k) {
      const std::string& need = check.needs(k);
      const std::string shown = absl::StrCat("\"", shared::Shorten(need, 64), "\"");
      const std::string at = absl::StrCat("checks[", i, "].needs[", k, "]");
      const auto found = index_.find(need);
      if (!seen.insert(need).second) {
        problems_.Add(at, absl::StrCat(where, " needs ", shown, " twice"));
      } else if (found != index_.end() && found->second == i) {
        problems_.Add(at, absl::StrCat(where, " needs itself"));
      } else if (found == index_.end()) {
        problems_.Add(at, absl::StrCat(where, " needs ", shown, ", which is not in the plan",
                                       problems_.DidYouMean(need, names_)));
      } else {
        CheckNeed(i, found->second, at, absl::StrCat(where, " needs ", shown));
      }
    }
  }

  // A need that can be met: not skipped, and not a shadow of which nobody may depend.
  void CheckNeed(int i, int needed, const std::string& at, const std::string& says) {
    if (skipped_.count(needed) > 0 && skipped_.count(i) == 0) {
      const bool itself = !plan_.checks(needed).skip().empty();
      problems_.Add(at, absl::StrCat(says, ", which is ",
                                     itself ? "left out with \"skip\""
                                            : "always SKIPPED, because of what it needs itself",
                                     ": it would always be BLOCKED; write optional: true, skip it "
                                     "too, or remove the need"));
    }
    if (plan_.checks(needed).shadow() && !plan_.checks(i).shadow()) {
      problems_.Add(at, absl::StrCat(says,
                                     ", which is a shadow check and must not count, but would "
                                     "block one that does: make both \"shadow\", or none"));
    }
  }

  // Removes checks that wait for nothing until none is left; what remains holds circles.
  void CheckCircles() {
    const int count = plan_.checks_size();
    std::vector<std::set<int>> needs(static_cast<size_t>(count));
    std::vector<std::vector<int>> needed_by(static_cast<size_t>(count));
    std::vector<int> ready;
    for (int i = 0; i < count; ++i) {
      for (const std::string& need : plan_.checks(i).needs()) {
        const auto found = index_.find(need);
        if (found == index_.end() || found->second == i) continue;
        if (needs[static_cast<size_t>(i)].insert(found->second).second) {
          needed_by[static_cast<size_t>(found->second)].push_back(i);
        }
      }
      if (needs[static_cast<size_t>(i)].empty()) ready.push_back(i);
    }
    std::vector<bool> done(static_cast<size_t>(count), false);
    for (int first = 0; first < count;) {
      while (!ready.empty()) {
        const int i = ready.back();
        ready.pop_back();
        done[static_cast<size_t>(i)] = true;
        for (const int dependent : needed_by[static_cast<size_t>(i)]) {
          auto& open = needs[static_cast<size_t>(dependent)];
          if (open.erase(i) > 0 && open.empty()) ready.push_back(dependent);
        }
      }
      while (first < count && done[static_cast<size_t>(first)]) ++first;
      if (first == count) return;
      // Every check that is left needs another that is left: following the needs ends in a circle.
      std::vector<int> way;
      int i = first;
      while (std::find(way.begin(), way.end(), i) == way.end()) {
        way.push_back(i);
        i = *needs[static_cast<size_t>(i)].begin();
      }
      way.erase(way.begin(), std::find(way.begin(), way.end(), i));
      ReportCircle(way);
      for (const int member : way) {
        if (!done[static_cast<size_t>(member)]) ready.push_back(member);
        needs[static_cast<size_t>(member)].clear();
      }
    }
  }

  void ReportCircle(const std::vector<int>& way) {
    constexpr size_t kMaxShown = 10;
    std::string shown;
    for (size_t i = 0; i < way.size() && i < kMaxShown; ++i) {
      absl::StrAppend(&shown, plan_.checks(way[i]).name(), " needs ");
    }
    absl::StrAppend(&shown, way.size() > kMaxShown ? "… needs " : "", plan_.checks(way[0]).name());
    problems_.Add(absl::StrCat("checks[", way[0], "].needs"),
                  absl::StrCat("checks need each other in a circle, so none can begin: ", shown));
  }

  const v1::Plan& plan_;
  ProblemList& problems_;
  std::map<std::string, int> index_;  // of checks by their names and those of their edges; the
                                      // first of two
  std::vector<std::string> names_;    // of checks
  std::set<int> skipped_;
};

}  // namespace

void CheckNeeds(const v1::Plan& plan, ProblemList* problems) { NeedsRules(plan, problems).Check(); }

}  // namespace smokemesh::coordinator
