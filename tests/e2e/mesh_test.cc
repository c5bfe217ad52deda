// The built programs through crashes, signals and wrong use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/e2e/mesh_fixture.h"
#include "tests/testing/gate/gate_server.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Two agents; the check `waits` on agent `a` stands at the gate until the test opens it.
class GateTest : public MeshTest {
 protected:
  std::string Plan(const std::string& more = "") {
    return dir()
        .Write("plan.yaml", R"(name: gated
connections: {web: {http: ")" + gate_.url() +
                                R"("}}
timeout: 60s
checks:
  - {name: quick_a, tags: [smoke], on: {service: a}, http: {steps: [{request: {url: /ok}}]}}
  - {name: quick_b, tags: [smoke, service], on: {service: b}, http: {steps: [{request: {url: /ok}}]}}
  - {name: waits, tags: [smoke], on: {service: a}, timeout: 30s, http: {steps: [{request: {url: /gate}}]}}
  - {name: after, tags: [smoke], needs: [waits], on: {service: b}, http: {steps: [{request: {url: /ok}}]}}
)" + more)
        .string();
  }

  void StartMesh(const std::string& grace) {
    StartCoordinator({"--agent-grace", grace});
    StartAgent("a");
    StartAgent("b");
  }

  GateServer gate_;
};

TEST_F(GateTest, APlanPromotesThroughTwoAgents) {
  StartMesh("15s");
  gate_.Open();
  const Finished run = Run({"run", Plan(), "--coordinator", address()});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("PROMOTE"));
  const Finished verdict = Run({"verdict", "latest", "--coordinator", address()});
  EXPECT_EQ(verdict.exit_code, 0) << verdict.out << verdict.err;
  EXPECT_THAT(verdict.out, HasSubstr("PROMOTE"));
  EXPECT_THAT(Run({"runs", "--coordinator", address()}).out, HasSubstr("gated"));
  EXPECT_THAT(Run({"agents", "--coordinator", address()}).out,
              AllOf(HasSubstr("a-1"), HasSubstr("b-1")));
}

TEST_F(GateTest, AnAgentThatDiesAndStaysAwayLeavesMissingAndInconclusive) {
  StartMesh("1s");
  const std::unique_ptr<Process> run = Begin({"run", Plan(), "--coordinator", address()});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  KillAgent("a");
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 4) << finished.out << finished.err;
  EXPECT_THAT(finished.out, AllOf(HasSubstr("INCONCLUSIVE"), HasSubstr("MISSING"), HasSubstr("a-1"),
                                  Not(HasSubstr("PROMOTE"))));
}

TEST_F(GateTest, AnAgentThatComesBackWithinTheGraceLosesNothing) {
  StartMesh("30s");
  const std::unique_ptr<Process> run = Begin({"run", Plan(), "--coordinator", address()});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  KillAgent("a");
  StartAgent("a");
  ASSERT_TRUE(gate_.WaitForArrivals(2, Soon()));  // what was in flight is run again
  gate_.Open();
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("PROMOTE"));
}

TEST_F(GateTest, ACoordinatorThatIsKilledAndStartedAgainEndsTheRunWithTheSameVerdict) {
  StartMesh("30s");
  const std::unique_ptr<Process> run = Begin({"run", Plan(), "--coordinator", address()});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  KillCoordinator();
  StartCoordinator({"--agent-grace", "30s"});
  gate_.Open();
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("PROMOTE"));
  // The agent lived on: its task was not run a second time.
  EXPECT_FALSE(gate_.WaitForArrivals(2, shared::SteadyTime::min()));
}

TEST_F(GateTest, ACoordinatorThatIsKilledKeepsAFailureThatItHadSeen) {
  StartMesh("30s");
  const std::string plan = Plan(R"(
  - {name: broken, tags: [smoke, critical], on: {service: b}, http: {steps: [{request: {url: /ok}, expect: ["status == 503"]}]}}
)");
  const std::unique_ptr<Process> run = Begin({"run", plan, "--coordinator", address()});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  ASSERT_TRUE(run->WaitForOutput("ROLLBACK is certain", Soon())) << run->Stdout();
  KillCoordinator();
  StartCoordinator({"--agent-grace", "30s"});
  gate_.Open();
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 1) << finished.out << finished.err;
  EXPECT_THAT(finished.out, AllOf(HasSubstr("critical-path"), HasSubstr("status == 503")));
}

TEST_F(GateTest, InterruptingACoordinatedRunCancelsItAndNeverExitsZero) {
  StartMesh("15s");
  const std::unique_ptr<Process> run = Begin({"run", Plan(), "--coordinator", address()});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  run->Signal(SIGINT);
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 130) << finished.out << finished.err;
  const Finished verdict = Run({"verdict", "latest", "--coordinator", address()});
  EXPECT_EQ(verdict.exit_code, 4) << verdict.out << verdict.err;
  EXPECT_THAT(verdict.out, HasSubstr("ABORTED"));
}

TEST_F(GateTest, InterruptingAOneShotRunNeverExitsZero) {
  const std::unique_ptr<Process> run = Begin({"run", Plan()});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  run->Signal(SIGTERM);
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 143) << finished.out << finished.err;
}

TEST_F(GateTest, OneShotStandsForEverySelector) {
  gate_.Open();
  const Finished run = Run({"run", Plan()});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("PROMOTE"));
}

TEST_F(GateTest, ASelectorWithoutAgentsIsMissingAndNotAnEmptyPass) {
  StartCoordinator();
  StartAgent("b");
  gate_.Open();
  const Finished run = Run({"run", Plan(), "--coordinator", address(), "--agent-wait", "200ms"});
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("MISSING"), HasSubstr("INCONCLUSIVE")));
}

TEST_F(GateTest, NothingSelectedIsAnError) {
  for (const char* flag : {"-m", "-k"}) {
    const Finished run = Run({"run", Plan(), flag, "nowhere"});
    EXPECT_EQ(run.exit_code, 2) << run.out << run.err;
    EXPECT_THAT(run.err, AllOf(HasSubstr(flag), HasSubstr("nowhere")));
  }
}

TEST_F(GateTest, AFilterNarrowsWhatIsJudgedAndSaysSo) {
  gate_.Open();
  const Finished run = Run({"run", Plan(), "-k", "quick", "--output", "json"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("\"quick_a\""), HasSubstr("PROMOTE")));
}

TEST_F(GateTest, ABadPlanIsRefusedWithItsPlace) {
  const std::string plan =
      dir().Write("bad.yaml", "name: bad\nchecks:\n  - name: x\n    htpt: {steps: []}\n").string();
  for (const char* command : {"run", "lint"}) {
    const Finished run = Run({command, plan});
    EXPECT_EQ(run.exit_code, 2) << run.out << run.err;
    EXPECT_THAT(run.out + run.err,
                AllOf(HasSubstr("bad.yaml:4:5"), HasSubstr("did you mean \"http\"?")));
  }
}

TEST_F(GateTest, WrongUseExitsWithTwoAndSuggests) {
  const Finished flag = Run({"run", Plan(), "--coordinater", "x"});
  EXPECT_EQ(flag.exit_code, 2);
  EXPECT_THAT(flag.err, HasSubstr("--coordinator"));
  const Finished command = Run({"rnu"});
  EXPECT_EQ(command.exit_code, 2);
  EXPECT_THAT(command.err, HasSubstr("run"));
  EXPECT_EQ(Run({"run"}).exit_code, 2);
  EXPECT_EQ(Run({"run", "/nowhere/plan.yaml"}).exit_code, 2);
  EXPECT_EQ(Run({"serve", "--listen", "0.0.0.0:0", "--store", store()}).exit_code, 2);
}

TEST_F(GateTest, NoCoordinatorIsThree) {
  const Finished run =
      Run({"run", Plan(), "--coordinator", "127.0.0.1:1", "--connect-timeout", "500ms"});
  EXPECT_EQ(run.exit_code, 3) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("127.0.0.1:1"));
}

TEST_F(GateTest, ASecondCoordinatorOnTheSameStoreOrPortIsRefused) {
  StartCoordinator();
  const Finished same_store = Run({"serve", "--listen", "127.0.0.1:0", "--store", store()});
  EXPECT_THAT(same_store.exit_code, AnyOf(2, 3)) << same_store.err;
  EXPECT_THAT(same_store.err, HasSubstr("in use"));
  const Finished same_port =
      Run({"serve", "--listen", address(), "--store", (dir().path() / "other.db").string()});
  EXPECT_NE(same_port.exit_code, 0);
  EXPECT_THAT(same_port.err, HasSubstr(address()));
}

TEST_F(GateTest, TheSameRequestIdIsTheSameRun) {
  StartMesh("15s");
  gate_.Open();
  const std::string plan = Plan();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Run({"run", plan, "--coordinator", address(), "--request-id", "deploy-1"}).exit_code,
              0);
  }
  const std::string runs = Run({"runs", "--coordinator", address()}).out;
  EXPECT_EQ(runs.find("gated"), runs.rfind("gated")) << runs;
}

}  // namespace
}  // namespace smokemesh::testing
