#include "tests/simulation/slow_judge.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

namespace smokemesh::testing {
namespace {

using Tags = std::set<std::string>;

bool Selected(const std::string& selector, const Tags& tags) {
  const auto has = [&](const char* tag) { return tags.count(tag) > 0; };
  if (selector.empty()) return true;
  if (selector == "smoke") return has("smoke");
  if (selector == "critical") return has("critical");
  if (selector == "service") return has("service");
  if (selector == "database and transaction") return has("database") && has("transaction");
  if (selector == "smoke and not critical") return has("smoke") && !has("critical");
  if (selector == "service or database") return has("service") || has("database");
  std::abort();
}

bool In(v1::Outcome outcome, const std::set<v1::Outcome>& set) { return set.count(outcome) > 0; }

const std::set<v1::Outcome> kPassed = {v1::OUTCOME_PASSED, v1::OUTCOME_FLAKY};
const std::set<v1::Outcome> kSilent = {v1::OUTCOME_ERRORED, v1::OUTCOME_ABORTED,
                                       v1::OUTCOME_MISSING};

// What a check is worth: its own outcome, or for BLOCKED that of the root; an unknown root is
// silence.
v1::Outcome Worth(const v1::CheckRecord& check) {
  if (check.outcome() != v1::OUTCOME_BLOCKED) return check.outcome();
  return check.blocked_by() == v1::OUTCOME_UNSPECIFIED ? v1::OUTCOME_MISSING : check.blocked_by();
}

bool RuleHolds(const v1::Rule& rule, const std::vector<v1::CheckRecord>& judged) {
  long long selected = 0;
  long long counted = 0;
  for (const v1::CheckRecord& check : judged) {
    if (!Selected(rule.select(), Tags(check.tags().begin(), check.tags().end()))) continue;
    if (check.outcome() == v1::OUTCOME_SKIPPED) continue;
    selected += 1;
    if (Worth(check) == v1::OUTCOME_FAILED) counted += 1;
    if (In(Worth(check), kSilent) && rule.counts() == v1::COUNTS_FAILURES_AND_MISSING) counted += 1;
  }
  if (selected == 0) return false;
  if (rule.has_not_passed_at_least()) return counted >= rule.not_passed_at_least();
  // Ratios in whole thousandths: no rounding here.
  if (rule.has_not_passed_ratio_above()) {
    return counted * 1000 > std::llround(rule.not_passed_ratio_above() * 1000) * selected;
  }
  return counted * 1000 >= std::llround(rule.not_passed_ratio_at_least() * 1000) * selected;
}

// The outcome when every pair has one.
v1::Outcome ClosedQuorum(std::vector<v1::Outcome> outcomes, const std::string& quorum) {
  if (outcomes.empty()) return v1::OUTCOME_MISSING;
  const int number = std::atoi(quorum.c_str());
  if (std::count(outcomes.begin(), outcomes.end(), v1::OUTCOME_SKIPPED) ==
      static_cast<std::ptrdiff_t>(outcomes.size())) {
    return v1::OUTCOME_SKIPPED;
  }
  // Agents that a number asks for beyond those that there are never report.
  while (number > static_cast<int>(outcomes.size())) outcomes.push_back(v1::OUTCOME_MISSING);
  std::vector<v1::Outcome> asked;
  for (const v1::Outcome outcome : outcomes) {
    if (outcome != v1::OUTCOME_SKIPPED) asked.push_back(outcome);
  }
  if (asked.empty()) return v1::OUTCOME_SKIPPED;
  int needed = static_cast<int>(asked.size());
  if (quorum == "any") needed = 1;
  if (number > 0) needed = std::min(needed, number);

  const auto count = [&](const std::set<v1::Outcome>& set) {
    return static_cast<int>(
        std::count_if(asked.begin(), asked.end(), [&](v1::Outcome o) { return In(o, set); }));
  };
  if (count({v1::OUTCOME_PASSED}) >= needed) return v1::OUTCOME_PASSED;
  if (count(kPassed) >= needed) return v1::OUTCOME_FLAKY;
  // If all the silent ones had passed, would that have been enough? If not, it FAILED.
  const int at_best = static_cast<int>(asked.size()) - count({v1::OUTCOME_FAILED});
  if (at_best < needed) return v1::OUTCOME_FAILED;
  for (const v1::Outcome outcome :
       {v1::OUTCOME_BLOCKED, v1::OUTCOME_MISSING, v1::OUTCOME_ERRORED, v1::OUTCOME_ABORTED}) {
    if (count({outcome}) > 0) return outcome;
  }
  std::abort();
}

}  // namespace

const std::vector<std::string>& SlowSelectors() {
  static const std::vector<std::string> selectors = {"",
                                                     "smoke",
                                                     "critical",
                                                     "database and transaction",
                                                     "smoke and not critical",
                                                     "service",
                                                     "service or database"};
  return selectors;
}

v1::Outcome SlowQuorum(const std::vector<v1::Outcome>& outcomes, const std::string& quorum) {
  const auto open = std::find(outcomes.begin(), outcomes.end(), v1::OUTCOME_UNSPECIFIED);
  if (open == outcomes.end()) return ClosedQuorum(outcomes, quorum);
  std::set<v1::Outcome> possible;
  std::vector<v1::Outcome> guess = outcomes;
  for (int outcome = v1::OUTCOME_PASSED; outcome <= v1::OUTCOME_SKIPPED; ++outcome) {
    guess[open - outcomes.begin()] = static_cast<v1::Outcome>(outcome);
    possible.insert(SlowQuorum(guess, quorum));
    if (possible.size() > 1) return v1::OUTCOME_UNSPECIFIED;
  }
  return *possible.begin();
}

v1::Decision SlowJudge(const std::vector<v1::CheckRecord>& checks, const v1::Policy& policy) {
  std::vector<v1::CheckRecord> judged;
  for (const v1::CheckRecord& check : checks) {
    if (!check.deselected()) judged.push_back(check);
  }
  for (const v1::Rule& rule : policy.rollback()) {
    if (RuleHolds(rule, judged)) return v1::DECISION_ROLLBACK;
  }
  bool evidence = false;
  bool doubt = false;
  bool bad = false;
  for (const v1::CheckRecord& check : judged) {
    if (check.outcome() == v1::OUTCOME_UNSPECIFIED) return v1::DECISION_UNSPECIFIED;
  }
  for (const v1::CheckRecord& check : judged) {
    const Tags tags(check.tags().begin(), check.tags().end());
    if (check.outcome() == v1::OUTCOME_SKIPPED && tags.count("critical") > 0) doubt = true;
    if (check.outcome() == v1::OUTCOME_SKIPPED) continue;
    if (In(Worth(check), kSilent)) doubt = true;
    if (In(check.outcome(), kPassed) || Worth(check) == v1::OUTCOME_FAILED) evidence = true;
    if (!In(check.outcome(), kPassed)) bad = true;
  }
  if (doubt || !evidence) return v1::DECISION_INCONCLUSIVE;
  return bad ? v1::DECISION_HOLD : v1::DECISION_PROMOTE;
}

}  // namespace smokemesh::testing
