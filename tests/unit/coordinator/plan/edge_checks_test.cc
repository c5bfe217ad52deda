#include "coordinator/plan/edge_checks.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>

#include "coordinator/plan/policy_rules.h"
#include "tests/unit/coordinator/plan/plan_text.h"

namespace smokemesh::coordinator {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;

constexpr std::string_view kPlan = R"yaml(name: calls
connections: {a: {http: "http://a"}, bus: {redis: "redis://b"}}
suites: [{name: s}]
defaults: {timeout: 7s}
checks:
  - {name: before, suite: s, tags: [smoke], http: {steps: [{request: {url: /}}]}}
  - name: calls
    suite: s
    tags: [smoke, service]
    impact: Nobody is served.
    needs: [before]
    quorum: any
    timeout: 3s
    retry: {attempts: 2, interval: 100ms}
    shadow: true
    variables: {path: /health}
    edges:
      edges:
        - {from: web, to: orders, url: "{{path}}"}
        - {from: web, to: stock, connection: a, url: /x, expect: [status == 204]}
        - {from: orders, to: stock, steps: [{redis: {command: [PING]}}, {http: {request: {url: /}}}]}
    finally:
      - redis: {command: [DEL, x]}
  - {name: all, suite: s, shadow: true, needs: [calls.web.stock, calls, before], http: {steps: [{request: {url: /}}]}}
)yaml";

v1::Plan Expanded(std::string_view yaml = kPlan) {
  EXPECT_EQ(Lint(yaml), "");
  v1::Plan plan = LoadPlan(yaml, "plan.yaml").plan;
  ApplyDefaults(&plan);
  return plan;
}

TEST(EdgeChecksTest, EachEdgeBecomesACheckWithAllThatTheCheckHas) {
  const v1::Plan plan = Expanded();
  ASSERT_EQ(plan.checks_size(), 5);
  const v1::Check& first = plan.checks(1);
  EXPECT_EQ(first.name(), "calls.web.orders");
  EXPECT_THAT(first.tags(), ElementsAre("smoke", "service", "edge"));
  EXPECT_EQ(first.suite(), "s");
  EXPECT_EQ(first.impact(), "Nobody is served.");
  EXPECT_THAT(first.needs(), ElementsAre("before"));
  EXPECT_EQ(first.quorum(), "any");
  EXPECT_EQ(first.timeout().seconds(), 3);
  EXPECT_EQ(first.retry().attempts(), 2);
  EXPECT_TRUE(first.shadow());
  EXPECT_EQ(first.variables().at("path"), "/health");
  EXPECT_EQ(first.source().line(), 7);
  EXPECT_EQ(first.finally(0).redis().connection(), "bus");
  EXPECT_EQ(first.on().service(), "web");
  EXPECT_EQ(first.edge().edges(), "calls");
  EXPECT_EQ(first.edge().from(), "web");
  EXPECT_EQ(first.edge().to(), "orders");
  EXPECT_EQ(first.http().steps(0).name(), "GET {{path}}");
  EXPECT_EQ(first.http().steps(0).connection(), "a");

  EXPECT_EQ(plan.checks(2).name(), "calls.web.stock");
  EXPECT_THAT(plan.checks(2).http().steps(0).expect(), ElementsAre("status == 204"));
  const v1::Check& third = plan.checks(3);
  EXPECT_EQ(third.on().service(), "orders");
  EXPECT_EQ(third.scenario().steps_size(), 2);
  EXPECT_EQ(third.scenario().steps(1).http().name(), "GET /");
}

TEST(EdgeChecksTest, WhoeverNeedsTheCheckNeedsAllOfThemOnce) {
  const v1::Plan plan = Expanded();
  EXPECT_THAT(plan.checks(4).needs(),
              ElementsAre("calls.web.stock", "calls.web.orders", "calls.orders.stock", "before"));
}

// A coordinator gets plans that have their defaults already.
TEST(EdgeChecksTest, ExpandingAgainChangesNothing) {
  v1::Plan plan = Expanded();
  const v1::Plan once = plan;
  EXPECT_EQ(FormatProblems(ValidatePlan(plan, {}, "plan")), "");
  ApplyDefaults(&plan);
  EXPECT_TRUE(MessageDifferencer::Equals(plan, once));
}

TEST(EdgeChecksTest, OnlyAPlanWithEdgesHasTheFifthRule) {
  const v1::Plan plan = Expanded();
  ASSERT_EQ(plan.policy().rollback_size(), 5);
  const v1::Rule& rule = plan.policy().rollback(4);
  EXPECT_EQ(rule.rule(), "service-cut-off");
  EXPECT_EQ(rule.select(), "edge");
  EXPECT_EQ(rule.services_cut_off_at_least(), 1);
  EXPECT_EQ(DefaultPolicy(v1::Plan()).rollback_size(), 4);
  v1::Plan without = plan;
  without.mutable_checks()->DeleteSubrange(1, 4);
  EXPECT_FALSE(HasEdges(without));
}

// Its edges are enough for the default policy: no other tag is needed.
TEST(EdgeChecksTest, AnEdgeAloneCanRollBack) {
  EXPECT_EQ(Lint("name: p\nchecks:\n  - name: c\n    edges:\n      edges:\n"
                 "        - {from: a, to: b, url: \"http://b/\"}\n"),
            "");
}

TEST(EdgeChecksTest, WhatItGrowsToIsBounded) {
  std::string yaml = "name: p\nchecks:\n  - name: c\n    impact: " + std::string(20'000, 'x') +
                     "\n    edges:\n      edges:\n";
  for (int i = 0; i < 300; ++i) {
    yaml += "        - {from: a, to: b" + std::to_string(i) + ", url: \"http://b/\"}\n";
  }
  EXPECT_THAT(Lint(yaml), ::testing::HasSubstr("each edge has all that the check has; at most"));
  std::string many = "name: p\nchecks:\n  - name: c\n    edges:\n      edges:\n";
  for (int i = 0; i < 2001; ++i) {
    many += "        - {from: a, to: b" + std::to_string(i) + ", url: \"http://b/\"}\n";
  }
  EXPECT_THAT(Lint(many), ::testing::HasSubstr("the plan has 2001 checks; at most 2000"));
}

}  // namespace
}  // namespace smokemesh::coordinator
