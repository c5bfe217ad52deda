#include "tests/simulation/slow_judge.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

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

Tags TagsOf(const v1::CheckRecord& check) { return Tags(check.tags().begin(), check.tags().end()); }

bool IsOpen(const v1::CheckRecord& check) { return check.outcome() == v1::OUTCOME_UNSPECIFIED; }
bool IsSkipped(const v1::CheckRecord& check) { return check.outcome() == v1::OUTCOME_SKIPPED; }

// Whether a check did not pass in a way that `counts` names.
bool IsBad(const v1::CheckRecord& check, v1::Counts counts) {
  if (Worth(check) == v1::OUTCOME_FAILED) return true;
  return counts == v1::COUNTS_FAILURES_AND_MISSING && In(Worth(check), kSilent);
}

bool IsReadable(v1::Counts counts) { return counts >= 0 && counts <= 2; }

long long Nanos(const google::protobuf::Duration& duration) {
  return duration.seconds() * 1'000'000'000LL + duration.nanos();
}

// The times of everything that a run is judged by.
class SlowTimes {
 public:
  SlowTimes(const std::vector<v1::CheckRecord>& checks, const v1::Baseline& baseline)
      : checks_(checks) {
    if (baseline.run_id().empty()) return;
    for (const v1::CheckBaseline& check : baseline.checks()) before_[check.name()] = check;
  }

  bool PassedBefore(const v1::CheckRecord& check) const {
    const auto it = before_.find(check.name());
    return it != before_.end() && In(it->second.outcome(), kPassed);
  }

  bool IsNewlyFailing(const v1::CheckRecord& check) const {
    return PassedBefore(check) && !IsOpen(check) && !IsSkipped(check) &&
           !In(check.outcome(), kPassed);
  }

  bool HasTimesEnough(const v1::CheckRecord& check) const {
    const auto it = before_.find(check.name());
    return it != before_.end() && it->second.durations_size() >= 3;
  }

  // Beyond each of the times before, beyond twice the one in the middle, by a tenth of a second.
  bool IsNewlySlow(const v1::CheckRecord& check) const {
    if (check.outcome() != v1::OUTCOME_PASSED || !HasTimesEnough(check)) return false;
    long long now = 0;
    for (const v1::Task& task : check.tasks()) {
      if (task.has_result()) now = std::max(now, Nanos(task.result().duration()));
    }
    std::multiset<long long> times;
    for (const auto& duration : before_.at(check.name()).durations()) times.insert(Nanos(duration));
    while (times.size() > 2) {
      times.erase(times.begin());
      times.erase(std::prev(times.end()));
    }
    const long long twice_the_middle = *times.begin() + *times.rbegin();
    bool beyond_each = true;
    for (const auto& duration : before_.at(check.name()).durations()) {
      beyond_each = beyond_each && now > Nanos(duration);
    }
    return beyond_each && now > twice_the_middle && 2 * now >= twice_the_middle + 200'000'000;
  }

  bool IsOverTarget(const v1::Suite& suite) const {
    if (Nanos(suite.target()) <= 0) return false;
    std::map<std::string, std::pair<long long, long long>> spans;  // agent -> first, last
    bool was_ended = false;
    for (const v1::CheckRecord& check : checks_) {
      if (check.suite() != suite.name() || check.shadow()) continue;
      for (const v1::Task& task : check.tasks()) {
        const std::string words = "suite \"" + suite.name() + "\" was ended after ";
        was_ended |= task.outcome() == v1::OUTCOME_ABORTED && task.reason().find(words) == 0;
        if (!task.has_result()) continue;
        const auto& start = task.result().start_time();
        const long long begin = start.seconds() * 1'000'000'000LL + start.nanos();
        const long long end = begin + Nanos(task.result().duration());
        const auto it = spans.emplace(task.agent_id(), std::pair(begin, end)).first;
        it->second = {std::min(it->second.first, begin), std::max(it->second.second, end)};
      }
    }
    return was_ended || std::any_of(spans.begin(), spans.end(), [&](const auto& span) {
             return span.second.second - span.second.first > Nanos(suite.target());
           });
  }

 private:
  const std::vector<v1::CheckRecord>& checks_;
  std::map<std::string, v1::CheckBaseline> before_;
};

// In how many of the last rounds the rule was crossed, this one included.
bool RoundsHold(const v1::Rule& rule, bool crossed, const v1::Round& this_round) {
  const int number = std::max(1, this_round.number());
  std::vector<bool> crossed_in(number + 1, false);  // by number
  crossed_in[number] = crossed;
  for (const v1::BakeRound& earlier : this_round.earlier()) {
    if (earlier.number() < 1 || earlier.number() >= number) continue;
    for (const std::string& name : earlier.crossed()) {
      if (name == rule.rule()) crossed_in[earlier.number()] = true;
    }
  }
  int times = 0;
  int looked_at = 0;
  for (int back = number; back >= 1 && looked_at < rule.rounds().of_last(); --back, ++looked_at) {
    if (crossed_in[back]) ++times;
  }
  int asked = rule.rounds().at_least();
  if (asked > std::max(1, this_round.planned())) asked = std::max(1, this_round.planned());
  return times >= asked;
}

// Ratios in whole thousandths: no rounding here.
long long Thousandths(double ratio) { return std::llround(ratio * 1000); }

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

bool SlowHolds(const v1::Rule& rule, int counted, int of) {
  if (of == 0) return false;
  const long long share = counted * 1000LL;
  if (rule.has_not_passed_at_least()) return counted >= rule.not_passed_at_least();
  if (rule.has_flaky_at_least()) return counted >= rule.flaky_at_least();
  if (rule.has_newly_failing_at_least()) return counted >= rule.newly_failing_at_least();
  if (rule.has_newly_slow_at_least()) return counted >= rule.newly_slow_at_least();
  if (rule.has_suites_over_target_at_least()) return counted >= rule.suites_over_target_at_least();
  if (rule.has_services_cut_off_at_least()) return counted >= rule.services_cut_off_at_least();
  if (rule.has_not_passed_ratio_above()) {
    return share > Thousandths(rule.not_passed_ratio_above()) * of;
  }
  if (rule.has_not_passed_ratio_at_least()) {
    return share >= Thousandths(rule.not_passed_ratio_at_least()) * of;
  }
  if (rule.has_flaky_ratio_above()) return share > Thousandths(rule.flaky_ratio_above()) * of;
  return false;
}

bool SlowHolds(const v1::Tolerance& tolerance, int counted, int of) {
  if (of == 0) return false;
  if (tolerance.has_not_passed_at_most()) return counted <= tolerance.not_passed_at_most();
  return tolerance.has_not_passed_ratio_at_most() &&
         counted * 1000LL <= Thousandths(tolerance.not_passed_ratio_at_most()) * of;
}

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

SlowVerdict SlowJudgeAll(const std::vector<v1::CheckRecord>& checks,
                         const std::vector<v1::Suite>& suites, const v1::RunOptions& options,
                         const v1::Policy& policy, const SlowSelect& asked) {
  const SlowSelect select = asked ? asked : Selected;
  SlowVerdict verdict;
  const SlowTimes times(checks, options.baseline());
  std::vector<v1::CheckRecord> judged;
  for (const v1::CheckRecord& check : checks) {
    if (check.deselected()) continue;
    if (check.shadow()) {
      ++verdict.shadow[check.outcome()];
      continue;
    }
    ++verdict.counts[check.outcome()];
    judged.push_back(check);
  }
  bool unreadable = false;

  const auto apply = [&](const v1::Rule& rule) {
    SlowRule result;
    result.rule = rule.rule();
    if (rule.limit_case() == v1::Rule::LIMIT_NOT_SET || !IsReadable(rule.counts())) {
      unreadable = true;
      verdict.rules.push_back(result);
      return false;
    }
    std::vector<v1::CheckRecord> selected;
    for (const v1::CheckRecord& check : judged) {
      if (select(rule.select(), TagsOf(check))) selected.push_back(check);
    }
    if (rule.has_suites_over_target_at_least()) {
      for (const v1::Suite& suite : suites) {
        bool has_one = false;
        for (const v1::CheckRecord& check : selected) has_one |= check.suite() == suite.name();
        if (!has_one || Nanos(suite.target()) == 0) continue;
        ++result.of;
        if (times.IsOverTarget(suite)) {
          result.counted.insert(suite.name());
        } else {
          ++result.could;
        }
      }
    } else if (rule.has_services_cut_off_at_least()) {
      std::set<std::string> services;
      std::vector<v1::CheckRecord> edges;
      for (const v1::CheckRecord& check : selected) {
        if (!check.has_edge() || IsSkipped(check)) continue;
        edges.push_back(check);
        services.insert(check.edge().from());
        services.insert(check.edge().to());
      }
      for (const std::string& service : services) {
        int calls[2] = {0, 0};   // from it, to it
        int broken[2] = {0, 0};  // of these
        for (const v1::CheckRecord& edge : edges) {
          const bool bad = IsBad(edge, rule.counts());
          if (edge.edge().from() == service) calls[0] += 1, broken[0] += bad ? 1 : 0;
          if (edge.edge().to() == service) calls[1] += 1, broken[1] += bad ? 1 : 0;
        }
        const bool is_alone = broken[0] + broken[1] == calls[0] + calls[1];
        const bool calls_nobody = calls[0] >= 2 && broken[0] == calls[0];
        const bool called_by_nobody = calls[1] >= 2 && broken[1] == calls[1];
        ++result.of;
        if (is_alone || calls_nobody || called_by_nobody) {
          result.counted.insert(service);
        } else {
          ++result.could;
        }
      }
    } else {
      for (const v1::CheckRecord& check : selected) {
        if (IsSkipped(check)) continue;
        ++result.of;
        bool counts = IsBad(check, rule.counts());
        bool could = true;
        if (rule.has_newly_failing_at_least()) {
          counts = counts && times.IsNewlyFailing(check);
          could = times.PassedBefore(check);
        }
        if (rule.has_newly_slow_at_least()) {
          counts = times.IsNewlySlow(check);
          could = times.HasTimesEnough(check);
        }
        if (rule.has_flaky_at_least() || rule.has_flaky_ratio_above()) {
          counts = check.outcome() == v1::OUTCOME_FLAKY;
        }
        if (counts) result.counted.insert(check.name());
        if (!counts && could) ++result.could;
      }
    }
    result.crossed = SlowHolds(rule, static_cast<int>(result.counted.size()), result.of);
    result.holds =
        rule.has_rounds() ? RoundsHold(rule, result.crossed, options.round()) : result.crossed;
    verdict.rules.push_back(result);
    return result.holds;
  };

  bool roll_back = false;
  for (const v1::Rule& rule : policy.rollback()) roll_back |= apply(rule);
  bool hold = false;
  for (const v1::Rule& rule : policy.hold()) hold |= apply(rule);
  for (const v1::Tolerance& tolerance : policy.tolerate()) {
    SlowRule result;
    result.rule = tolerance.rule();
    if (tolerance.limit_case() == v1::Tolerance::LIMIT_NOT_SET || !IsReadable(tolerance.counts())) {
      unreadable = true;
      verdict.rules.push_back(result);
      continue;
    }
    bool undecided = false;
    for (const v1::CheckRecord& check : judged) {
      const Tags tags = TagsOf(check);
      if (!select(tolerance.select(), tags) || tags.count("critical") > 0) continue;
      if (IsSkipped(check)) continue;
      undecided |= IsOpen(check);
      ++result.of;
      if (IsBad(check, tolerance.counts())) {
        result.counted.insert(check.name());
      } else {
        ++result.could;
      }
    }
    const int counted = static_cast<int>(result.counted.size());
    result.holds = counted > 0 && !undecided && SlowHolds(tolerance, counted, result.of);
    result.crossed = result.holds;
    if (result.holds) verdict.tolerated.insert(result.counted.begin(), result.counted.end());
    verdict.rules.push_back(result);
  }

  bool open = false;
  bool evidence = false;
  bool doubt = unreadable;
  bool bad = hold;
  for (const v1::CheckRecord& check : judged) {
    open |= IsOpen(check);
    if (IsSkipped(check)) {
      doubt |= TagsOf(check).count("critical") > 0;
      continue;
    }
    if (In(check.outcome(), kPassed)) evidence = true;
    if (In(check.outcome(), kPassed) || verdict.tolerated.count(check.name()) > 0) continue;
    bad = true;
    doubt |= In(Worth(check), kSilent);
    evidence |= Worth(check) == v1::OUTCOME_FAILED;
  }
  if (roll_back) {
    verdict.decision = v1::DECISION_ROLLBACK;
  } else if (!open) {
    verdict.decision = doubt || !evidence ? v1::DECISION_INCONCLUSIVE
                       : bad              ? v1::DECISION_HOLD
                                          : v1::DECISION_PROMOTE;
  }
  return verdict;
}

v1::Decision SlowJudge(const std::vector<v1::CheckRecord>& checks, const v1::Policy& policy) {
  return SlowJudgeAll(checks, {}, {}, policy, Selected).decision;
}

v1::Decision SlowJudgeBake(const std::vector<v1::BakeRound>& rounds, const v1::Policy& policy,
                           bool ended) {
  int last = 0;
  for (const v1::BakeRound& round : rounds) {
    if (round.decision() == v1::DECISION_ROLLBACK) return v1::DECISION_ROLLBACK;
    last = std::max(last, round.number());
  }
  if (!ended) return v1::DECISION_UNSPECIFIED;
  const auto over_rounds = [&](const v1::Rule& rule) {
    if (!rule.has_rounds() || last == 0) return false;
    std::set<int> crossed;
    for (const v1::BakeRound& round : rounds) {
      for (const std::string& name : round.crossed()) {
        const bool is_late = last - round.number() < rule.rounds().of_last();
        if (name == rule.rule() && is_late) crossed.insert(round.number());
      }
    }
    const int times = static_cast<int>(crossed.size());
    return times >= rule.rounds().at_least() || times == last;
  };
  bool hold = false;
  bool doubt = last == 0 || last < policy.clean_rounds();
  for (const v1::Rule& rule : policy.rollback()) {
    if (over_rounds(rule)) return v1::DECISION_ROLLBACK;
  }
  for (const v1::Rule& rule : policy.hold()) hold |= over_rounds(rule);
  for (int number = last; number >= 1; --number) {
    if (policy.clean_rounds() > 0 && last - number >= policy.clean_rounds()) break;
    bool promoted = false;
    for (const v1::BakeRound& round : rounds) {
      if (round.number() != number) continue;
      promoted |= round.decision() == v1::DECISION_PROMOTE;
      hold |= round.decision() == v1::DECISION_HOLD;
      promoted |= round.decision() == v1::DECISION_HOLD;
    }
    doubt |= !promoted;
  }
  if (doubt) return v1::DECISION_INCONCLUSIVE;
  return hold ? v1::DECISION_HOLD : v1::DECISION_PROMOTE;
}

}  // namespace smokemesh::testing
