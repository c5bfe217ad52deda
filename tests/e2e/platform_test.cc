// The built programs with the Aura plan on the reference platform: healthy, broken, interrupted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/e2e/mesh_fixture.h"
#include "tests/e2e/run_document.h"
#include "tests/testing/gate/gate_server.h"
#include "tests/testing/stack/platform_stack.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const char kPlan[] = SMOKEMESH_SOURCE_DIR "/deploy/plans/aura.yaml";

class PlatformTest : public MeshTest {
 protected:
  void SetUp() override {
    auto started = PlatformStack::Start();
    ASSERT_TRUE(started.ok()) << started.status();
    stack_ = *std::move(started);
  }

  void Break(const std::string& fault) {
    const absl::Status applied = stack_->Apply(fault);
    ASSERT_TRUE(applied.ok()) << applied;
  }

  void ExpectNothingLeftBehind() {
    const auto leftovers = stack_->Leftovers();
    ASSERT_TRUE(leftovers.ok()) << leftovers.status();
    EXPECT_THAT(*leftovers, IsEmpty());
  }

  void StartMesh() {
    StartCoordinator();
    for (const char* service : {"gateway", "identity", "engagement"}) {
      StartAgent(service, stack_->Environment());
    }
  }

  Finished RunPlan(std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {"run", kPlan});
    return Run(std::move(flags), stack_->Environment());
  }

  std::unique_ptr<PlatformStack> stack_;
};

TEST_F(PlatformTest, AHealthyPlatformPromotesAloneAndThroughThreeAgents) {
  const Finished alone = RunPlan({"--output", "json"});
  ASSERT_EQ(alone.exit_code, 0) << alone.out << alone.err;
  ExpectNothingLeftBehind();

  StartMesh();
  const Finished mesh = RunPlan({"--output", "json", "--coordinator", address()});
  ASSERT_EQ(mesh.exit_code, 0) << mesh.out << mesh.err;
  ExpectNothingLeftBehind();

  for (const Finished* run : {&alone, &mesh}) {
    const RunDocument report(run->out);
    EXPECT_EQ(report.decision(), "PROMOTE");
    EXPECT_TRUE(report.AddsUp());
    EXPECT_EQ(report.Count("planned"), 47);
    EXPECT_EQ(report.Count("passed"), 47) << run->out;
  }
}

TEST_F(PlatformTest, ADroppedCheckConstraintRollsBackWithTheStepOnScreenAndInReports) {
  Break("check_constraint_dropped");
  const std::string reports = (dir().path() / "out").string();
  StartMesh();
  const Finished run = RunPlan({"--coordinator", address(), "--report", reports});
  EXPECT_EQ(run.exit_code, 1) << run.out << run.err;
  const auto names_it =
      AllOf(HasSubstr("ROLLBACK"), HasSubstr("database-transactions"),
            HasSubstr("constraint_enforcement"), HasSubstr("engagements_name_length_check"));
  EXPECT_THAT(run.out, names_it);
  EXPECT_THAT(ReadFile(reports + "/junit.xml"), names_it);
  EXPECT_THAT(ReadFile(reports + "/report.html"), names_it);
  EXPECT_THAT(ReadFile(reports + "/report.json"), names_it);
  ExpectNothingLeftBehind();
}

TEST_F(PlatformTest, NoSecretAppearsAnywhere) {
  // Every check fails and prints what it can: a wrong database password, and a server that answers
  // with the request that it got.
  GateServer gate;
  std::map<std::string, std::string> environment = stack_->Environment();
  environment["CANARY_HEADER"] = "canary-header-5f0c";
  environment["CANARY_BODY"] = "canary-body-\"7a11";
  environment["CANARY_URL"] = "http://user:canary-user-33d0@" + gate.url().substr(7);
  environment["CANARY_DSN"] = "postgresql://aura_smoke:canary-dsn-88e1@127.0.0.1:" +
                              std::to_string(stack_->postgres().port()) + "/aura";
  const std::string plan = dir()
                               .Write("canary.yaml", R"(name: canary
connections:
  db: {postgres: "${CANARY_DSN}"}
  good_db: {postgres: "${SMOKE_TEST_DATABASE_URL}"}
  bus: {redis: "${SMOKE_TEST_REDIS_URL}"}
  web: {http: "${CANARY_URL}"}
variables: {from_env: "${CANARY_BODY}"}
policy: {rollback: [{rule: all, select: smoke or not smoke, not_passed_ratio_at_least: 1.0}]}
checks:
  - {name: dsn, postgres: {connection: db, steps: [{sql: SELECT 1}]}}
  - name: header
    http:
      steps:
        - request:
            method: POST
            url: /echo
            headers: {authorization: "Bearer ${CANARY_HEADER}", x-note: "{{from_env}}"}
            json: {password: "${CANARY_BODY}"}
          expect: ["body == nothing of it"]
  - {name: form, http: {steps: [{request: {method: POST, url: /echo, form: {password: "${CANARY_BODY}"}}}]}}
  - name: sql
    postgres:
      connection: good_db
      steps: [{sql: "SELECT $1::text", params: ["${CANARY_HEADER}"], expect: ["value == x"]}]
  - name: key
    redis: {steps: [{command: [ECHO, "${CANARY_HEADER}"], expect: ["reply == x"]}]}
)")
                               .string();
  const std::string reports = (dir().path() / "out").string();
  StartCoordinator({"--log-level", "debug"});
  StartAgent("canary", environment);
  const Finished run =
      Run({"run", plan, "--coordinator", address(), "--report", reports, "--log-level", "debug"});
  EXPECT_EQ(run.exit_code, 1) << run.out << run.err;
  const Finished alone =
      Run({"run", plan, "--log-level", "debug", "--store", (dir().path() / "alone.db").string()},
          environment);
  EXPECT_EQ(alone.exit_code, 1) << alone.out << alone.err;

  std::string everything =
      run.out + run.err + alone.out + alone.err + AgentLog("canary") + CoordinatorLog();
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir().path())) {
    if (!entry.is_regular_file()) continue;
    everything += ReadFile(entry.path());
    ++files;
  }
  EXPECT_GE(files, 6);  // the plan, four reports, two stores
  EXPECT_THAT(everything, HasSubstr("***"));
  std::vector<std::string> secrets = stack_->Secrets();
  for (const char* canary : {"canary-header-5f0c", "7a11", "canary-user-33d0", "canary-dsn-88e1"}) {
    secrets.emplace_back(canary);
  }
  for (const std::string& secret : secrets) EXPECT_THAT(everything, Not(HasSubstr(secret)));
}

TEST_F(PlatformTest, AnInterruptedRunCleansUp) {
  const std::unique_ptr<Process> run = Begin({"run", kPlan}, stack_->Environment());
  ASSERT_TRUE(run->WaitForOutput("PASSED", Soon())) << run->Stdout() << run->Stderr();
  run->Signal(SIGINT);
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 130) << finished.out << finished.err;
  ExpectNothingLeftBehind();
}

struct BrokenCase {
  const char* fault;
  const char* reason;  // what the report must name
};

class BrokenPlatformTest : public PlatformTest, public ::testing::WithParamInterface<BrokenCase> {};

TEST_P(BrokenPlatformTest, IsNotPromotedForTheRightReason) {
  Break(GetParam().fault);
  const Finished run = RunPlan();
  EXPECT_NE(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr(GetParam().reason), Not(HasSubstr("PROMOTE"))));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BrokenPlatformTest,
    ::testing::Values(BrokenCase{"redis_stopped", "connection refused by 127.0.0.1"},
                      BrokenCase{"gateway_stopped", "gateway_health"},
                      BrokenCase{"token_signature_not_verified", "invalid_token_rejected"},
                      BrokenCase{"not_found_as_200", "not_found_error_handling"},
                      BrokenCase{"rls_disabled", "row_level_security_context"},
                      BrokenCase{"event_ttl_missing", "event_ttl_expiration"},
                      BrokenCase{"database_stopped", "database_connectivity"}),
    [](const auto& param_info) { return std::string(param_info.param.fault); });

}  // namespace
}  // namespace smokemesh::testing
