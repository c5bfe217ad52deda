#include "coordinator/plan/rule_limits.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/edge_checks.h"

namespace smokemesh::coordinator {
namespace {

std::string Counted(int number, const char* thing) {
  return absl::StrCat(number, " ", thing, number == 1 ? "" : "s");
}

// The field of the limit that a rule or tolerance has.
template <typename Limited>
const std::string& LimitName(const Limited& limited) {
  const auto& reflection = *limited.GetReflection();
  return reflection
      .GetOneofFieldDescriptor(limited, limited.GetDescriptor()->FindOneofByName("limit"))
      ->name();
}

template <typename Limited>
std::string LimitNames(const Limited& limited) {
  std::string names;
  const auto& oneof = *limited.GetDescriptor()->FindOneofByName("limit");
  for (int i = 0; i < oneof.field_count(); ++i) {
    absl::StrAppend(&names, i > 0 ? ", " : "", oneof.field(i)->name());
  }
  return names;
}

// The number of a limit that is one; 0 for ratios and none.
int NumberOf(const v1::Rule& rule) {
  switch (rule.limit_case()) {
    case v1::Rule::kNotPassedAtLeast:
      return rule.not_passed_at_least();
    case v1::Rule::kFlakyAtLeast:
      return rule.flaky_at_least();
    case v1::Rule::kNewlyFailingAtLeast:
      return rule.newly_failing_at_least();
    case v1::Rule::kNewlySlowAtLeast:
      return rule.newly_slow_at_least();
    case v1::Rule::kSuitesOverTargetAtLeast:
      return rule.suites_over_target_at_least();
    case v1::Rule::kServicesCutOffAtLeast:
      return rule.services_cut_off_at_least();
    default:
      return 0;
  }
}

}  // namespace

Countable CountableOf(const v1::Plan& plan, const Selection& selection, bool judged_only) {
  std::set<std::string> with_target;
  for (const v1::Suite& suite : plan.suites()) {
    if (suite.has_target()) with_target.insert(suite.name());
  }
  Countable countable;
  for (const v1::Check& check : plan.checks()) {
    if (judged_only && (check.shadow() || !check.skip().empty())) continue;
    if (!selection.MatchesTags(TagsOf(check))) continue;
    const int checks = check.has_edges() ? check.edges().edges_size() : 1;
    countable.checks += checks;
    if (check.retry().attempts() > 1) countable.retried += checks;
    AddServicesOf(check, &countable.services);
    if (with_target.count(check.suite()) > 0) countable.targets.insert(check.suite());
  }
  return countable;
}

std::string WhyNever(const v1::Rule& rule, const Countable& countable, const std::string& where) {
  const int number = NumberOf(rule);
  const auto too_high = [&](int greatest, const std::string& selected) {
    return absl::StrCat(LimitName(rule), " of ", where, " is ", number, ", and it selects ",
                        selected, ": it could never hold",
                        greatest > 1    ? absl::StrCat("; write a number from 1 to ", greatest)
                        : greatest == 1 ? "; write 1"
                                        : "");
  };
  switch (rule.limit_case()) {
    case v1::Rule::kNotPassedAtLeast:
    case v1::Rule::kNewlyFailingAtLeast:
    case v1::Rule::kNewlySlowAtLeast:
      if (number > countable.checks) {
        return too_high(countable.checks, Counted(countable.checks, "check"));
      }
      return "";
    case v1::Rule::kFlakyAtLeast:
    case v1::Rule::kFlakyRatioAbove:
      if (countable.retried == 0) {
        return absl::StrCat(where,
                            " counts FLAKY checks, and none that it selects has a \"retry\": it "
                            "could never hold");
      }
      if (number > countable.retried) {
        return too_high(countable.retried, Counted(countable.retried, "check") + " with a retry");
      }
      // Divided as the verdict does it.
      if (rule.limit_case() == v1::Rule::kFlakyRatioAbove &&
          static_cast<double>(countable.retried) / countable.checks <= rule.flaky_ratio_above()) {
        return absl::StrCat("flaky_ratio_above of ", where, " is ", rule.flaky_ratio_above(),
                            ", and only ", countable.retried, " of the ",
                            Counted(countable.checks, "check"),
                            " that it selects can be FLAKY, having a \"retry\": it could never "
                            "hold");
      }
      return "";
    case v1::Rule::kServicesCutOffAtLeast: {
      const int services = static_cast<int>(countable.services.size());
      if (number > services) {
        return too_high(services, services == 0
                                      ? "no check that probes an edge"
                                      : absl::StrCat("edges of ", Counted(services, "service")));
      }
      return "";
    }
    case v1::Rule::kSuitesOverTargetAtLeast: {
      const int suites = static_cast<int>(countable.targets.size());
      if (number > suites) {
        return too_high(suites, suites == 0 ? "no check in a suite with a \"target\""
                                            : absl::StrCat("checks in ", Counted(suites, "suite"),
                                                           " with a \"target\""));
      }
      return "";
    }
    case v1::Rule::kNotPassedRatioAbove:
    case v1::Rule::kNotPassedRatioAtLeast:
      if (countable.checks == 0) return absl::StrCat(where, " selects no check that counts");
      return "";
    case v1::Rule::LIMIT_NOT_SET:
      return "";
  }
  return "";
}

bool CheckLimit(const v1::Rule& rule, const std::string& path, const std::string& where,
                ProblemList* problems) {
  if (rule.limit_case() == v1::Rule::LIMIT_NOT_SET) {
    problems->Add(path, absl::StrCat(where, " has no limit: add one of ", LimitNames(rule)));
    return false;
  }
  const std::string& name = LimitName(rule);
  const auto wrong = [&](const std::string& must) {
    problems->Add(absl::StrCat(path, ".", name),
                  absl::StrCat(name, " of ", where, " must be ", must));
    return false;
  };
  switch (rule.limit_case()) {
    // Written so that a NaN from elsewhere fails.
    case v1::Rule::kNotPassedRatioAbove:
      if (rule.not_passed_ratio_above() >= 0 && rule.not_passed_ratio_above() < 1) return true;
      return wrong("from 0 to below 1: 0.2 means 20%");
    case v1::Rule::kFlakyRatioAbove:
      if (rule.flaky_ratio_above() >= 0 && rule.flaky_ratio_above() < 1) return true;
      return wrong("from 0 to below 1: 0.2 means 20%");
    case v1::Rule::kNotPassedRatioAtLeast:
      if (rule.not_passed_ratio_at_least() > 0 && rule.not_passed_ratio_at_least() <= 1)
        return true;
      return wrong("above 0 and at most 1: 1.0 means all");
    default:
      if (NumberOf(rule) >= 1) return true;
      return wrong("1 or more: 0 would always hold");
  }
}

bool CheckLimit(const v1::Tolerance& tolerance, const std::string& path, const std::string& where,
                ProblemList* problems) {
  if (tolerance.limit_case() == v1::Tolerance::LIMIT_NOT_SET) {
    problems->Add(path, absl::StrCat(where, " has no limit: add one of ", LimitNames(tolerance)));
    return false;
  }
  const std::string& name = LimitName(tolerance);
  const double ratio = tolerance.not_passed_ratio_at_most();
  const bool is_ratio = tolerance.limit_case() == v1::Tolerance::kNotPassedRatioAtMost;
  if (is_ratio ? ratio > 0 && ratio <= 1 : tolerance.not_passed_at_most() >= 1) return true;
  problems->Add(absl::StrCat(path, ".", name),
                absl::StrCat(name, " of ", where, " must be ",
                             is_ratio ? "above 0 and at most 1: 0.2 means 20%"
                                      : "1 or more: 0 would tolerate nothing"));
  return false;
}

}  // namespace smokemesh::coordinator
