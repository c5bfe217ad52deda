// What killed processes leave behind, and `smokemesh clean`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/mesh_fixture.h"
#include "tests/testing/gate/gate_server.h"
#include "tests/testing/local_postgres.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A check that makes a user and a scratch schema, and then stands at the gate until the test opens
// it.
class CleanTest : public MeshTest {
 protected:
  static void SetUpTestSuite() {
    auto started = LocalPostgres::Start();
    ASSERT_TRUE(started.ok()) << started.status();
    postgres_ = *std::move(started);
    const auto url = postgres_->PlainUrl();
    ASSERT_TRUE(url.ok()) << url.status();
    url_ = *url;
  }
  static void TearDownTestSuite() { postgres_.reset(); }

  void SetUp() override {
    Sql("DROP TABLE IF EXISTS users");
    // A test before this one may have left what it was about.
    Sql("DO $$DECLARE name text; BEGIN"
        " FOR name IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'"
        " AND nspname NOT IN ('public', 'information_schema')"
        " LOOP EXECUTE format('DROP SCHEMA %I CASCADE', name); END LOOP; END$$");
    Sql("CREATE TABLE users (email text PRIMARY KEY)");
    Sql("GRANT SELECT, INSERT, DELETE ON users TO plain");
    Sql("INSERT INTO users VALUES ('bystander@example.org')");
    plan_ = dir()
                .Write("plan.yaml", R"yaml(name: leftovers
connections:
  db: {postgres: "${DB_URL}"}
  web: {http: ")yaml" + gate_.url() + R"yaml("}
timeout: 60s
checks:
  - name: makes_things
    tags: [smoke]
    on: {service: a}
    timeout: 30s
    scenario:
      steps:
        - postgres: {sql: INSERT INTO users VALUES ($1), params: ["smoke-{{uuid}}@example.org"]}
        - postgres: {sql: "CREATE TABLE {{schema}}.t (n int)"}
        - http: {request: {url: /gate}}
    finally:
      - postgres: {sql: DELETE FROM users WHERE email = $1, params: ["smoke-{{uuid}}@example.org"]}
  - {name: harmless, tags: [other], on: {service: a}, http: {steps: [{request: {url: /ok}}]}}
)yaml")
                .string();
  }

  static std::string Sql(const std::string& statement) {
    auto result = postgres_->Exec(statement);
    EXPECT_TRUE(result.ok()) << statement << ": " << result.status();
    return result.value_or("");
  }
  static std::string Users() {
    return Sql("SELECT count(*) FROM users WHERE email LIKE 'smoke-%'");
  }
  static std::string Schemas() {
    return Sql(
        "SELECT count(*) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'"
        " AND nspname NOT IN ('public', 'information_schema')");
  }
  static void ExpectLeftovers(const std::string& count) {
    EXPECT_EQ(Users(), count);
    EXPECT_EQ(Schemas(), count);
    EXPECT_EQ(Sql("SELECT count(*) FROM users WHERE email = 'bystander@example.org'"), "1");
  }

  std::map<std::string, std::string> Environment() const { return {{"DB_URL", url_}}; }

  // A run in a mesh whose agent is killed in mid-check and stays away.
  void LeaveThingsBehindInTheMesh() {
    StartCoordinator({"--agent-grace", "1s"});
    StartAgent("a", Environment());
    const std::unique_ptr<Process> run = Begin({"run", plan_, "--coordinator", address()});
    ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
    KillAgent("a");
    const Finished finished = Wait(run.get());
    ASSERT_EQ(finished.exit_code, 4) << finished.out << finished.err;
    ASSERT_THAT(finished.out, HasSubstr("MISSING"));
    ExpectLeftovers("1");
  }

  // The same, where `smokemesh run` itself is killed.
  void LeaveThingsBehindAlone() {
    const std::unique_ptr<Process> run = Begin({"run", plan_}, Environment());
    ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
    run->Signal(SIGKILL);
    ASSERT_TRUE(run->WaitUntil(Soon()).has_value());
    ExpectLeftovers("1");
  }

  std::vector<std::string> Notes() const {
    std::vector<std::string> notes;
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(dir().path() / "state/smokemesh/unfinished", error)) {
      notes.push_back(entry.path().filename().string());
    }
    return notes;
  }

  // From `run ID of leftovers: …`, which is the first that a run writes.
  static std::string RunIdOf(const Process& run) {
    const std::string out = run.Stdout();
    return out.substr(4, out.find(' ', 4) - 4);
  }

  // No check was run in the meantime: cleaning up is all that happens.
  bool NothingElseCameToTheGate() { return !gate_.WaitForArrivals(2, shared::SteadyTime::min()); }

  static std::unique_ptr<LocalPostgres> postgres_;
  static inline std::string url_;
  GateServer gate_;
  std::string plan_;
};

std::unique_ptr<LocalPostgres> CleanTest::postgres_;

TEST_F(CleanTest, AnotherAgentRemovesWhatAKilledOneLeft) {
  ASSERT_NO_FATAL_FAILURE(LeaveThingsBehindInTheMesh());
  StartAgent("a", Environment(), "a-2");
  const Finished clean = Run({"clean", plan_, "--coordinator", address()});
  EXPECT_EQ(clean.exit_code, 0) << clean.out << clean.err;
  EXPECT_THAT(clean.out, EndsWith("Clean: 1 run, 2 checks: all clean\n"));
  for (const char* word : {"PROMOTE", "ROLLBACK", "HOLD", "INCONCLUSIVE"}) {
    EXPECT_THAT(clean.out, Not(HasSubstr(word)));
  }
  EXPECT_THAT(clean.err, IsEmpty());
  ExpectLeftovers("0");
  EXPECT_TRUE(NothingElseCameToTheGate());
}

TEST_F(CleanTest, CleaningUpIsNoEvidence) {
  ASSERT_NO_FATAL_FAILURE(LeaveThingsBehindInTheMesh());
  StartAgent("a", Environment(), "a-2");
  ASSERT_EQ(Run({"clean", plan_, "--coordinator", address()}).exit_code, 0);
  const Finished verdict = Run({"verdict", "latest", "--coordinator", address()});
  EXPECT_EQ(verdict.exit_code, 4) << verdict.out;
  EXPECT_THAT(verdict.out, HasSubstr("INCONCLUSIVE")) << "of the run, not of the clean-up";
  const std::string runs = Run({"runs", "--coordinator", address()}).out;
  EXPECT_THAT(runs, AllOf(HasSubstr("clean-up"), HasSubstr("Clean: 1 run, 2 checks: all clean")));
  // The clean-up stands above: its identifier is the first of the second line.
  const size_t line = runs.find('\n') + 1;
  const std::string clean_id = runs.substr(line, runs.find(' ', line) - line);
  const Finished of_clean = Run({"verdict", clean_id, "--coordinator", address()});
  EXPECT_EQ(of_clean.exit_code, 4) << of_clean.out;
  EXPECT_THAT(of_clean.out, EndsWith("Clean: 1 run, 2 checks: all clean\n"));
}

TEST_F(CleanTest, WhatIsCleanIsNotCleanedAgain) {
  ASSERT_NO_FATAL_FAILURE(LeaveThingsBehindInTheMesh());
  StartAgent("a", Environment(), "a-2");
  ASSERT_EQ(Run({"clean", plan_, "--coordinator", address()}).exit_code, 0);
  const Finished again = Run({"clean", plan_, "--coordinator", address()});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out,
            "Clean: no run of plan leftovers in the last 7 days has left anything behind\n");
}

TEST_F(CleanTest, WithoutAnAgentNobodyHasLooked) {
  ASSERT_NO_FATAL_FAILURE(LeaveThingsBehindInTheMesh());
  const Finished clean = Run({"clean", plan_, "--coordinator", address(), "--agent-wait", "200ms"});
  EXPECT_EQ(clean.exit_code, 4) << clean.out << clean.err;
  EXPECT_THAT(clean.out, AllOf(HasSubstr("makes_things: MISSING, no agent"),
                               EndsWith("Clean: 1 run, 2 checks: 2 not looked at\n")));
  ExpectLeftovers("1");
}

TEST_F(CleanTest, WhatCannotBeRemovedIsNamedAndCanBeTriedAgain) {
  ASSERT_NO_FATAL_FAILURE(LeaveThingsBehindInTheMesh());
  StartAgent("a", Environment(), "a-2");
  // Nobody may delete: the owner of everything stands in the way.
  Sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
      " $$BEGIN RAISE EXCEPTION 'users are kept'; END$$");
  Sql("CREATE TRIGGER keep BEFORE DELETE ON users EXECUTE FUNCTION refuse()");
  const Finished refused = Run({"clean", plan_, "--coordinator", address()});
  EXPECT_EQ(refused.exit_code, 1) << refused.out << refused.err;
  EXPECT_THAT(refused.out, AllOf(HasSubstr("makes_things on a-2"), HasSubstr("users are kept"),
                                 EndsWith("Clean: 1 run, 2 checks: 1 not removed\n")));
  EXPECT_EQ(Users(), "1");
  Sql("DROP TRIGGER keep ON users");
  Sql("DROP FUNCTION refuse");
  EXPECT_EQ(Run({"clean", plan_, "--coordinator", address()}).exit_code, 0);
  ExpectLeftovers("0");
}

TEST_F(CleanTest, ARunThatIsStillGoingOnIsRefusedByNameAndLeftAloneOtherwise) {
  StartCoordinator();
  StartAgent("a", Environment());
  const std::unique_ptr<Process> run = Begin({"run", plan_, "--coordinator", address()});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  ASSERT_TRUE(run->WaitForOutput("run ", Soon()));
  const std::string run_id = RunIdOf(*run);
  const Finished refused = Run({"clean", plan_, "--coordinator", address(), "--run", run_id});
  EXPECT_EQ(refused.exit_code, 2) << refused.out;
  EXPECT_THAT(refused.err, HasSubstr("run " + run_id + " is still going on"));
  const Finished left = Run({"clean", plan_, "--coordinator", address()});
  EXPECT_EQ(left.exit_code, 0) << left.err;
  EXPECT_THAT(left.err, HasSubstr("run " + run_id + " is still going on: left alone"));
  ExpectLeftovers("1");
  gate_.Open();
  EXPECT_EQ(Wait(run.get()).exit_code, 0);
  ExpectLeftovers("0");
}

TEST_F(CleanTest, ARunWithoutARecordIsCleanedUnderTheNamesOfTheAgents) {
  ASSERT_NO_FATAL_FAILURE(LeaveThingsBehindInTheMesh());
  const Finished runs = Run({"runs", "--coordinator", address()});
  const size_t line = runs.out.find('\n') + 1;
  const std::string run_id = runs.out.substr(line, runs.out.find(' ', line) - line);
  // A coordinator that has lost its store.
  KillCoordinator();
  for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(store() + ending);
  StartCoordinator();
  StartAgent("a", Environment());
  const Finished clean = Run({"clean", plan_, "--coordinator", address(), "--run", run_id});
  EXPECT_EQ(clean.exit_code, 0) << clean.out << clean.err;
  EXPECT_THAT(clean.err, HasSubstr("has no record of run " + run_id));
  ExpectLeftovers("0");
}

TEST_F(CleanTest, AKilledOneShotRunIsCleanedUpAfterWithoutBeingNamed) {
  ASSERT_NO_FATAL_FAILURE(LeaveThingsBehindAlone());
  ASSERT_EQ(Notes().size(), 1u);
  const Finished clean = Run({"clean", plan_}, Environment());
  EXPECT_EQ(clean.exit_code, 0) << clean.out << clean.err;
  EXPECT_THAT(clean.out, EndsWith("Clean: 1 run, 2 checks: all clean\n"));
  ExpectLeftovers("0");
  EXPECT_THAT(Notes(), IsEmpty());
  EXPECT_TRUE(NothingElseCameToTheGate());
  const Finished again = Run({"clean", plan_}, Environment());
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out,
            "Clean: no run of plan leftovers on this machine has left anything behind\n");
}

TEST_F(CleanTest, SeveralKilledRunsAreCleanedUpAfterAtOnce) {
  for (int killed = 1; killed <= 3; ++killed) {
    const std::unique_ptr<Process> run = Begin({"run", plan_}, Environment());
    ASSERT_TRUE(gate_.WaitForArrivals(killed, Soon()));
    run->Signal(SIGKILL);
    ASSERT_TRUE(run->WaitUntil(Soon()).has_value());
  }
  ExpectLeftovers("3");
  const Finished clean = Run({"clean", plan_}, Environment());
  EXPECT_EQ(clean.exit_code, 0) << clean.out << clean.err;
  EXPECT_THAT(clean.out, EndsWith("Clean: 3 runs, 2 checks: all clean\n"));
  ExpectLeftovers("0");
}

TEST_F(CleanTest, CleaningAPartOfThePlanKeepsTheRunInMind) {
  ASSERT_NO_FATAL_FAILURE(LeaveThingsBehindAlone());
  const Finished other = Run({"clean", plan_, "-m", "other"}, Environment());
  EXPECT_EQ(other.exit_code, 0) << other.err;
  EXPECT_THAT(other.out, EndsWith("Clean: 1 run, 1 check: all clean\n"));
  ExpectLeftovers("1");
  EXPECT_EQ(Notes().size(), 1u);
  EXPECT_EQ(Run({"clean", plan_, "-m", "smoke"}, Environment()).exit_code, 0);
  ExpectLeftovers("0");
}

TEST_F(CleanTest, AOneShotRunThatIsStillGoingOnIsRefusedByNameAndLeftAloneOtherwise) {
  const std::unique_ptr<Process> run = Begin({"run", plan_}, Environment());
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  ASSERT_EQ(Notes().size(), 1u);
  const std::string run_id = Notes()[0];
  const Finished refused = Run({"clean", plan_, "--run", run_id}, Environment());
  EXPECT_EQ(refused.exit_code, 2) << refused.out;
  EXPECT_THAT(refused.err, HasSubstr("run " + run_id + " is still going on"));
  const Finished left = Run({"clean", plan_}, Environment());
  EXPECT_EQ(left.exit_code, 0) << left.err;
  EXPECT_THAT(left.err, HasSubstr("run " + run_id + " is still going on: left alone"));
  ExpectLeftovers("1");
  gate_.Open();
  EXPECT_EQ(Wait(run.get()).exit_code, 0);
  ExpectLeftovers("0");
  EXPECT_THAT(Notes(), IsEmpty()) << "a run that ends has nothing to remember";
}

TEST_F(CleanTest, ARunNeedsNoPlaceForItsNote) {
  gate_.Open();
  auto environment = Environment();
  environment["XDG_STATE_HOME"] = "/dev/null/nowhere";
  const Finished run = Run({"run", plan_}, environment);
  EXPECT_EQ(run.exit_code, 0) << run.out;
  EXPECT_THAT(run.err, IsEmpty());
}

TEST_F(CleanTest, ARunOfAnotherPlanIsNotCleanedWithThisOne) {
  ASSERT_NO_FATAL_FAILURE(LeaveThingsBehindAlone());
  const std::string other =
      dir()
          .Write("other.yaml",
                 "name: other\nconnections: {web: {http: \"" + gate_.url() +
                     "\"}}\nchecks:\n  - {name: x, tags: [smoke], http: {steps: [{request: "
                     "{url: /ok}}]}}\n")
          .string();
  EXPECT_THAT(Run({"clean", other}).out, HasSubstr("no run of plan other"));
  const Finished named = Run({"clean", other, "--run", Notes()[0]});
  EXPECT_EQ(named.exit_code, 2) << named.out;
  EXPECT_THAT(named.err, HasSubstr("is a run of plan \"leftovers\", not of \"other\""));
  ExpectLeftovers("1");
  EXPECT_EQ(Run({"clean", plan_}, Environment()).exit_code, 0);
}

}  // namespace
}  // namespace smokemesh::testing
