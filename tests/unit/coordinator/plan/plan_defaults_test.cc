#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

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
    tags: [smoke]
    suite: all
    postgres: {steps: [{sql: "SELECT a, b,  c FROM t WHERE id = 5 AND x = 1"}, {disconnect: true}]}
  - name: bus
    tags: [smoke]
    suite: all
    redis: {steps: [{session: s, command: [SUBSCRIBE, c]}, {session: s, receive: {}}, {session: s, disconnect: true}]}
    finally:
      - http: {request: {url: /clean}}
  - name: web
    tags: [smoke]
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

TEST(PlanDefaultsTest, KeepsThePolicyThatAPlanHas) {
  EXPECT_EQ(WithDefaults(kFullPlan).policy().rollback_size(), 2);
  const v1::Plan plan =
      WithDefaults(std::string(kSmall) +
                   "policy:\n"
                   "  rollback: [{rule: a, select: smoke, not_passed_at_least: 1}]\n"
                   "  hold: [{rule: b, select: smoke, newly_slow_at_least: 1, rounds: {at_least: "
                   "1, of_last: 2}}]\n"
                   "  tolerate: [{rule: c, select: smoke, not_passed_at_most: 1}]\n");
  ASSERT_EQ(plan.policy().rollback_size(), 1);
  EXPECT_EQ(plan.policy().rollback(0).counts(), v1::COUNTS_FAILURES);
  EXPECT_EQ(plan.policy().hold(0).counts(), v1::COUNTS_FAILURES);
  EXPECT_EQ(plan.policy().tolerate(0).counts(), v1::COUNTS_FAILURES);
}

TEST(PlanDefaultsTest, QuickSelectsTheCriticalPath) {
  EXPECT_EQ(WithDefaults(kSmall).quick(), "critical");
  EXPECT_EQ(WithDefaults("quick: smoke\n" + std::string(kSmall)).quick(), "smoke");
}

TEST(PlanDefaultsTest, TakesTheCheckConnectionForStepsOfItsKindAlsoInFinally) {
  const v1::Plan plan = WithDefaults(R"(
name: two
connections: {a: {http: "http://a"}, b: {http: "http://b"}}
checks:
  - name: web
    tags: [smoke]
    http: {connection: b, steps: [{request: {url: /}}, {connection: a, request: {url: /}}]}
    finally: [{http: {request: {url: /}}}]
)");
  EXPECT_EQ(plan.checks(0).http().steps(0).connection(), "b");
  EXPECT_EQ(plan.checks(0).http().steps(1).connection(), "a");
  EXPECT_EQ(plan.checks(0).finally(0).http().connection(), "b");
}

constexpr std::string_view kBus = R"(
name: bus
connections: {bus: {redis: "${BUS}"}}
checks:
  - name: events
    tags: [smoke]
    event_bus:
      steps:
        - {session: l, subscribe: [report.generated, other]}
        - {publish: {channel: report.generated, event_id: "{{uuid}}"}}
        - {session: l, receive: {}}
        - {stored: {channel: report.generated, event_id: "{{uuid}}"}}
        - {history: {channel: report.generated}, expect: [events == 1]}
        - {dead_letters: {channel: report.generated, limit: 5}, expect: [events == 0]}
        - {forget: {channel: "smoke {{uuid}} channel", event_id: "{{uuid}}"}}
        - {session: l, disconnect: true}
        - {session: m, subscribe: [report.generated]}
        - publish: {channel: c, event_id: i, event_type: t, service: s}
          name: own
)";

TEST(PlanDefaultsTest, NamesEventBusStepsAfterTheirActionAndChannel) {
  const v1::Plan plan = WithDefaults(kBus);
  const auto& steps = plan.checks(0).event_bus().steps();
  const std::vector<std::string> names = {"subscribe to report.generated, …",
                                          "publish on report.generated",
                                          "receive 1 event",
                                          "stored event on report.generated",
                                          "history of report.generated",
                                          "dead letters of report.generated",
                                          "forget event on smoke {{uuid}} channel",
                                          "disconnect l",
                                          "subscribe to report.generated",
                                          "own"};
  ASSERT_EQ(steps.size(), static_cast<int>(names.size()));
  for (int i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps.Get(i).name(), names[static_cast<size_t>(i)]);
    EXPECT_EQ(steps.Get(i).connection(), "bus");
  }
  EXPECT_EQ(steps.Get(1).session(), "main");
  EXPECT_EQ(steps.Get(1).publish().event_type(), "report.generated");
  EXPECT_EQ(steps.Get(1).publish().service(), "smokemesh");
  EXPECT_EQ(steps.Get(4).history().limit(), 1000);
  EXPECT_EQ(steps.Get(5).dead_letters().limit(), 5);
  EXPECT_EQ(steps.Get(9).publish().event_type(), "t");
  EXPECT_EQ(steps.Get(9).publish().service(), "s");
}

constexpr std::string_view kWaiting = R"(
name: waiting
connections: {bus: {redis: "${BUS}"}}
checks:
  - name: usual
    tags: [smoke]
    redis:
      steps:
        - {command: [GET, k], until: {}, expect: [reply == 1]}
        - {command: [GET, k], until: {within: 20ms}, expect: [reply == 1]}
        - {command: [GET, k], repeat: {times: 3}}
  - name: short
    tags: [smoke]
    timeout: 500ms
    redis:
      steps:
        - {command: [GET, k], until: {}, expect: [reply == 1]}
        - {session: s, command: [SUBSCRIBE, c]}
        - {session: s, receive: {}}
)";

TEST(PlanDefaultsTest, WaitsTwoSecondsButNeverLongerThanTheCheck) {
  const v1::Plan plan = WithDefaults(kWaiting);
  const auto& usual = plan.checks(0).redis().steps();
  EXPECT_EQ(usual.Get(0).until().within().seconds(), 2);
  EXPECT_EQ(usual.Get(0).until().interval().nanos(), 50'000'000);
  EXPECT_EQ(usual.Get(0).until().attempts(), 0);
  EXPECT_EQ(usual.Get(1).until().interval().nanos(), 20'000'000);
  EXPECT_EQ(usual.Get(2).repeat().parallel(), 1);
  const auto& brief = plan.checks(1).redis().steps();
  EXPECT_EQ(brief.Get(0).until().within().nanos(), 500'000'000);
  EXPECT_EQ(brief.Get(2).receive().within().nanos(), 500'000'000);
}

TEST(PlanDefaultsTest, ChangesNothingTheSecondTime) {
  for (const std::string_view yaml : {kSmall, kFullPlan, kBus, kWaiting}) {
    v1::Plan plan = WithDefaults(yaml);
    const v1::Plan first = plan;
    EXPECT_EQ(FormatProblems(ValidatePlan(plan, {}, "plan.yaml")), "");
    ApplyDefaults(&plan);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(first, plan));
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
