#include "coordinator/verdict/rule.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "coordinator/plan/selection.h"
#include "coordinator/verdict/evidence.h"
#include "coordinator/verdict/standing.h"

namespace smokemesh::coordinator {
namespace {

std::string Percent(double ratio) {
  std::string text = absl::StrFormat("%.1f", ratio * 100);
  if (text.size() > 2 && text.compare(text.size() - 2, 2, ".0") == 0) text.resize(text.size() - 2);
  return text + "%";
}

std::string LimitPercent(double ratio) { return absl::StrFormat("%.6g%%", ratio * 100); }

bool Counts(Standing standing, v1::Counts counts) {
  return standing == Standing::kFailure ||
         (standing == Standing::kMissing && counts == v1::COUNTS_FAILURES_AND_MISSING);
}

// Both sides of each comparison are correctly rounded: `1 of 5` is not above 0.2.
bool Holds(const v1::Rule& rule, int counted, int denominator) {
  if (denominator == 0) return false;
  const double ratio = static_cast<double>(counted) / denominator;
  switch (rule.limit_case()) {
    case v1::Rule::kNotPassedAtLeast:
      return counted >= rule.not_passed_at_least();
    case v1::Rule::kNotPassedRatioAbove:
      return ratio > rule.not_passed_ratio_above();
    case v1::Rule::kNotPassedRatioAtLeast:
      return ratio >= rule.not_passed_ratio_at_least();
    default:
      return false;
  }
  return false;
}

std::string LimitText(const v1::Rule& rule, int denominator) {
  const std::string of = absl::StrCat(" of ", denominator, denominator == 1 ? " check" : " checks");
  switch (rule.limit_case()) {
    case v1::Rule::kNotPassedAtLeast:
      return absl::StrCat("at least ", rule.not_passed_at_least(), of, " not passed");
    case v1::Rule::kNotPassedRatioAbove:
      return absl::StrCat("more than ", LimitPercent(rule.not_passed_ratio_above()), of,
                          " not passed");
    case v1::Rule::kNotPassedRatioAtLeast:
      return absl::StrCat("at least ", LimitPercent(rule.not_passed_ratio_at_least()), of,
                          " not passed");
    default:
      return "none";
  }
  return "none";
}

std::string InShort(const v1::Rule& rule, int counted, int denominator) {
  if (rule.limit_case() == v1::Rule::kNotPassedAtLeast) {
    return absl::StrCat(counted, " not passed, limit ", rule.not_passed_at_least());
  }
  const double ratio = denominator == 0 ? 0 : static_cast<double>(counted) / denominator;
  const bool above = rule.limit_case() == v1::Rule::kNotPassedRatioAbove;
  return absl::StrCat(
      counted, " of ", denominator, " not passed (", Percent(ratio), "), limit ",
      LimitPercent(above ? rule.not_passed_ratio_above() : rule.not_passed_ratio_at_least()));
}

}  // namespace

RuleOutcome ApplyRule(const v1::Rule& rule,
                      const google::protobuf::RepeatedPtrField<v1::CheckRecord>& checks) {
  RuleOutcome outcome;
  v1::RuleResult& result = outcome.result;
  result.set_rule(rule.rule());
  result.set_select(rule.select());

  const auto selection = Selection::Parse(rule.select());
  if (!selection.ok()) {
    outcome.problem = absl::StrCat("rule ", rule.rule(), " cannot be judged: its selector \"",
                                   rule.select(), "\" is wrong: ", selection.status().message());
  } else if (rule.limit_case() == v1::Rule::LIMIT_NOT_SET) {
    outcome.problem = absl::StrCat("rule ", rule.rule(), " cannot be judged: it has no limit");
  }

  const v1::CheckRecord* first = nullptr;
  int denominator = 0;
  for (const v1::CheckRecord& check : checks) {
    if (!outcome.problem.empty() || check.deselected()) continue;
    if (!selection->MatchesTags({check.tags().begin(), check.tags().end()})) continue;
    const Standing standing = StandingOf(check);
    if (standing == Standing::kSkipped) continue;
    ++denominator;
    if (!Counts(standing, rule.counts())) continue;
    result.add_counted(check.name());
    // A failure says more than what it blocked.
    const bool tells_more = first != nullptr && first->outcome() != v1::OUTCOME_FAILED &&
                            check.outcome() == v1::OUTCOME_FAILED;
    if (first == nullptr || tells_more) first = &check;
  }

  const int counted = result.counted_size();
  result.set_denominator(denominator);
  result.set_limit(LimitText(rule, denominator));
  result.set_value(denominator == 0
                       ? std::string("0 of 0")
                       : absl::StrCat(counted, " of ", denominator, " (",
                                      Percent(static_cast<double>(counted) / denominator), ")"));
  result.set_holds(outcome.problem.empty() && Holds(rule, counted, denominator));
  if (first != nullptr) result.set_first_evidence(EvidenceLine(*first));
  outcome.in_short = InShort(rule, counted, denominator);
  return outcome;
}

}  // namespace smokemesh::coordinator
