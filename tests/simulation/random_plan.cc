#include "tests/simulation/random_plan.h"

#include <string>

#include "shared/duration.h"
#include "tests/simulation/slow_judge.h"

namespace smokemesh::testing {
namespace {

google::protobuf::Duration Seconds(int seconds) {
  return shared::ToProto(shared::Duration(std::chrono::seconds(seconds)));
}

v1::Check RandomCheck(SimRandom* random, int number, int services) {
  v1::Check check;
  check.set_name("c" + std::to_string(number));
  check.set_suite(random->Chance(0.5) ? "one" : "two");
  for (const char* tag : {"smoke", "critical", "database", "transaction", "service"}) {
    if (random->Chance(0.4)) check.add_tags(tag);
  }
  check.mutable_http()->add_steps()->mutable_request()->set_url("http://target/");
  *check.mutable_timeout() = Seconds(1 + random->Below(5));
  if (random->Chance(0.3)) {
    check.mutable_on()->set_service("*");
  } else if (random->Chance(0.5)) {
    check.mutable_on()->set_service("s" + std::to_string(random->Below(services)));
  }
  if (random->Chance(0.3)) check.set_quorum(random->Chance(0.5) ? "any" : "2");
  for (int need = 0; need < number; ++need) {
    if (random->Chance(0.15)) check.add_needs("c" + std::to_string(need));
  }
  check.set_optional(random->Chance(0.2));
  if (random->Chance(0.08)) check.set_skip("not here");
  check.set_exclusive(random->Chance(0.15));
  return check;
}

}  // namespace

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

v1::CreateRunRequest RandomRequest(SimRandom* random, int services) {
  v1::CreateRunRequest request;
  v1::Plan& plan = *request.mutable_plan();
  plan.set_name("sim");
  for (const char* name : {"one", "two"}) {
    v1::Suite& suite = *plan.add_suites();
    suite.set_name(name);
    if (random->Chance(0.2)) *suite.mutable_max() = Seconds(3 + random->Below(20));
  }
  const int checks = 2 + random->Below(6);
  for (int i = 0; i < checks; ++i) *plan.add_checks() = RandomCheck(random, i, services);
  *plan.mutable_policy() = RandomPolicy(random);
  *plan.mutable_timeout() = Seconds(20 + random->Below(40));
  if (random->Chance(0.1)) request.mutable_options()->set_match("c0 or c1");
  *request.mutable_options()->mutable_agent_wait() = Seconds(random->Below(10));
  return request;
}

}  // namespace smokemesh::testing
