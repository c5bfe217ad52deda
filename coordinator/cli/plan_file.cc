#include "coordinator/cli/plan_file.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/cli/text_file.h"
#include "coordinator/plan/plan_loader.h"
#include "coordinator/plan/plan_validator.h"
#include "coordinator/plan/selection.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxListed = 30;

std::set<std::string> TagsOf(const v1::Plan& plan) {
  std::set<std::string> tags;
  for (const v1::Check& check : plan.checks())
    tags.insert(check.tags().begin(), check.tags().end());
  return tags;
}

std::string Listed(const std::vector<std::string>& words) {
  if (words.empty()) return "none";
  std::vector<std::string> shown = words;
  if (words.size() > kMaxListed) {
    shown.resize(kMaxListed);
    shown.push_back(absl::StrCat("and ", words.size() - kMaxListed, " more"));
  }
  return absl::StrJoin(shown, ", ");
}

absl::StatusOr<Selection> ParseOption(const char* option, std::string_view text) {
  absl::StatusOr<Selection> selection = Selection::Parse(text);
  if (selection.ok()) return selection;
  return absl::InvalidArgumentError(absl::StrCat(option, " \"", shared::EscapeControl(text),
                                                 "\": ", selection.status().message()));
}

}  // namespace

absl::StatusOr<v1::Plan> ReadPlanFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, "plan"));
  const std::string name = NameOfFile(path);
  LoadedPlan loaded = LoadPlan(text, name);
  const std::vector<Problem> problems = LintPlan(loaded, name);
  if (problems.empty()) return std::move(loaded.plan);
  std::string lines = FormatProblems(problems);
  while (!lines.empty() && lines.back() == '\n') lines.pop_back();
  return absl::InvalidArgumentError(lines);
}

absl::Status CheckSelection(const v1::Plan& plan, std::string_view select, std::string_view match) {
  ASSIGN_OR_RETURN(const Selection by_tags, ParseOption("-m", select));
  ASSIGN_OR_RETURN(const Selection by_name, ParseOption("-k", match));
  bool some_tags = false;
  for (const v1::Check& check : plan.checks()) {
    if (!by_tags.MatchesTags({check.tags().begin(), check.tags().end()})) continue;
    some_tags = true;
    if (by_name.MatchesName(check.name())) return absl::OkStatus();
  }
  if (!some_tags && !select.empty()) {
    const std::set<std::string> tags = TagsOf(plan);
    return absl::InvalidArgumentError(
        absl::StrCat("no check matches -m \"", shared::EscapeControl(select),
                     "\": tags in this plan: ", Listed({tags.begin(), tags.end()})));
  }
  std::vector<std::string> names;
  for (const v1::Check& check : plan.checks()) {
    if (by_tags.MatchesTags({check.tags().begin(), check.tags().end()})) {
      names.push_back(check.name());
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no check matches ",
                   select.empty() ? std::string()
                                  : absl::StrCat("-m \"", shared::EscapeControl(select), "\" and "),
                   "-k \"", shared::EscapeControl(match), "\": checks",
                   select.empty() ? " in this plan: " : " with these tags: ", Listed(names)));
}

std::vector<std::string> SelectionWarnings(const v1::Plan& plan, std::string_view select) {
  std::vector<std::string> warnings;
  const absl::StatusOr<Selection> selection = Selection::Parse(select);
  if (!selection.ok()) return warnings;
  const std::set<std::string> tags = TagsOf(plan);
  for (const std::string& word : selection->Words()) {
    if (tags.count(word) > 0) continue;
    warnings.push_back(absl::StrCat("-m: no check has the tag \"", word, "\"",
                                    shared::DidYouMean(word, {tags.begin(), tags.end()})));
  }
  return warnings;
}

}  // namespace smokemesh::coordinator
