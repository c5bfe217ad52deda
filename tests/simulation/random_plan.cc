#include "tests/simulation/random_plan.h"

#include <string>
#include <utility>

#include "shared/duration.h"
#include "tests/simulation/slow_judge.h"

namespace smokemesh::testing {
namespace {

constexpr bool kFlows = true;
constexpr bool kDeployments = true;

using Checks = google::protobuf::RepeatedPtrField<v1::Check>;

google::protobuf::Duration Seconds(int seconds) {
  return shared::ToProto(shared::Duration(std::chrono::seconds(seconds)));
}

// Who speaks, and who listens: on one service, on all agents, or on one that the coordinator
// chooses.
void AddRoles(SimRandom* random, int services, v1::Flow* flow) {
  const int roles = 1 + random->Below(3);
  for (int i = 0; i < roles; ++i) {
    v1::FlowRole& role = *flow->add_roles();
    role.set_name("role" + std::to_string(i));
    if (random->Chance(0.3)) {
      role.mutable_on()->set_service("*");
    } else if (random->Chance(0.7)) {
      role.mutable_on()->set_service("s" + std::to_string(random->Below(services)));
    }
    role.add_steps();
  }
}

v1::Check RandomCheck(SimRandom* random, const Checks& before, int services) {
  const int number = before.size();
  v1::Check check;
  check.set_name("c" + std::to_string(number));
  check.set_suite(random->Chance(0.5) ? "one" : "two");
  for (const char* tag : {"smoke", "critical", "database", "transaction", "service"}) {
    if (random->Chance(0.4)) check.add_tags(tag);
  }
  *check.mutable_timeout() = Seconds(1 + random->Below(5));
  if (random->Chance(0.3)) {
    check.mutable_on()->set_service("*");
  } else if (random->Chance(0.5)) {
    check.mutable_on()->set_service("s" + std::to_string(random->Below(services)));
  }
  if (random->Chance(0.3)) check.set_quorum(random->Chance(0.5) ? "any" : "2");
  check.set_shadow(random->Chance(0.15));
  for (int need = 0; need < number; ++need) {
    // What counts needs nothing that does not.
    const bool may = check.shadow() || !before.Get(need).shadow();
    if (may && random->Chance(0.15)) check.add_needs("c" + std::to_string(need));
  }
  check.set_optional(random->Chance(0.2));
  if (random->Chance(0.08)) check.set_skip("not here");
  check.set_exclusive(random->Chance(0.15));
  if (!random->Chance(0.2) || !kFlows) {
    check.mutable_http()->add_steps()->mutable_request()->set_url("http://target/");
    return check;
  }
  AddRoles(random, services, check.mutable_flow());
  check.clear_on();
  check.clear_quorum();
  return check;
}

// One of the limits that rules have, by chance, in whole thousandths.
void SetLimit(SimRandom* random, v1::Rule* rule) {
  switch (random->Below(6)) {
    case 0:
      return rule->set_not_passed_at_least(1 + random->Below(4));
    case 1:
      return rule->set_flaky_at_least(1 + random->Below(2));
    case 2:
      return rule->set_flaky_ratio_above((random->Below(10) * 50) / 1000.0);
    case 3:
      return rule->set_newly_failing_at_least(1 + random->Below(2));
    case 4:
      return rule->set_newly_slow_at_least(1 + random->Below(2));
    default:
      return rule->set_suites_over_target_at_least(1 + random->Below(2));
  }
}

// What earlier promoted runs could have been like.
v1::Baseline RandomBaseline(SimRandom* random) {
  v1::Baseline baseline;
  baseline.set_run_id("promoted");
  for (int i = 0; i < 8; ++i) {
    if (random->Chance(0.2)) continue;
    v1::CheckBaseline& check = *baseline.add_checks();
    check.set_name("c" + std::to_string(i));
    check.set_outcome(random->Chance(0.8) ? v1::OUTCOME_PASSED : v1::OUTCOME_FAILED);
    const int runs = random->Below(6);
    for (int run = 0; run < runs; ++run) {
      *check.add_durations() = shared::ToProto(random->Within(std::chrono::seconds(1)));
    }
  }
  return baseline;
}

}  // namespace

void AddMoreRules(SimRandom* random, v1::Policy* policy) {
  const auto& selectors = SlowSelectors();
  const int rules = random->Below(4);
  for (int i = 0; i < rules; ++i) {
    v1::Rule& rule = random->Chance(0.4) ? *policy->add_rollback() : *policy->add_hold();
    rule.set_rule("more-" + std::to_string(i));
    rule.set_select(selectors[random->Below(static_cast<int>(selectors.size()))]);
    SetLimit(random, &rule);
    rule.set_counts(static_cast<v1::Counts>(random->Below(3)));
    if (random->Chance(0.3)) {
      rule.mutable_rounds()->set_of_last(1 + random->Below(3));
      rule.mutable_rounds()->set_at_least(1 + random->Below(rule.rounds().of_last()));
    }
  }
  if (random->Chance(0.4)) {
    v1::Tolerance& tolerance = *policy->add_tolerate();
    tolerance.set_rule("tolerated");
    tolerance.set_select("smoke and not critical");
    if (random->Chance(0.5)) {
      tolerance.set_not_passed_at_most(random->Below(3));
    } else {
      tolerance.set_not_passed_ratio_at_most((random->Below(20) * 50) / 1000.0);
    }
    tolerance.set_counts(static_cast<v1::Counts>(random->Below(3)));
  }
}

v1::Policy RandomPolicy(SimRandom* random) {
  v1::Policy policy;
  const int rules = random->Below(5);
  for (int i = 0; i < rules; ++i) {
    v1::Rule& rule = *policy.add_rollback();
    rule.set_rule("rule-" + std::to_string(i));
    const auto& selectors = SlowSelectors();
    rule.set_select(selectors[random->Below(static_cast<int>(selectors.size()))]);
    switch (random->Below(3)) {
      case 0:
        rule.set_not_passed_at_least(1 + random->Below(4));
        break;
      case 1:
        rule.set_not_passed_ratio_above((random->Below(20) * 50) / 1000.0);
        break;
      default:
        rule.set_not_passed_ratio_at_least((50 + random->Below(20) * 50) / 1000.0);
    }
    rule.set_counts(static_cast<v1::Counts>(random->Below(3)));
  }
  return policy;
}

v1::CreateRunRequest RandomRequest(SimRandom* random, const Swarm& swarm) {
  v1::CreateRunRequest request;
  v1::Plan& plan = *request.mutable_plan();
  plan.set_name("sim");
  for (const char* name : {"one", "two"}) {
    v1::Suite& suite = *plan.add_suites();
    suite.set_name(name);
    if (random->Chance(0.2)) *suite.mutable_max() = Seconds(3 + random->Below(20));
    if (random->Chance(0.5)) *suite.mutable_target() = Seconds(1 + random->Below(8));
  }
  const int checks = 1 + random->Below(5);
  for (int i = 0; i < checks; ++i) {
    v1::Check check = RandomCheck(random, plan.checks(), swarm.services);
    *plan.add_checks() = std::move(check);
  }
  *plan.mutable_policy() = RandomPolicy(random);
  AddMoreRules(random, plan.mutable_policy());
  *plan.mutable_timeout() = Seconds(15 + random->Below(30));
  v1::RunOptions& options = *request.mutable_options();
  if (random->Chance(0.1)) options.set_match("c0 or c1");
  options.set_fail_fast(random->Chance(0.4));
  if (random->Chance(0.3)) options.set_max_parallel(1 + random->Below(3));
  if (kDeployments && swarm.strangers > 0 && random->Chance(0.7)) {
    (*options.mutable_deployment())[random->Chance(0.5) ? "*" : "s0"] = "v2";
  }
  if (random->Chance(0.3)) *options.mutable_baseline() = RandomBaseline(random);
  if (random->Chance(0.15)) {
    options.mutable_round()->set_bake_id("bake");
    options.mutable_round()->set_number(1);
    options.mutable_round()->set_planned(2 + random->Below(2));
  }
  *options.mutable_agent_wait() = Seconds(random->Below(10));
  return request;
}

}  // namespace smokemesh::testing
