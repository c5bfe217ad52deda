// Which version the run judges, with the built programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/mesh_fixture.h"
#include "tests/testing/gate/gate_server.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class DeploymentTest : public MeshTest {
 protected:
  std::string Plan() {
    return dir()
        .Write("plan.yaml", R"(name: versions
connections: {web: {http: ")" + gate_.url() +
                                R"("}}
checks:
  - {name: one, tags: [smoke], on: {service: gateway}, http: {steps: [{request: {url: /ok}}]}}
)")
        .string();
  }
  Finished RunFor(const std::string& deployment, const std::string& wait = "1s") {
    return Run({"run", Plan(), "--coordinator", address(), "--agent-wait", wait, "--deployment",
                deployment});
  }

  GateServer gate_;
};

TEST_F(DeploymentTest, OnlyTheVersionThatIsJudgedPromotes) {
  StartCoordinator();
  StartAgent("gateway", {}, "", {"--deployment", "v41"});
  EXPECT_EQ(RunFor("v41").exit_code, 0);
  for (const char* wanted : {"v42", "gateway=v42"}) {
    const Finished run = RunFor(wanted);
    EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
    EXPECT_THAT(run.out, AllOf(HasSubstr("no agent beside \"gateway\" says version v42: agent "
                                         "\"gateway-1\" says v41"),
                               Not(HasSubstr("PROMOTE"))));
  }
  EXPECT_EQ(RunFor("users=v42").exit_code, 2) << "no check runs there";
  EXPECT_THAT(Run({"agents", "--coordinator", address()}).out, HasSubstr("v41"));
}

TEST_F(DeploymentTest, AnAgentThatCannotSayIsNoWitness) {
  StartCoordinator();
  StartAgent("gateway");
  const Finished run = RunFor("v42");
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("says none"));
}

TEST_F(DeploymentTest, ARunWaitsForARollingUpdate) {
  StartCoordinator();
  StartAgent("gateway", {}, "", {"--deployment", "v41"});
  const std::unique_ptr<Process> run = Begin(
      {"run", Plan(), "--coordinator", address(), "--agent-wait", "30s", "--deployment", "v42"});
  ASSERT_TRUE(run->WaitForOutput("versions", Soon())) << run->Stdout() << run->Stderr();
  KillAgent("gateway");
  StartAgent("gateway", {{"SMOKEMESH_DEPLOYMENT", "v42"}});
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
}

TEST_F(DeploymentTest, ARecordWhoseVersionsDoNotFitIsNotVerified) {
  StartCoordinator();
  StartAgent("gateway", {}, "", {"--deployment", "v42"});
  ASSERT_EQ(RunFor("v42").exit_code, 0);
  EXPECT_EQ(Run({"verify", "latest", "--store", store()}).exit_code, 0);
}

}  // namespace
}  // namespace smokemesh::testing
