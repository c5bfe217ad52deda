// False green by evidence that is missing, wrong, or never looked at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/e2e/false_green.h"
#include "tests/testing/local_postgres.h"

namespace smokemesh::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Red when ABORTED counts as passed, or leaves the sum.
TEST_F(FalseGreen, Case01_AbortedItemIsNotCountedAsPassed) {
  const RunDocument ended_by_max =
      ExpectRun(Plan(Check("waits", "smoke", "/gate", "suite: slow, ") +
                         Check("fine", "smoke", "/ok", "suite: quick, "),
                     "suites: [{name: slow, target: 1ms, max: 300ms}, {name: quick}]\n"),
                kInconclusive);
  EXPECT_EQ(ended_by_max.Outcome("waits"), "ABORTED");
  EXPECT_EQ(ended_by_max.Count("passed"), 1);
  EXPECT_EQ(ended_by_max.Count("aborted"), 1);

  // One item fails, the others are ended for its sake: Argo counted those as successful.
  server_.Answer("/broken", {503});
  const RunDocument ended_by_failure = ExpectRun(
      Plan(Check("waits", "smoke", "/gate") + Check("broken", "smoke, critical", "/broken")),
      kRollback, {"--fail-fast"});
  EXPECT_EQ(ended_by_failure.Outcome("waits"), "ABORTED");
  EXPECT_EQ(ended_by_failure.Count("passed"), 0);
}

// Red when a run without one conclusive answer is anything but INCONCLUSIVE, or when failures alone
// do not roll back.
TEST_F(FalseGreen, Case02_AllErroredOrFailedIsNeverSuccessful) {
  const std::string unset =
      "  - {name: one, tags: [smoke], http: {steps: [{request: {url: \"/ok?${NOWHERE}\"}}]}}\n"
      "  - {name: two, tags: [smoke], http: {steps: [{request: {url: \"/ok?${NOWHERE}\"}}]}}\n";
  const RunDocument errored = ExpectRun(Plan(unset), kInconclusive);
  EXPECT_EQ(errored.Count("errored"), 2);
  EXPECT_EQ(errored.Count("passed"), 0);
  EXPECT_TRUE(server_.Requests().empty());

  server_.Answer("/broken", {500});
  const RunDocument failed = ExpectRun(
      Plan(Check("one", "smoke", "/broken") + Check("two", "smoke", "/broken")), kRollback);
  EXPECT_EQ(failed.Count("failed"), 2);
  EXPECT_EQ(failed.Rule("too-many-failures")["holds"], true);

  StartCoordinator();
  StartAgent("a");
  ExpectRun(Plan(unset), kInconclusive, {"--coordinator", address()});
}

// Red when the run of a failed check is a success because the runner did its work.
TEST_F(FalseGreen, Case03_FailedCheckIsNoSuccessfulRun) {
  server_.Answer("/broken", {503});
  std::string checks = Check("broken", "smoke", "/broken");
  for (int i = 0; i < 9; ++i) checks += Check("fine" + std::to_string(i), "smoke", "/ok");
  const std::string plan = Plan(checks);
  const RunDocument alone = ExpectRun(plan, kHold);
  EXPECT_THAT(alone.NotPassed(), ElementsAre("broken"));

  StartCoordinator();
  StartAgent("a");
  ExpectRun(plan, kHold, {"--coordinator", address()});
  ExpectVerdict("latest", kHold);
  ExpectRun(Plan(checks + Check("core", "smoke, critical", "/broken")), kRollback,
            {"--coordinator", address()});
  ExpectVerdict("latest", kRollback);
}

// Red when the checker's own fault is logged and not counted: nobody could ask, so nobody knows.
TEST_F(FalseGreen, Case09_RunnerErrorIsCounted) {
  // What is wrong is in the environment or on the disk, so only the agent can find out.
  const std::string plan = dir()
                               .Write("runner.yaml", R"(name: p
connections:
  web: {http: "${WEB}"}
  bus: {redis: "${BUS}"}
  tls: {http: "${TLS}", tls: {ca_file: /nowhere/ca.pem}}
checks:
  - {name: fine, tags: [smoke], http: {connection: web, steps: [{request: {url: /ok}}]}}
  - {name: no_address, tags: [smoke], redis: {steps: [{command: [PING]}]}}
  - {name: no_certificate, tags: [smoke], http: {connection: tls, steps: [{request: {url: /ok}}]}}
)")
                               .string();
  const std::map<std::string, std::string> environment = {
      {"WEB", server_.url()},
      {"BUS", "this is no address"},
      {"TLS", "https" + server_.url().substr(4)}};
  const RunDocument run = ExpectRun(plan, kInconclusive, {}, environment);
  EXPECT_EQ(run.Outcome("fine"), "PASSED");
  EXPECT_EQ(run.Outcome("no_address"), "ERRORED");
  EXPECT_EQ(run.Outcome("no_certificate"), "ERRORED");

  // A runner that cannot even begin.
  const int asked = server_.Count("/ok");
  const Finished no_store = Run({"run", plan, "--store", "/dev/null/runs.db"}, environment);
  EXPECT_EQ(no_store.exit_code, 2) << no_store.out << no_store.err;
  EXPECT_THAT(no_store.err, HasSubstr("/dev/null/runs.db"));
  EXPECT_EQ(server_.Count("/ok"), asked);
}

// Red when a step that was never reached is not in the record, when a check with such a step is
// PASSED, or when a check that was never run leaves the sum.
TEST_F(FalseGreen, Case10_StepsThatDidNotRunDoNotVanish) {
  server_.Answer("/broken", {503});
  const RunDocument run = ExpectRun(
      Plan("  - name: chain\n    tags: [smoke]\n    http:\n      steps:\n"
           "        - {name: first, request: {url: /ok}, expect: [status == 200]}\n"
           "        - {name: second, request: {url: /broken}, expect: [status == 200]}\n"
           "        - {name: third, request: {url: /third}, expect: [status == 200]}\n" +
           Check("after", "smoke", "/after", "needs: [chain], ") +
           Check("later", "smoke", "/later", "needs: [after], ") + Check("fine", "other", "/ok")),
      kRollback);
  const nlohmann::json steps = run.Check("chain")["agents"][0]["steps"];
  ASSERT_EQ(steps.size(), 3u) << steps;
  EXPECT_EQ(steps[0]["outcome"], "PASSED");
  EXPECT_EQ(steps[1]["outcome"], "FAILED");
  EXPECT_EQ(steps[2]["outcome"], "SKIPPED");
  EXPECT_EQ(steps[2]["name"], "third");
  EXPECT_EQ(run.Outcome("chain"), "FAILED");
  EXPECT_EQ(run.Outcome("after"), "BLOCKED");
  EXPECT_EQ(run.Outcome("later"), "BLOCKED");
  EXPECT_EQ(run.Count("planned"), 4);
  EXPECT_EQ(server_.Count("/third") + server_.Count("/after") + server_.Count("/later"), 0);

  // All steps left out: nobody asked, and if that is meant to be possible, it is still no pass.
  const auto left_out = [this](const std::string& more) {
    return Plan(
        "  - {name: core, tags: [smoke, critical], " + more +
        "http: {steps: [{when: \"${IS_HERE:-false}\", request: {url: /third}, expect: [status == "
        "200]}]}}\n" +
        Check("fine", "smoke", "/ok"));
  };
  EXPECT_EQ(ExpectRun(left_out(""), kInconclusive).Outcome("core"), "ERRORED");
  EXPECT_EQ(ExpectRun(left_out("optional: true, "), kInconclusive).Outcome("core"), "SKIPPED");
}

// Red when the end of a time limit is read as the end of the work.
TEST_F(FalseGreen, Case12_TimeoutAndCancelNeverExitZero) {
  const std::string waits = Check("waits", "smoke", "/gate") + Check("fine", "smoke", "/ok");
  const RunDocument by_run = ExpectRun(Plan(waits), kInconclusive, {"--timeout", "500ms"});
  EXPECT_EQ(by_run.Outcome("waits"), "ABORTED");
  EXPECT_EQ(by_run.Outcome("fine"), "PASSED");
  const RunDocument by_plan = ExpectRun(Plan(waits, "timeout: 500ms\n"), kInconclusive);
  EXPECT_EQ(by_plan.Outcome("waits"), "ABORTED");

  const RunDocument by_check =
      ExpectRun(Plan("  - {name: waits, tags: [smoke, critical], timeout: 300ms, http: {steps: "
                     "[{request: {url: /gate}}]}}\n" +
                     Check("fine", "smoke", "/ok")),
                kRollback);
  EXPECT_EQ(by_check.Outcome("waits"), "FAILED");

  const RunDocument by_suite =
      ExpectRun(Plan(Check("waits", "smoke, critical", "/gate", "suite: slow, ") +
                         Check("next", "smoke", "/ok", "suite: slow, needs: [waits], "),
                     "suites: [{name: slow, max: 300ms}]\n"),
                kInconclusive);
  EXPECT_EQ(by_suite.Count("aborted"), 2);

  // The person at the terminal, who is nobody's verdict.
  StartCoordinator();
  StartAgent("a");
  const int arrived = server_.Count("/gate");
  const std::unique_ptr<Process> run = BeginRun(Plan(waits), {"--coordinator", address()});
  ASSERT_TRUE(server_.WaitForArrivals(arrived + 1, Soon()));
  run->Signal(SIGINT);
  ExpectEnd(run.get(), {130, "INCONCLUSIVE"});
  EXPECT_EQ(ExpectVerdict("latest", kInconclusive).Outcome("waits"), "ABORTED");
}

// Red when nothing compares as something: an expectation on no rows, on an absent member, on
// the quantile of nothing, or when a rule over nothing is taken for a promotion.
TEST_F(FalseGreen, Case14_EmptyDataIsNoPass) {
  auto postgres = LocalPostgres::Start();
  ASSERT_TRUE(postgres.ok()) << postgres.status();
  server_.Answer("/empty", {200}, "");
  server_.Answer("/list", {200}, R"({"items": []})");
  const std::string plan =
      dir()
          .Write("empty.yaml",
                 "name: p\nconnections:\n  web: {http: \"" + server_.url() +
                     "\"}\n  db: {postgres: \"${DB}\"}\n  gone: {http: \"http://127.0.0.1:1\"}\n"
                     R"(checks:
  - {name: no_rows, tags: [smoke], postgres: {steps: [{sql: "SELECT 1 WHERE false", expect: [value < 5]}]}}
  - {name: no_null, tags: [smoke], postgres: {steps: [{sql: "SELECT NULL::int", expect: [value >= 0]}]}}
  - {name: no_member, tags: [smoke], postgres: {steps: [{sql: "SELECT '[]'::jsonb", expect: [json /0/id exists]}]}}
  - {name: no_body, tags: [smoke], http: {connection: web, steps: [{request: {url: /empty}, expect: [json /status == ok]}]}}
  - {name: no_items, tags: [smoke], http: {connection: web, steps: [{request: {url: /list}, expect: [json /items/0 exists]}]}}
  - {name: no_capture, tags: [smoke], http: {connection: web, steps: [{request: {url: /list}, capture: {id: {json: /items/0/id}}}]}}
  - {name: no_sample, tags: [smoke], http: {connection: gone, steps: [{request: {url: /}, repeat: {times: 5}, expect: [duration p95 < 10s]}]}}
)")
          .string();
  const RunDocument run =
      ExpectRun(plan, kRollback, {}, {{"DB", (*postgres)->PlainUrl().value_or("")}});
  EXPECT_EQ(run.Count("failed"), 7);
  EXPECT_EQ(run.Count("passed"), 0);

  // The only group that a rule looks at is empty, and what is left out is the critical path.
  const RunDocument empty_group = ExpectRun(
      Plan("  - {name: core, tags: [critical], optional: true, http: {steps: [{when: "
           "\"${IS_HERE:-false}\", request: {url: /ok}, expect: [status == 200]}]}}\n" +
               Check("fine", "other", "/ok"),
           "policy: {rollback: [{rule: core, select: critical, not_passed_at_least: 1}]}\n"),
      kInconclusive);
  EXPECT_EQ(empty_group.Rule("core")["denominator"], 0);
  EXPECT_EQ(empty_group.Rule("core")["holds"], false);
  EXPECT_THAT(empty_group.summary(), HasSubstr("core was SKIPPED"));
}

// Red when a failure outside of every rule is promoted.
TEST_F(FalseGreen, Case16_ChecksThatFailStopTheRelease) {
  server_.Answer("/broken", {404});
  std::string checks = Check("unimportant", "other", "/broken");
  for (int i = 0; i < 30; ++i) checks += Check("fine" + std::to_string(i), "smoke", "/ok");
  const RunDocument run = ExpectRun(Plan(checks), kHold);
  EXPECT_EQ(run.Count("passed"), 30);
  for (const auto& rule : run.json()["verdict"]["rules"]) EXPECT_EQ(rule["holds"], false) << rule;
}

// Red when the last retry, or the end of a wait, is taken for the answer.
TEST_F(FalseGreen, Case19_RetriesThatAreUsedUpAreAFailure) {
  server_.Answer("/broken", {503});
  server_.Answer("/late", {503, 503, 200});
  const RunDocument run = ExpectRun(
      Plan(Check("broken", "smoke", "/broken", "retry: {attempts: 3, interval: 10ms}, ") +
           Check("late", "smoke", "/late", "retry: {attempts: 3, interval: 10ms}, ") +
           "  - {name: never, tags: [smoke], http: {steps: [{request: {url: /broken/until}, until: "
           "{within: 2s, interval: 10ms, attempts: 4}, expect: [status == 503]}]}}\n"),
      kRollback);
  EXPECT_EQ(run.Outcome("broken"), "FAILED");
  EXPECT_EQ(run.Check("broken")["agents"][0]["tries"], 3);
  EXPECT_EQ(server_.Count("/broken"), 3);
  EXPECT_EQ(run.Outcome("never"), "FAILED");
  EXPECT_EQ(server_.Count("/broken/until"), 4);
  // What passes in the end says how.
  EXPECT_EQ(run.Outcome("late"), "FLAKY");
  EXPECT_EQ(run.Check("late")["agents"][0]["tries"], 3);
  EXPECT_EQ(run.Count("flaky"), 1);
  EXPECT_EQ(run.Count("passed"), 0);
}

}  // namespace
}  // namespace smokemesh::testing
