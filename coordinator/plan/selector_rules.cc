#include "coordinator/plan/selector_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "coordinator/plan/edge_checks.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr const char* kCritical = "critical";

}  // namespace

TagsOfPlan::TagsOfPlan(const v1::Plan& plan) {
  for (const v1::Check& check : plan.checks()) {
    of_check.push_back(TagsOf(check));
    all.insert(of_check.back().begin(), of_check.back().end());
  }
}

std::optional<Selection> CheckSelector(const std::string& expression, const TagsOfPlan& tags,
                                       const std::string& path, const std::string& field,
                                       const std::string& where, const std::string& consequence,
                                       ProblemList* problems) {
  const std::string field_path = path.empty() ? field : absl::StrCat(path, ".", field);
  if (absl::StripAsciiWhitespace(expression).empty()) {
    problems->Add(problems->IsWritten(field_path) ? field_path : path,
                  absl::StrCat(where, " selects nothing: ",
                               field == "select" ? "add \"select\" with" : "write",
                               " an expression over tags, such as: smoke and not slow"));
    return std::nullopt;
  }
  const auto selection = Selection::Parse(expression);
  if (!selection.ok()) {
    const std::string what = field == "select" ? absl::StrCat("\"select\" of ", where) : where;
    problems->Add(field_path, absl::StrCat(what, ", ", selection.status().message()));
    return std::nullopt;
  }
  if (selection->IsContradiction()) {
    problems->Add(field_path, absl::StrCat(where, " can select no check of any plan, because \"",
                                           shared::Shorten(expression, 64),
                                           "\" contradicts itself: ", consequence));
    return std::nullopt;
  }
  if (std::any_of(tags.of_check.begin(), tags.of_check.end(),
                  [&](const auto& own) { return selection->MatchesTags(own); })) {
    return *selection;
  }
  std::string help;
  for (const std::string& word : selection->Words()) {
    if (tags.all.count(word) > 0) continue;
    help = absl::StrCat("; no check has the tag \"", shared::Shorten(word, 64), "\"",
                        problems->DidYouMean(word, {tags.all.begin(), tags.all.end()}));
    break;
  }
  problems->Add(field_path,
                absl::StrCat(where, " selects no check of the plan: ", consequence, help));
  return std::nullopt;
}

void CheckQuick(const v1::Plan& plan, ProblemList* problems) {
  if (plan.checks_size() == 0) return;  // said elsewhere
  // The default selects the critical checks, so none is outside; a plan may have none.
  if (plan.quick() == kCritical || (plan.quick().empty() && !problems->IsWritten("quick"))) return;
  const TagsOfPlan tags(plan);
  const auto selection = CheckSelector(plan.quick(), tags, "", "quick", "\"quick\" of the plan",
                                       "--quick would run nothing", problems);
  if (!selection.has_value()) return;
  for (int i = 0; i < plan.checks_size(); ++i) {
    const std::vector<std::string>& own = tags.of_check[static_cast<size_t>(i)];
    if (std::find(own.begin(), own.end(), kCritical) == own.end()) continue;
    if (selection->MatchesTags(own)) continue;
    problems->Add(
        absl::StrCat("checks[", i, "].tags"),
        absl::StrCat("check \"", shared::Shorten(plan.checks(i).name(), 64),
                     "\" is critical, and --quick leaves it out: \"quick\" of the plan is "
                     "\"",
                     shared::Shorten(plan.quick(), 64),
                     "\"; give the check a tag that it selects, or write: critical or (",
                     shared::Shorten(plan.quick(), 64), ")"));
  }
}

}  // namespace smokemesh::coordinator
