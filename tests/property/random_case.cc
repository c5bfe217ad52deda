#include "tests/property/random_case.h"

#include <algorithm>

namespace smokemesh::testing {
namespace {

const std::vector<std::string>& Tags() {
  static const std::vector<std::string> tags = {"smoke",   "critical", "database",
                                                "service", "slow",     "nobody-has-it"};
  return tags;
}

// Times in milliseconds that lie on both sides of every border.
int RandomTime(SimRandom* random) {
  constexpr int kTimes[] = {0,   10,  49,  50,  51,  99,  100, 101, 149, 150,
                            151, 199, 200, 201, 300, 399, 400, 401, 500, 501};
  return kTimes[random->Below(20)];
}

void SetMillis(int millis, google::protobuf::Duration* duration) {
  duration->set_seconds(millis / 1000);
  duration->set_nanos(millis % 1000 * 1'000'000);
}

v1::Check RandomCheck(SimRandom* random, int number, int of) {
  v1::Check check;
  check.set_name("c" + std::to_string(number));
  const char* suites[] = {"one", "two", "three"};
  check.set_suite(suites[random->Below(3)]);
  for (const std::string& tag : Tags()) {
    if (tag != "nobody-has-it" && random->Chance(tag == "critical" ? 0.15 : 0.4))
      check.add_tags(tag);
  }
  check.mutable_http()->add_steps()->mutable_request()->set_url("http://target/");
  if (random->Chance(0.3)) {
    const char* quorums[] = {"any", "all", "1", "2", "3"};
    check.set_quorum(quorums[random->Below(5)]);
  }
  // Needs may point both ways in a plan; here to any that was numbered lower, in shuffled plans.
  for (int need = 0; need < number && of > 1; ++need) {
    if (random->Chance(0.12)) check.add_needs("c" + std::to_string(need));
  }
  check.set_optional(random->Chance(0.25));
  if (random->Chance(0.06)) check.set_skip("not here");
  check.set_shadow(random->Chance(0.12));
  if (random->Chance(0.5)) {
    const char* services[] = {"w", "x", "y", "z"};
    const int from = random->Below(4);
    check.mutable_edge()->set_edges("calls");
    check.mutable_edge()->set_from(services[from]);
    check.mutable_edge()->set_to(services[(from + 1 + random->Below(3)) % 4]);
  }
  return check;
}

std::string RandomSelector(SimRandom* random, Case* made) {
  const Expression expression = Expression::Random(random, Tags(), random->Below(3));
  const std::string text = expression.Print(random);
  made->selectors.emplace(text, expression);
  return text;
}

// Whole thousandths below 1, often such that a few checks can lie exactly on it.
double RandomRatio(SimRandom* random) {
  constexpr int kCommon[] = {125, 200, 250, 400, 500, 600, 750, 800};
  return (random->Chance(0.7) ? kCommon[random->Below(8)] : random->Below(1000)) / 1000.0;
}

// The same, above 0, and also 1.
double RandomRatioFrom(SimRandom* random) {
  const double ratio = RandomRatio(random);
  return ratio == 0 || random->Chance(0.1) ? 1 : ratio;
}

v1::Rule RandomRule(SimRandom* random, const std::string& name, Case* made) {
  v1::Rule rule;
  rule.set_rule(name);
  rule.set_select(RandomSelector(random, made));
  const int number = 1 + random->Below(3);
  switch (random->Below(28)) {
    case 0:
      if (random->Chance(0.8)) rule.set_flaky_at_least(1);  // else: cannot be read
      break;
    case 1:
    case 2:
    case 3:
    case 4:
      rule.set_flaky_at_least(number);
      break;
    case 5:
    case 6:
    case 7:
      rule.set_flaky_ratio_above(RandomRatio(random));
      break;
    case 8:
    case 9:
    case 10:
      rule.set_newly_failing_at_least(number);
      break;
    case 11:
    case 12:
    case 13:
    case 25:
      rule.set_newly_slow_at_least(number);
      break;
    case 14:
    case 15:
    case 16:
      rule.set_suites_over_target_at_least(number);
      break;
    case 17:
    case 18:
    case 19:
      rule.set_not_passed_ratio_above(RandomRatio(random));
      break;
    case 20:
    case 21:
      rule.set_not_passed_ratio_at_least(RandomRatioFrom(random));
      break;
    case 22:
    case 23:
    case 24:
      rule.set_services_cut_off_at_least(number);
      break;
    default:
      rule.set_not_passed_at_least(number);
  }
  rule.set_counts(static_cast<v1::Counts>(random->Below(random->Chance(0.02) ? 4 : 3)));
  if (random->Chance(0.25)) {
    const int at_least = 1 + random->Below(4);
    rule.mutable_rounds()->set_at_least(at_least);
    rule.mutable_rounds()->set_of_last(at_least + random->Below(3));
  }
  return rule;
}

v1::Tolerance RandomTolerance(SimRandom* random, const std::string& name, Case* made) {
  v1::Tolerance tolerance;
  tolerance.set_rule(name);
  tolerance.set_select(RandomSelector(random, made));
  if (random->Chance(0.5)) {
    tolerance.set_not_passed_at_most(random->Below(4));
  } else if (random->Chance(0.97)) {
    tolerance.set_not_passed_ratio_at_most(RandomRatioFrom(random));
  }
  tolerance.set_counts(static_cast<v1::Counts>(random->Below(3)));
  return tolerance;
}

v1::Policy RandomPolicy(SimRandom* random, Case* made) {
  v1::Policy policy;
  const int rollback = random->Below(3);
  const int hold = random->Below(3);
  const int tolerate = random->Below(3);
  for (int i = 0; i < rollback; ++i) {
    *policy.add_rollback() = RandomRule(random, "rollback-" + std::to_string(i), made);
  }
  for (int i = 0; i < hold; ++i) {
    *policy.add_hold() = RandomRule(random, "hold-" + std::to_string(i), made);
  }
  for (int i = 0; i < tolerate; ++i) {
    *policy.add_tolerate() = RandomTolerance(random, "tolerate-" + std::to_string(i), made);
  }
  policy.set_clean_rounds(random->Chance(0.5) ? 0 : random->Below(4));
  return policy;
}

v1::Baseline RandomBaseline(SimRandom* random, int checks) {
  v1::Baseline baseline;
  baseline.set_run_id("earlier");
  for (int i = 0; i < checks; ++i) {
    if (random->Chance(0.2)) continue;
    v1::CheckBaseline& check = *baseline.add_checks();
    check.set_name("c" + std::to_string(i));
    constexpr v1::Outcome kOutcomes[] = {v1::OUTCOME_PASSED, v1::OUTCOME_PASSED, v1::OUTCOME_FLAKY,
                                         v1::OUTCOME_FAILED, v1::OUTCOME_MISSING};
    check.set_outcome(kOutcomes[random->Below(5)]);
    const int durations = random->Chance(0.3) ? random->Below(3) : 3 + random->Below(3);
    for (int d = 0; d < durations; ++d) SetMillis(RandomTime(random), check.add_durations());
  }
  return baseline;
}

// Rounds up to `last`, some not there, with decisions and rules that were crossed.
std::vector<v1::BakeRound> RandomRounds(SimRandom* random, int last, const v1::Policy& policy) {
  std::vector<v1::BakeRound> rounds;
  const bool healthy = random->Chance(0.5);
  for (int number = 1; number <= last; ++number) {
    if (random->Chance(0.04)) continue;
    v1::BakeRound round;
    round.set_run_id("round-" + std::to_string(number));
    round.set_number(number);
    round.set_decision(healthy || random->Chance(0.5)
                           ? v1::DECISION_PROMOTE
                           : static_cast<v1::Decision>(random->Below(5)));
    const auto cross = [&](const auto& rules) {
      for (const v1::Rule& rule : rules) {
        if (random->Chance(0.3)) round.add_crossed(rule.rule());
      }
    };
    cross(policy.rollback());
    cross(policy.hold());
    rounds.push_back(round);
  }
  return rounds;
}

CasePair RandomPair(SimRandom* random, int number, const v1::Check& check, const std::string& agent,
                    int failing, int kinds) {
  CasePair pair;
  pair.check = number;
  pair.agent = agent;
  pair.outcome = v1::OUTCOME_PASSED;
  if (random->Below(100) < failing) {
    constexpr v1::Outcome kSaid[] = {
        v1::OUTCOME_FAILED,  v1::OUTCOME_FAILED,  v1::OUTCOME_FAILED,      v1::OUTCOME_FAILED,
        v1::OUTCOME_FLAKY,   v1::OUTCOME_FLAKY,   v1::OUTCOME_SKIPPED,     v1::OUTCOME_SKIPPED,
        v1::OUTCOME_ERRORED, v1::OUTCOME_ABORTED, v1::OUTCOME_UNSPECIFIED, v1::OUTCOME_BLOCKED,
        v1::OUTCOME_MISSING};
    pair.outcome = kSaid[random->Below(kinds)];
    if (kinds > 10 && random->Chance(0.15)) {
      pair.is_decided = true;
      pair.outcome = random->Chance(0.5) ? v1::OUTCOME_MISSING : v1::OUTCOME_ABORTED;
      pair.reason = "decided";
      if (random->Chance(0.6)) {
        pair.reason = "suite \"" + check.suite() + "\" was ended after 1s: its max is 1s";
      }
    }
  }
  pair.result.set_run_id("run");
  pair.result.set_check(check.name());
  pair.result.set_agent_id(agent);
  pair.result.set_outcome(pair.outcome);
  const int start = RandomTime(random);
  pair.result.mutable_start_time()->set_seconds(1'800'000'000 + start / 1000);
  pair.result.mutable_start_time()->set_nanos(start % 1000 * 1'000'000);
  SetMillis(RandomTime(random), pair.result.mutable_duration());
  return pair;
}

bool IsIn(const google::protobuf::RepeatedPtrField<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// `-m` and `-k`, sometimes.
void Select(SimRandom* random, Case* made) {
  const v1::Plan& plan = made->request.plan();
  made->selected.assign(plan.checks_size(), true);
  if (random->Chance(0.15)) {
    const Expression expression = Expression::Random(random, Tags(), random->Below(3));
    made->request.mutable_options()->set_select(expression.Print(random));
    for (int i = 0; i < plan.checks_size(); ++i) {
      if (!expression.Holds(
              [&](const std::string& word) { return IsIn(plan.checks(i).tags(), word); })) {
        made->selected[i] = false;
      }
    }
  }
  if (random->Chance(0.1)) {
    const std::vector<std::string> words = {"c", "C1", "2", "3", "c4", "x"};
    const Expression expression = Expression::Random(random, words, random->Below(3));
    made->request.mutable_options()->set_match(expression.Print(random));
    for (int i = 0; i < plan.checks_size(); ++i) {
      const bool holds = expression.Holds([&](const std::string& word) {
        const std::string low = word == "C1" ? "c1" : word;
        return plan.checks(i).name().find(low) != std::string::npos;
      });
      if (!holds) made->selected[i] = false;
    }
  }
}

}  // namespace

Case RandomCase(SimRandom* random) {
  Case made;
  v1::Plan& plan = *made.request.mutable_plan();
  plan.set_name("property");
  for (const char* name : {"one", "two", "three"}) {
    v1::Suite& suite = *plan.add_suites();
    suite.set_name(name);
    constexpr int kTargets[] = {100, 200, 300, 500, 600};
    if (random->Chance(0.7)) SetMillis(kTargets[random->Below(5)], suite.mutable_target());
  }
  const int checks = 1 + random->Below(random->Chance(0.1) ? 20 : 7);
  for (int i = 0; i < checks; ++i) *plan.add_checks() = RandomCheck(random, i, checks);
  for (int from = checks - 1; from > 0; --from) {
    plan.mutable_checks()->SwapElements(from, random->Below(from + 1));
  }
  *plan.mutable_policy() = RandomPolicy(random, &made);
  Select(random, &made);

  v1::RunOptions& options = *made.request.mutable_options();
  if (random->Chance(0.5)) *options.mutable_baseline() = RandomBaseline(random, checks);
  if (random->Chance(0.4)) {
    v1::Round& round = *options.mutable_round();
    round.set_bake_id("bake");
    round.set_planned(1 + random->Below(6));
    round.set_number(1 + random->Below(round.planned()));
    for (v1::BakeRound& earlier : RandomRounds(random, round.number() - 1, plan.policy())) {
      *round.add_earlier() = std::move(earlier);
    }
  }
  made.rounds = RandomRounds(random, random->Below(6), plan.policy());

  constexpr int kFailing[] = {0, 5, 15, 30, 60, 95};
  const int failing = kFailing[random->Below(6)];
  constexpr int kKinds[] = {6, 8, 13};  // only what the target says; what is left out; silence
  const int kinds = kKinds[random->Below(3)];
  const bool lost = random->Chance(0.1);  // the agent "b"
  for (int i = 0; i < checks; ++i) {
    const v1::Check& check = plan.checks(i);
    if (!made.selected[i] || !check.skip().empty()) continue;
    if (random->Chance(0.02)) {
      made.pairs.push_back({i, "", false, true, v1::OUTCOME_MISSING, "no agent", {}});
      continue;
    }
    const int agents = random->Chance(0.6) ? 1 : 2 + random->Below(2);
    const char* names[] = {"a", "b", "c"};
    for (int agent = 0; agent < agents; ++agent) {
      CasePair pair = RandomPair(random, i, check, names[agents == 1 ? random->Below(3) : agent],
                                 failing, kinds);
      pair.is_lost = lost && pair.agent == "b";
      made.pairs.push_back(std::move(pair));
    }
  }
  return made;
}

}  // namespace smokemesh::testing
