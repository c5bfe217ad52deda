// What plans may make an agent do, end to end: `smokemesh-agent --policy` and `run --agent-policy`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/mesh_fixture.h"
#include "tests/testing/gate/gate_server.h"
#include "tests/testing/local_postgres.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AgentPolicyTest : public MeshTest {
 protected:
  std::string WebPlan() {
    return dir()
        .Write("web.yaml", "name: p\nconnections: {web: {http: \"" + gate_.url() +
                               "\"}}\nchecks:\n  - {name: asks, tags: [smoke], on: {service: a}, "
                               "http: {steps: [{request: {url: /ok}}]}}\n")
        .string();
  }
  std::string Policy(const std::string& text) { return dir().Write("policy.yaml", text).string(); }

  GateServer gate_;
};

TEST_F(AgentPolicyTest, AnAgentDoesWhatItsPolicyAllowsAndNothingElse) {
  const std::string plan = WebPlan();
  StartCoordinator();
  StartAgent("a", {}, "", {"--policy", Policy("targets: [{host: 127.0.0.1}]\n")});
  const Finished allowed = Run({"run", plan, "--coordinator", address()});
  EXPECT_EQ(allowed.exit_code, 0) << allowed.out << allowed.err;
  EXPECT_THAT(AgentLog("a"), HasSubstr("policy.yaml: all kinds; 1 target; "));

  const std::string policy = Policy("kinds: [http]\ntargets: [{host: 10.0.0.0/8}]\n");
  StartAgent("a", {}, "", {"--policy", policy});
  const Finished forbidden = Run({"run", plan, "--coordinator", address(), "--output", "json"});
  EXPECT_EQ(forbidden.exit_code, 4) << forbidden.out << forbidden.err;
  EXPECT_THAT(forbidden.out, HasSubstr("INCONCLUSIVE"));
  EXPECT_THAT(forbidden.out, HasSubstr(policy + ":2:1: this agent's policy does not let http"));
}

TEST_F(AgentPolicyTest, AOneShotRunHasItsOwn) {
  const std::string plan = WebPlan();
  EXPECT_EQ(Run({"run", plan, "--agent-policy", Policy("kinds: [http]\n")}).exit_code, 0);
  const Finished forbidden = Run({"run", plan, "--agent-policy", Policy("kinds: [redis]\n")});
  EXPECT_EQ(forbidden.exit_code, 4) << forbidden.out << forbidden.err;
  EXPECT_THAT(forbidden.out, HasSubstr("add it to `kinds`"));
}

TEST_F(AgentPolicyTest, ABadPolicyEndsTheStart) {
  const std::string policy = Policy("kinds: [htp]\ntarget: [{host: a}]\n");
  const Finished run = Run({"run", WebPlan(), "--agent-policy", policy});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr(policy + ":2:1: unknown field \"target\""));

  ProcessOptions options;
  options.argv = {Binary("smokemesh-agent"),
                  "--coordinator",
                  "127.0.0.1:1",
                  "--service",
                  "a",
                  "--policy",
                  policy};
  const auto agent = Process::Start(options);
  ASSERT_TRUE(agent.ok()) << agent.status();
  const Finished ended = Wait(agent->get());
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr(":2:1: unknown field \"target\""));
}

TEST_F(AgentPolicyTest, AForbiddenVariableLeavesNoTraceOfItsValue) {
  const std::string plan =
      dir()
          .Write("secret.yaml", "name: p\nconnections: {web: {http: \"" + gate_.url() +
                                    "\"}}\nchecks:\n  - {name: asks, tags: [smoke], http: {steps: "
                                    "[{request: {url: \"/ok?k=${CLOUD_KEY}\"}}]}}\n")
          .string();
  const Finished run =
      Run({"run", plan, "--agent-policy", Policy("variables: [SMOKE_*]\n"), "--verbose"},
          {{"CLOUD_KEY", "canary-key-99"}});
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("does not let plans read ${CLOUD_KEY}"));
  EXPECT_THAT(run.out + run.err, Not(HasSubstr("canary")));
}

TEST_F(AgentPolicyTest, ASuperuserIsRefusedUnlessThePolicyAllowsIt) {
  auto postgres = LocalPostgres::Start();
  ASSERT_TRUE(postgres.ok()) << postgres.status();
  const std::string plan =
      dir()
          .Write("db.yaml",
                 "name: p\nconnections: {db: {postgres: \"${DB}\"}}\nchecks:\n  - {name: asks, "
                 "tags: [smoke], postgres: {steps: [{sql: SELECT 1, expect: [value == 1]}]}}\n")
          .string();
  const std::map<std::string, std::string> superuser = {{"DB", (*postgres)->Url()}};
  const Finished refused = Run({"run", plan}, superuser);
  EXPECT_EQ(refused.exit_code, 4) << refused.out << refused.err;
  EXPECT_THAT(refused.out, HasSubstr("is a superuser"));
  EXPECT_EQ(
      Run({"run", plan, "--agent-policy", Policy("postgres: {allow_superuser: true}\n")}, superuser)
          .exit_code,
      0);
  EXPECT_EQ(Run({"run", plan}, {{"DB", (*postgres)->PlainUrl().value_or("")}}).exit_code, 0);
}

}  // namespace
}  // namespace smokemesh::testing
