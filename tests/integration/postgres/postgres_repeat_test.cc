// Repeated and parallel statements through the engine, as a plan writes them.

#include <google/protobuf/text_format.h>

#include <optional>
#include <string>

#include "agent/checks/step_check.h"
#include "tests/integration/postgres/postgres_fixture.h"

namespace smokemesh::agent {
namespace {

class PostgresRepeat : public PostgresTest {
 protected:
  v1::TaskResult RunCheck(const std::string& steps) {
    v1::Assignment assignment;
    assignment.set_run_id("r");
    assignment.set_attempt(1);
    (*assignment.mutable_connections())["db"].set_postgres("${DB}");
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        "name: 'many' postgres { " + steps + " }", assignment.mutable_check()));
    const auto factory =
        MakeStepCheckFactory({{"postgres", PostgresStepRunners(SuperuserPolicy())}},
                             [this](std::string_view) { return std::optional<std::string>(url_); });
    auto check = factory->Create(assignment);
    if (!check.ok()) {
      ADD_FAILURE() << check.status();
      return {};
    }
    const CheckContext context = In(kLong);
    v1::TaskResult result = (*check)->Run(context);
    ExpectNoSecret(result.DebugString());
    const absl::Status clean = (*check)->CleanUp(context);
    EXPECT_TRUE(clean.ok()) << clean;
    EXPECT_TRUE(Eventually(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'smokemesh'", "0"));
    EXPECT_EQ(server_->Exec("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'smokemesh%'")
                  .value_or("?"),
              "0");
    return result;
  }
};

TEST_F(PostgresRepeat, TellsSettingUpApartFromAsking) {
  const v1::TaskResult seen = RunCheck(R"pb(
    steps {
      sql: "SELECT 1"
      repeat { times: 10 warm_up: 1 fresh_session: true }
      expect: "value == 1"
      expect: "connect_duration p95 < 20s"
      expect: "connect_duration exists"
      expect: "duration p50 < 20s"
    })pb");
  EXPECT_EQ(seen.outcome(), v1::OUTCOME_PASSED) << seen.DebugString();
}

TEST_F(PostgresRepeat, APoolOfParallelSessionsStaysOpen) {
  const v1::TaskResult seen = RunCheck(R"pb(
    steps { sql: "CREATE TABLE {{schema}}.t (pid int)" }
    steps {
      sql: "INSERT INTO {{schema}}.t VALUES (pg_backend_pid())"
      repeat { times: 20 parallel: 20 }
      expect: "affected == 1"
    }
    steps {
      sql: "SELECT count(DISTINCT t.pid) FROM {{schema}}.t JOIN pg_stat_activity USING (pid)"
      expect: "value == 20"
    })pb");
  EXPECT_EQ(seen.outcome(), v1::OUTCOME_PASSED) << seen.DebugString();
}

}  // namespace
}  // namespace smokemesh::agent
