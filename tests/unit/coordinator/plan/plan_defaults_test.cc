#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>

#include "coordinator/plan/plan_loader.h"
#include "coordinator/plan/plan_validator.h"
#include "tests/unit/coordinator/plan/plan_text.h"

namespace smokemesh::coordinator {
namespace {

v1::Plan WithDefaults(std::string_view yaml) {
  LoadedPlan loaded = LoadPlan(yaml, "plan.yaml");
  EXPECT_EQ(Lint(yaml), "");
  ApplyDefaults(&loaded.plan);
  return loaded.plan;
}

constexpr std::string_view kSmall = R"(
name: small
connections:
  db: {postgres: "${DB}"}
  bus: {redis: "${BUS}"}
  api: {http: "${API}"}
suites: [{name: all}]
checks:
  - name: sql
    suite: all
    postgres: {steps: [{sql: "SELECT a, b,  c FROM t WHERE id = 5 AND x = 1"}, {disconnect: true}]}
  - name: bus
    suite: all
    redis: {steps: [{session: s, command: [SUBSCRIBE, c]}, {session: s, receive: {}}, {session: s, disconnect: true}]}
    finally:
      - http: {request: {url: /clean}}
  - name: web
    suite: all
    timeout: 3s
    http: {steps: [{request: {url: /a}}, {name: own, request: {method: POST, url: "https://x.example/b"}}]}
)";

TEST(PlanDefaultsTest, FillsInWhatThePlanLeavesOut) {
  const v1::Plan plan = WithDefaults(kSmall);
  EXPECT_EQ(plan.timeout().seconds(), 300);
  EXPECT_EQ(plan.suites(0).title(), "all");
  const v1::Check& sql = plan.checks(0);
  EXPECT_EQ(sql.timeout().seconds(), 10);
  EXPECT_EQ(sql.quorum(), "all");
  EXPECT_EQ(sql.retry().attempts(), 1);
  EXPECT_EQ(sql.retry().interval().seconds(), 1);
  EXPECT_EQ(sql.postgres().steps(0).connection(), "db");
  EXPECT_EQ(sql.postgres().steps(0).session(), "main");
  EXPECT_EQ(sql.postgres().steps(0).name(), "SELECT a, b, c FROM t…");
  EXPECT_EQ(sql.postgres().steps(1).name(), "disconnect main");
  const v1::Check& bus = plan.checks(1);
  EXPECT_EQ(bus.redis().steps(0).name(), "SUBSCRIBE c");
  EXPECT_EQ(bus.redis().steps(1).name(), "receive 1 message");
  EXPECT_EQ(bus.redis().steps(1).receive().count(), 1);
  EXPECT_EQ(bus.redis().steps(1).receive().within().seconds(), 2);
  EXPECT_TRUE(bus.redis().steps(1).receive().has_settle());
  EXPECT_EQ(bus.finally(0).http().connection(), "api");
  const v1::Check& web = plan.checks(2);
  EXPECT_EQ(web.timeout().seconds(), 3);
  EXPECT_EQ(web.http().steps(0).name(), "GET /a");
  EXPECT_EQ(web.http().steps(0).request().method(), "GET");
  EXPECT_EQ(web.http().steps(1).name(), "own");
  EXPECT_EQ(web.http().steps(1).connection(), "");  // a whole URL needs none
}

TEST(PlanDefaultsTest, GivesThePolicyOfTheRunbookToAPlanWithoutOne) {
  const v1::Plan plan = WithDefaults(kSmall);
  ASSERT_EQ(plan.policy().rollback_size(), 4);
  EXPECT_EQ(plan.policy().rollback(0).rule(), "too-many-failures");
  EXPECT_DOUBLE_EQ(plan.policy().rollback(0).not_passed_ratio_above(), 0.20);
  EXPECT_EQ(plan.policy().rollback(1).select(), "critical");
  EXPECT_EQ(plan.policy().rollback(2).select(), "database and transaction");
  EXPECT_EQ(plan.policy().rollback(2).not_passed_at_least(), 1);
  EXPECT_DOUBLE_EQ(plan.policy().rollback(3).not_passed_ratio_at_least(), 1.0);
  for (const v1::Rule& rule : plan.policy().rollback()) {
    EXPECT_EQ(rule.counts(), v1::COUNTS_FAILURES);
  }
}

TEST(PlanDefaultsTest, KeepsThePolicyThatAPlanHasAlsoWhenItIsEmpty) {
  EXPECT_EQ(WithDefaults(kFullPlan).policy().rollback_size(), 2);
  EXPECT_EQ(WithDefaults(std::string(kSmall) + "policy: {rollback: []}\n").policy().rollback_size(),
            0);
}

TEST(PlanDefaultsTest, TakesTheCheckConnectionForStepsOfItsKindAlsoInFinally) {
  const v1::Plan plan = WithDefaults(R"(
name: two
connections: {a: {http: "http://a"}, b: {http: "http://b"}}
checks:
  - name: web
    http: {connection: b, steps: [{request: {url: /}}, {connection: a, request: {url: /}}]}
    finally: [{http: {request: {url: /}}}]
)");
  EXPECT_EQ(plan.checks(0).http().steps(0).connection(), "b");
  EXPECT_EQ(plan.checks(0).http().steps(1).connection(), "a");
  EXPECT_EQ(plan.checks(0).finally(0).http().connection(), "b");
}

TEST(PlanDefaultsTest, ChangesNothingTheSecondTime) {
  for (const std::string_view yaml : {kSmall, kFullPlan}) {
    v1::Plan plan = WithDefaults(yaml);
    const v1::Plan first = plan;
    EXPECT_EQ(FormatProblems(ValidatePlan(plan, {}, "plan.yaml")), "");
    ApplyDefaults(&plan);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(first, plan));
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
