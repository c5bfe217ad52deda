// False green by agents that are gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/false_green.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;

// Red when a critical check without an answer drops out of what is judged.
TEST_F(FalseGreen, Case15_ExceptionInACriticalCheckKeepsItCritical) {
  // Its runner fails: there is nothing to ask with.
  const RunDocument faulty =
      ExpectRun(Plan("  - {name: core, tags: [smoke, critical], http: {steps: [{request: {url: "
                     "\"/ok?${NOWHERE}\"}}]}}\n" +
                     Check("other", "smoke, critical", "/ok")),
                kInconclusive);
  EXPECT_EQ(faulty.Outcome("core"), "ERRORED");
  EXPECT_EQ(faulty.Check("core")["critical"], true);
  EXPECT_EQ(faulty.Rule("critical-path")["denominator"], 2);

  // Its agent is killed while it runs.
  StartCoordinator({"--heartbeat", "1s", "--agent-grace", "500ms"});
  StartAgent("a");
  StartAgent("b");
  const std::string checks = Check("core", "smoke, critical", "/gate", "on: {service: a}, ") +
                             Check("other", "smoke, critical", "/ok", "on: {service: b}, ");
  std::unique_ptr<Process> run = BeginRun(Plan(checks), {"--coordinator", address()});
  ASSERT_TRUE(server_.WaitForArrivals(1, Soon()));
  KillAgent("a");
  const RunDocument killed = ExpectEnd(run.get(), kInconclusive);
  EXPECT_EQ(killed.Outcome("core"), "MISSING");
  EXPECT_EQ(killed.Check("core")["critical"], true);
  EXPECT_EQ(killed.Rule("critical-path")["denominator"], 2);

  // Where silence is as bad as failure, it rolls back.
  StartAgent("a");
  run = BeginRun(Plan(checks,
                      "policy: {rollback: [{rule: path, select: critical, not_passed_at_least: 1, "
                      "counts: failures_and_missing}]}\n"),
                 {"--coordinator", address()});
  ASSERT_TRUE(server_.WaitForArrivals(2, Soon()));
  KillAgent("a");
  const RunDocument counted = ExpectEnd(run.get(), kRollback);
  EXPECT_EQ(counted.Rule("path")["counted"], nlohmann::json({"core"}));
}

// Red when what an agent said in an earlier run, or says after the end, counts.
TEST_F(FalseGreen, Case17_StaleResultsBehindALostNodeCountForNothing) {
  StartCoordinator({"--heartbeat", "1s", "--agent-grace", "500ms"});
  StartAgent("a");
  StartAgent("b");
  const std::vector<std::string> mesh = {"--coordinator", address(), "--agent-wait", "100ms"};
  const std::string plan = Plan(Check("core", "smoke, critical", "/core", "on: {service: a}, ") +
                                Check("other", "smoke", "/ok", "on: {service: b}, "));
  const RunDocument good = ExpectRun(plan, kPromote, mesh);

  // The node is lost. Its last answer was a good one.
  KillAgent("a");
  const RunDocument lost = ExpectRun(plan, kInconclusive, mesh);
  EXPECT_NE(lost.run_id(), good.run_id());
  EXPECT_EQ(lost.Outcome("core"), "MISSING");
  EXPECT_EQ(server_.Count("/core"), 1);

  // A node that is frozen while it asks, and wakes up with its answer when the run has ended.
  StartAgent("a");
  const std::string late_plan =
      Plan(Check("late", "smoke, critical", "/gate", "on: {service: a}, ") +
           Check("other", "smoke", "/ok", "on: {service: b}, "));
  const std::unique_ptr<Process> run = BeginRun(late_plan, mesh);
  ASSERT_TRUE(server_.WaitForArrivals(1, Soon()));
  SignalAgent("a", SIGSTOP);
  const RunDocument ended = ExpectEnd(run.get(), kInconclusive);
  EXPECT_EQ(ended.Outcome("late"), "MISSING");
  server_.Open();
  SignalAgent("a", SIGCONT);
  // Results come in order: when it has answered in another run, its late one has come as well.
  const RunDocument next =
      ExpectRun(late_plan, kPromote, {"--coordinator", address(), "--agent-wait", "30s"});
  EXPECT_NE(next.run_id(), ended.run_id());
  EXPECT_EQ(ExpectVerdict(ended.run_id(), kInconclusive).Outcome("late"), "MISSING");
  ExpectVerdict(good.run_id(), kPromote);
  // What came late is not kept as evidence either.
  const Finished verified = Run({"verify", ended.run_id(), "--coordinator", address()});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
}

// Red when an agent that takes its leave takes its checks with it.
TEST_F(FalseGreen, Case18_CleanDeregisterHidesNothing) {
  StartCoordinator();
  // It runs one check at a time and lets nothing finish when it is told to leave.
  StartAgent("a", {}, "", {"--max-parallel", "1", "--drain-timeout", "100ms"});
  StartAgent("b");
  const std::unique_ptr<Process> run =
      BeginRun(Plan(Check("running", "smoke", "/gate", "on: {service: a}, ") +
                    Check("queued", "smoke", "/ok", "on: {service: a}, needs: [fine], ") +
                    Check("next", "smoke", "/ok", "on: {service: a}, needs: [running], ") +
                    Check("fine", "smoke", "/ok", "on: {service: b}, ")),
               {"--coordinator", address()});
  ASSERT_TRUE(server_.WaitForArrivals(1, Soon()));
  SignalAgent("a", SIGTERM);
  const RunDocument ended = ExpectEnd(run.get(), kInconclusive);
  EXPECT_EQ(ended.Count("planned"), 4);
  EXPECT_EQ(ended.Outcome("fine"), "PASSED");
  for (const char* check : {"running", "queued", "next"}) {
    EXPECT_THAT(ended.Outcome(check), ::testing::AnyOf("MISSING", "ABORTED", "BLOCKED")) << check;
    EXPECT_EQ(ended.Check(check)["agents"].size(), 1u) << check;
  }

  // Where another agent may do it, it is handed over, and says so.
  StartAgent("a", {}, "", {"--max-parallel", "1", "--drain-timeout", "100ms"});
  SignalAgent("b", SIGTERM);
  ASSERT_TRUE(WaitForAgentEnd("b"));
  const std::unique_ptr<Process> handed_over =
      BeginRun(Plan(Check("running", "smoke", "/gate", "on: {service: a}, ") +
                    Check("free", "smoke", "/ok")),
               {"--coordinator", address()});
  ASSERT_TRUE(server_.WaitForArrivals(2, Soon()));
  StartAgent("b");
  SignalAgent("a", SIGTERM);
  const RunDocument moved = ExpectEnd(handed_over.get(), kInconclusive);
  EXPECT_EQ(moved.Outcome("free"), "PASSED");
  EXPECT_EQ(moved.Check("free")["agents"][0]["agent"], "b-1");
  EXPECT_THAT(moved.Outcome("running"), ::testing::AnyOf("MISSING", "ABORTED"));
}

}  // namespace
}  // namespace smokemesh::testing
