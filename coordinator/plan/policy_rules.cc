#include "coordinator/plan/policy_rules.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/edge_checks.h"
#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/rule_limits.h"
#include "coordinator/plan/selection.h"
#include "coordinator/plan/selector_rules.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxRuleName = 128;
constexpr int kMaxRules = 50;
constexpr int kMaxRounds = 1000;
constexpr const char* kCritical = "critical";
constexpr const char* kNeverHolds = "it could never hold";

// What is wrong with one policy.
class PolicyRules {
 public:
  PolicyRules(const v1::Plan& plan, const v1::Policy& policy, ProblemList* problems)
      : plan_(plan), policy_(policy), tags_(plan), problems_(*problems) {}

  void Check() {
    CheckRules(policy_.rollback(), "policy.rollback");
    CheckRules(policy_.hold(), "policy.hold");
    CheckTolerances();
    CheckCleanRounds();
    CheckCanRollBack();
  }

  // Of the default policy, whose rules need not select anything.
  void CheckDefault() {
    if (plan_.checks_size() == 0) return;  // said elsewhere
    bool selects = false;
    for (const v1::Rule& rule : policy_.rollback()) {
      const auto selection = Selection::Parse(rule.select());
      if (!selection.ok()) continue;
      if (WhyNever(rule, CountableOf(plan_, *selection, true), "").empty()) return;
      selects = selects || CountableOf(plan_, *selection, false).checks > 0;
    }
    problems_.Add(
        "checks",
        selects
            ? "every check that the default policy looks at is left out with \"skip\" or is "
              "\"shadow\", so this plan could never roll back: let one of them count"
            : "no check has a tag that the default policy looks at, so this plan could never roll "
              "back: add \"tags: [smoke]\" to the checks (it rolls back when more than 20% of them "
              "fail), and \"critical\" to those of which one failure is enough; or write a "
              "\"policy\"");
  }

 private:
  void CheckRules(const google::protobuf::RepeatedPtrField<v1::Rule>& rules,
                  const std::string& list) {
    if (!CheckNumber(rules.size(), list)) return;
    for (int i = 0; i < rules.size(); ++i) {
      const v1::Rule& rule = rules.Get(i);
      const std::string path = absl::StrCat(list, "[", i, "]");
      const std::string where = CheckRuleName(rule.rule(), "rule", i, path);
      const auto selection =
          CheckSelector(rule.select(), tags_, path, "select", where, kNeverHolds, &problems_);
      if (CheckLimit(rule, path, where, &problems_) && selection.has_value()) {
        const std::string why = WhyNever(rule, CountableOf(plan_, *selection, false), where);
        if (!why.empty()) problems_.Add(PathOfLimit(rule, path), why);
      }
      CheckCounts(rule.counts(), path, where);
      CheckRounds(rule, path, where);
    }
  }

  bool CheckNumber(int number, const std::string& list) {
    if (number <= kMaxRules) return true;
    problems_.Add(list, absl::StrCat("the policy has ", number, " rules in ",
                                     list.substr(list.find('.') + 1), "; at most ", kMaxRules));
    return false;
  }

  // Returns how messages name the rule.
  std::string CheckRuleName(const std::string& name, const std::string& kind, int index,
                            const std::string& path) {
    const std::string where = name.empty()
                                  ? absl::StrCat(kind, " ", index + 1)
                                  : absl::StrCat(kind, " \"", shared::Shorten(name, 64), "\"");
    CheckName(name, kMaxRuleName, path + ".rule", where, &problems_);
    const auto [first, is_new] = names_.emplace(name, path.substr(0, path.find('[')));
    if (!is_new && !name.empty()) {
      const std::string list = first->second.substr(first->second.find('.') + 1);
      problems_.Add(path + ".rule", absl::StrCat(where, " is here twice",
                                                 path.rfind(first->second, 0) == 0
                                                     ? ""
                                                     : absl::StrCat(", first under \"", list, "\""),
                                                 ": names are unique"));
    }
    return where;
  }

  template <typename Limited>
  static std::string PathOfLimit(const Limited& limited, const std::string& path) {
    const auto* limit = limited.GetReflection()->GetOneofFieldDescriptor(
        limited, limited.GetDescriptor()->FindOneofByName("limit"));
    return absl::StrCat(path, ".", limit->name());
  }

  void CheckCounts(v1::Counts counts, const std::string& path, const std::string& where) {
    if (v1::Counts_IsValid(counts)) return;
    problems_.Add(path + ".counts", absl::StrCat("\"counts\" of ", where,
                                                 " must be failures or failures_and_missing"));
  }

  void CheckRounds(const v1::Rule& rule, const std::string& path, const std::string& where) {
    if (!rule.has_rounds()) return;
    const v1::Rounds& rounds = rule.rounds();
    bool is_good = true;
    const auto check = [&](int value, const std::string& field) {
      if (value >= 1 && value <= kMaxRounds) return;
      is_good = false;
      problems_.Add(absl::StrCat(path, ".rounds.", field),
                    absl::StrCat("\"", field, "\" of \"rounds\" of ", where, " must be from 1 to ",
                                 kMaxRounds,
                                 ": {at_least: 2, of_last: 3} means two of the last "
                                 "three rounds"));
    };
    check(rounds.at_least(), "at_least");
    check(rounds.of_last(), "of_last");
    if (!is_good || rounds.at_least() <= rounds.of_last()) return;
    problems_.Add(path + ".rounds.at_least",
                  absl::StrCat(where, " asks for ", rounds.at_least(), " of the last ",
                               rounds.of_last(), " rounds: ", kNeverHolds,
                               "; \"at_least\" must not be greater than \"of_last\""));
  }

  void CheckTolerances() {
    if (!CheckNumber(policy_.tolerate_size(), "policy.tolerate")) return;
    for (int i = 0; i < policy_.tolerate_size(); ++i) {
      const v1::Tolerance& tolerance = policy_.tolerate(i);
      const std::string path = absl::StrCat("policy.tolerate[", i, "]");
      const std::string where = CheckRuleName(tolerance.rule(), "tolerance", i, path);
      const auto selection = CheckSelector(tolerance.select(), tags_, path, "select", where,
                                           "it would tolerate nothing", &problems_);
      if (selection.has_value()) RefuseCritical(*selection, path, where);
      CheckLimit(tolerance, path, where, &problems_);
      CheckCounts(tolerance.counts(), path, where);
    }
  }

  void RefuseCritical(const Selection& selection, const std::string& path,
                      const std::string& where) {
    for (size_t i = 0; i < tags_.of_check.size(); ++i) {
      const auto& own = tags_.of_check[i];
      if (std::find(own.begin(), own.end(), kCritical) == own.end()) continue;
      if (!selection.MatchesTags(own)) continue;
      problems_.Add(path + ".select",
                    absl::StrCat(where, " selects the critical check \"",
                                 shared::Shorten(plan_.checks(static_cast<int>(i)).name(), 64),
                                 "\", which must pass: add \"and not critical\""));
      return;
    }
  }

  void CheckCleanRounds() {
    const int rounds = policy_.clean_rounds();
    if (rounds == 0 && !problems_.IsWritten("policy.clean_rounds")) return;
    if (rounds >= 1 && rounds <= kMaxRounds) return;
    problems_.Add("policy.clean_rounds",
                  absl::StrCat("\"clean_rounds\" of the policy must be from 1 to ", kMaxRounds,
                               ": so many rounds of a bake, the last ones, must be PROMOTE"));
  }

  void CheckCanRollBack() {
    if (policy_.rollback_size() == 0) {
      problems_.Add("policy",
                    "the policy has no rollback rule, so this plan could never roll back: "
                    "add one under \"rollback\", such as {rule: critical-path, select: "
                    "critical, not_passed_at_least: 1}");
      return;
    }
    if (policy_.rollback_size() > kMaxRules || plan_.checks_size() == 0) return;  // said elsewhere
    bool some_could = false;  // if all checks counted
    for (const v1::Rule& rule : policy_.rollback()) {
      const auto selection = Selection::Parse(rule.select());
      if (!selection.ok() || rule.limit_case() == v1::Rule::LIMIT_NOT_SET) return;
      if (WhyNever(rule, CountableOf(plan_, *selection, true), "").empty()) return;
      some_could = some_could || WhyNever(rule, CountableOf(plan_, *selection, false), "").empty();
    }
    if (!some_could) return;  // said of each rule
    problems_.Add("policy.rollback",
                  "this plan could never roll back: too few of the checks that its rollback rules "
                  "select count, because the others are left out with \"skip\" or are \"shadow\"; "
                  "lower a limit, or add a rule over checks that count");
  }

  const v1::Plan& plan_;
  const v1::Policy& policy_;
  const TagsOfPlan tags_;
  ProblemList& problems_;
  std::map<std::string, std::string> names_;  // of rules, and the list where each was first
};

}  // namespace

void CheckPolicy(const v1::Plan& plan, const v1::Policy* policy, ProblemList* problems) {
  const v1::Policy standard = DefaultPolicy(plan);
  // A plan that has its defaults already, sent by another program, did not ask for these rules.
  if (policy == nullptr || google::protobuf::util::MessageDifferencer::Equals(*policy, standard)) {
    PolicyRules(plan, standard, problems).CheckDefault();
  } else {
    PolicyRules(plan, *policy, problems).Check();
  }
}

void ApplyPolicyDefaults(v1::Policy* policy) {
  const auto fill = [](auto* rules) {
    for (auto& rule : *rules) {
      if (rule.counts() == v1::COUNTS_UNSPECIFIED) rule.set_counts(v1::COUNTS_FAILURES);
    }
  };
  fill(policy->mutable_rollback());
  fill(policy->mutable_hold());
  fill(policy->mutable_tolerate());
}

v1::Policy DefaultPolicy(const v1::Plan& plan) {
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
  if (HasEdges(plan)) add("service-cut-off", "edge")->set_services_cut_off_at_least(1);
  return policy;
}

}  // namespace smokemesh::coordinator
