#include "coordinator/plan/policy_rules.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/selection.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxRuleName = 128;
constexpr int kMaxRules = 50;

void CheckLimit(const v1::Rule& rule, const std::string& path, const std::string& where,
                ProblemList* problems) {
  switch (rule.limit_case()) {
    case v1::Rule::LIMIT_NOT_SET:
      problems->Add(path, absl::StrCat(where,
                                       " has no limit: add one of not_passed_at_least, "
                                       "not_passed_ratio_above, not_passed_ratio_at_least"));
      return;
    case v1::Rule::kNotPassedAtLeast:
      if (rule.not_passed_at_least() < 1) {
        problems->Add(path + ".not_passed_at_least",
                      absl::StrCat("not_passed_at_least of ", where,
                                   " must be 1 or more: 0 would always roll back"));
      }
      return;
    case v1::Rule::kNotPassedRatioAbove:
      // Written so that a NaN from elsewhere fails.
      if (!(rule.not_passed_ratio_above() >= 0 && rule.not_passed_ratio_above() < 1)) {
        problems->Add(path + ".not_passed_ratio_above",
                      absl::StrCat("not_passed_ratio_above of ", where,
                                   " must be from 0 to below 1: 0.2 means 20%"));
      }
      return;
    case v1::Rule::kNotPassedRatioAtLeast:
      if (!(rule.not_passed_ratio_at_least() > 0 && rule.not_passed_ratio_at_least() <= 1)) {
        problems->Add(path + ".not_passed_ratio_at_least",
                      absl::StrCat("not_passed_ratio_at_least of ", where,
                                   " must be above 0 and at most 1: 1.0 means all"));
      }
      return;
    default:
      return;
  }
}

void CheckSelect(const v1::Plan& plan, const v1::Rule& rule, const std::string& path,
                 const std::string& where, bool may_select_nothing, ProblemList* problems) {
  if (absl::StripAsciiWhitespace(rule.select()).empty()) {
    problems->Add(path, absl::StrCat(where,
                                     " selects nothing: add \"select\" with an expression "
                                     "over tags, such as: smoke and not slow"));
    return;
  }
  const auto selection = Selection::Parse(rule.select());
  if (!selection.ok()) {
    problems->Add(path + ".select",
                  absl::StrCat("\"select\" of ", where, ", ", selection.status().message()));
    return;
  }
  if (may_select_nothing) return;
  std::set<std::string> tags;
  for (const v1::Check& check : plan.checks()) {
    const std::vector<std::string> own(check.tags().begin(), check.tags().end());
    if (selection->MatchesTags(own)) return;
    tags.insert(own.begin(), own.end());
  }
  std::string help;
  for (const std::string& word : selection->Words()) {
    if (tags.count(word) > 0) continue;
    help = absl::StrCat("; no check has the tag \"", shared::Shorten(word, 64), "\"",
                        problems->DidYouMean(word, {tags.begin(), tags.end()}));
    break;
  }
  problems->Add(path + ".select",
                absl::StrCat(where, " selects no check of the plan: it could never hold", help));
}

}  // namespace

void CheckPolicy(const v1::Plan& plan, ProblemList* problems) {
  const auto& rules = plan.policy().rollback();
  if (rules.size() > kMaxRules) {
    problems->Add("policy.rollback",
                  absl::StrCat("the policy has ", rules.size(), " rules; at most ", kMaxRules));
    return;
  }
  // A plan that has its defaults already, sent by another program, did not ask for these rules.
  const bool is_default =
      google::protobuf::util::MessageDifferencer::Equals(plan.policy(), DefaultPolicy());
  std::set<std::string> names;
  for (int i = 0; i < rules.size(); ++i) {
    const v1::Rule& rule = rules.Get(i);
    const std::string path = absl::StrCat("policy.rollback[", i, "]");
    const std::string where = rule.rule().empty() ? absl::StrCat("rule ", i + 1)
                                                  : absl::StrCat("rule \"", rule.rule(), "\"");
    CheckName(rule.rule(), kMaxRuleName, path + ".rule", where, problems);
    if (!rule.rule().empty() && !names.insert(rule.rule()).second) {
      problems->Add(path + ".rule", absl::StrCat(where, " is here twice: names are unique"));
    }
    CheckSelect(plan, rule, path, where, is_default, problems);
    CheckLimit(rule, path, where, problems);
    if (!v1::Counts_IsValid(rule.counts())) {
      problems->Add(path + ".counts", absl::StrCat("\"counts\" of ", where,
                                                   " must be failures or failures_and_missing"));
    }
  }
}

v1::Policy DefaultPolicy() {
  v1::Policy policy;
  const auto add = [&](const char* name, const char* select) {
    v1::Rule* rule = policy.add_rollback();
    rule->set_rule(name);
    rule->set_select(select);
    rule->set_counts(v1::COUNTS_FAILURES);
    return rule;
  };
  add("too-many-failures", "smoke")->set_not_passed_ratio_above(0.20);
  add("critical-path", "critical")->set_not_passed_at_least(1);
  add("database-transactions", "database and transaction")->set_not_passed_at_least(1);
  add("services-cannot-talk", "service")->set_not_passed_ratio_at_least(1.0);
  return policy;
}

}  // namespace smokemesh::coordinator
