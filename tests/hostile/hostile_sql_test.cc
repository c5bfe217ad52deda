#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/checks/postgres/postgres_step_runner.h"
#include "agent/policy/policy_file.h"
#include "shared/expectation/expectation.h"
#include "tests/testing/local_postgres.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;
using testing::LocalPostgres;

// What a plan may try on a database, to write outside of its scratch schema, to change the server
// or to run programs there. FILE is a path that does not exist.
const char* const kHostileSql[] = {
    "INSERT INTO victim.accounts VALUES (666)",
    "UPDATE victim.accounts SET id = 666",
    "DELETE FROM victim.accounts",
    "TRUNCATE victim.accounts",
    "DROP TABLE victim.accounts",
    "DROP SCHEMA victim CASCADE",
    "ALTER TABLE victim.accounts ADD COLUMN evil int",
    "CREATE TABLE victim.evil (i int)",
    "CREATE TABLE public.evil (i int)",
    "CREATE INDEX evil ON victim.accounts (id)",
    "CREATE TRIGGER evil BEFORE INSERT ON victim.accounts EXECUTE FUNCTION victim.fn()",
    "CREATE OR REPLACE FUNCTION victim.fn() RETURNS int LANGUAGE sql AS 'SELECT 666'",
    "CREATE RULE evil AS ON SELECT TO victim.accounts DO INSTEAD NOTHING",
    "WITH gone AS (DELETE FROM victim.accounts RETURNING *) SELECT * FROM gone",
    "SELECT 1; DELETE FROM victim.accounts",
    "COMMIT; BEGIN READ WRITE; DELETE FROM victim.accounts; COMMIT",
    "SELECT setval('victim.seq', 666)",
    "SELECT nextval('victim.seq')",
    "SELECT lo_from_bytea(0, 'evil')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, 'FILE')",
    "COPY victim.accounts TO 'FILE'",
    "COPY victim.accounts FROM '/etc/passwd'",
    "COPY (SELECT 1) TO PROGRAM 'touch FILE'",
    "COPY victim.accounts FROM PROGRAM 'touch FILE; echo 666'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT pg_stat_file('/etc/passwd')",
    "ALTER SYSTEM SET max_connections = 1",
    "SELECT pg_reload_conf()",
    "SELECT pg_rotate_logfile()",
    "SELECT pg_switch_wal()",
    "SELECT pg_create_physical_replication_slot('evil')",
    "SELECT pg_create_restore_point('evil')",
    "CREATE ROLE evil LOGIN SUPERUSER",
    "ALTER ROLE reader SUPERUSER",
    "ALTER ROLE postgres PASSWORD 'evil'",
    "GRANT postgres TO reader",
    "GRANT pg_execute_server_program TO reader",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "CREATE DATABASE evil",
    "DROP DATABASE postgres",
    "ALTER DATABASE postgres SET default_transaction_read_only = on",
    "CREATE EXTENSION file_fdw",
    "CREATE LANGUAGE plpythonu",
    "LOAD 'auto_explain'",
    "CREATE SERVER evil FOREIGN DATA WRAPPER postgres_fdw",
    "SELECT set_config('session_preload_libraries', 'evil', false)",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    "CREATE PUBLICATION evil FOR ALL TABLES",
    "CREATE EVENT TRIGGER evil ON ddl_command_start EXECUTE FUNCTION victim.fn()",
    "COMMENT ON DATABASE postgres IS 'evil'",
    "SECURITY LABEL ON TABLE victim.accounts IS 'evil'",
    "DO $$BEGIN EXECUTE 'DELETE FROM victim.accounts'; END$$",
    "LOCK TABLE victim.accounts IN ACCESS EXCLUSIVE MODE",
    "VACUUM FULL victim.accounts",
    "REINDEX TABLE victim.accounts",
    "EXPLAIN ANALYZE DELETE FROM victim.accounts"};

class HostileSql : public ::testing::Test {
 protected:
  static constexpr auto kLong = std::chrono::seconds(20);

  void SetUp() override {
    auto started = LocalPostgres::Start();
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    for (const char* sql :
         {"CREATE SCHEMA victim", "CREATE TABLE victim.accounts (id int)",
          "INSERT INTO victim.accounts VALUES (1), (2), (3)", "CREATE SEQUENCE victim.seq",
          "CREATE FUNCTION victim.fn() RETURNS int LANGUAGE sql AS 'SELECT 1'",
          "CREATE ROLE reader LOGIN PASSWORD 'reader-canary-1'",
          "GRANT CREATE ON DATABASE postgres TO reader", "GRANT USAGE ON SCHEMA victim TO reader",
          "GRANT SELECT ON ALL TABLES IN SCHEMA victim TO reader",
          "CREATE ROLE owner LOGIN PASSWORD 'owner-canary-2'", "GRANT postgres TO owner",
          "CREATE ROLE executor LOGIN PASSWORD 'executor-canary-3'",
          "GRANT pg_execute_server_program TO executor"}) {
      const auto done = server_->Exec(sql);
      ASSERT_TRUE(done.ok()) << sql << ": " << done.status();
    }
    file_ = server_->socket_directory() + "/evil";
  }

  absl::StatusOr<std::unique_ptr<shared::Observation>> Try(StepRunner* runner,
                                                           const std::string& url,
                                                           const std::string& sql,
                                                           const std::string& schema = "") {
    v1::Step step;
    step.mutable_postgres()->set_sql(absl::StrReplaceAll(sql, {{"FILE", file_}}));
    v1::Connection connection;
    connection.set_postgres(url);
    StepRequest request;
    request.step = &step;
    request.connection_name = "db";
    request.connection = &connection;
    request.scratch_schema = schema;
    return runner->Run(request, {std::chrono::steady_clock::now() + kLong, &cancellation_});
  }

  // All that could have changed outside of scratch schemas.
  std::string State() const {
    std::string state;
    for (const char* sql :
         {"SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM victim.accounts a",
          "SELECT string_agg(concat_ws(' ', nspname, nspowner, nspacl), E'\\n' ORDER BY nspname) "
          "FROM pg_namespace WHERE nspname !~ '^(pg_|smokemesh_)'",
          "SELECT string_agg(concat_ws(' ', relname, relkind, relnatts, relhasindex, relhasrules, "
          "relhastriggers, relacl), E'\\n' ORDER BY relname) FROM pg_class c JOIN pg_namespace n "
          "ON n.oid = relnamespace WHERE nspname IN ('victim', 'public')",
          "SELECT last_value || ' ' || is_called FROM victim.seq",
          "SELECT string_agg(prosrc, ' ') FROM pg_proc WHERE pronamespace = 'victim'::regnamespace",
          "SELECT string_agg(concat_ws(' ', rolname, rolsuper, rolcanlogin, rolpassword), E'\\n' "
          "ORDER BY rolname) FROM pg_authid",
          "SELECT string_agg(concat_ws(' ', roleid, member), ' ' ORDER BY roleid, member) FROM "
          "pg_auth_members",
          "SELECT string_agg(concat_ws(' ', datname, datacl), ' ' ORDER BY datname) FROM "
          "pg_database",
          "SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension",
          "SELECT string_agg(lanname, ' ' ORDER BY lanname) FROM pg_language",
          "SELECT count(*) || ' settings' FROM pg_db_role_setting",
          "SELECT count(*) || ' lines' FROM pg_file_settings",
          "SELECT count(*) || ' slots' FROM pg_replication_slots",
          "SELECT count(*) || ' publications' FROM pg_publication",
          "SELECT count(*) || ' event triggers' FROM pg_event_trigger",
          "SELECT count(*) || ' foreign servers' FROM pg_foreign_server",
          "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE "
          "datname = 'postgres'"}) {
      absl::StrAppend(&state, server_->Exec(sql).value_or("error"), "\n");
    }
    // Only the superuser can look whether the file is there.
    absl::StrAppend(&state,
                    server_->Exec(absl::StrCat("SELECT pg_stat_file('", file_, "', true) IS NULL"))
                        .value_or("error"));
    return state;
  }

  std::unique_ptr<LocalPostgres> server_;
  std::string file_;
  shared::Cancellation cancellation_;
};

TEST_F(HostileSql, AnOrdinaryRoleWritesNothingOutsideItsScratchSchema) {
  const std::string url = server_->Url("reader", "reader-canary-1");
  const std::string before = State();
  const std::unique_ptr<StepRunner> runner = MakePostgresStepRunner();
  int statements = 0;
  for (const char* sql : kHostileSql) {
    const auto seen = Try(runner.get(), url, sql);
    ++statements;
    // Large objects belong to nobody's schema: whoever may log in may make them, and they are gone
    // with the transaction of the test.
    EXPECT_EQ(State(), before) << sql << "\n" << seen.status();
  }
  EXPECT_GE(statements, 50);
  // What a check may do, it can: make things in its scratch schema.
  const auto scratch = Try(runner.get(), url, "CREATE TABLE smokemesh_0123456789abcdef.t (i int)",
                           "smokemesh_0123456789abcdef");
  ASSERT_TRUE(scratch.ok()) << scratch.status();
  EXPECT_FALSE((*scratch)->UnlessAsked().mismatch.has_value()) << (*scratch)->Summary();
  EXPECT_TRUE(runner->CleanUp({std::chrono::steady_clock::now() + kLong, &cancellation_}).ok());
  EXPECT_EQ(server_->Exec("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'smokemesh%'")
                .value_or("error"),
            "0");
  EXPECT_EQ(State(), before);
}

TEST_F(HostileSql, ASuperuserIsRefusedBeforeAnyStatement) {
  const std::string before = State();
  for (const auto& [user, password, says] :
       {std::tuple{"postgres", LocalPostgres::kSuperuserPassword, "is a superuser"},
        std::tuple{"owner", "owner-canary-2", "may act as \"postgres\""},
        std::tuple{"executor", "executor-canary-3", "may act as \"pg_execute_server_program\""}}) {
    const std::unique_ptr<StepRunner> runner = MakePostgresStepRunner();
    for (const char* sql : kHostileSql) {
      const auto seen = Try(runner.get(), server_->Url(user, password), sql);
      ASSERT_TRUE(IsForbidden(seen.status())) << user << ": " << sql << ": " << seen.status();
      ASSERT_THAT(std::string(seen.status().message()), HasSubstr(says));
      ASSERT_THAT(std::string(seen.status().message()), HasSubstr("allow_superuser: true"));
    }
    // Nor may it make a scratch schema.
    const auto schema =
        Try(runner.get(), server_->Url(user, password), "SELECT 1", "smokemesh_0123456789abcdef");
    EXPECT_TRUE(IsForbidden(schema.status())) << schema.status();
  }
  EXPECT_EQ(State(), before);
}

TEST_F(HostileSql, APolicyMayAllowASuperuser) {
  const auto policy = ParsePolicy("postgres: {allow_superuser: true}", "p.yaml").policy;
  ASSERT_NE(policy, nullptr);
  const std::unique_ptr<StepRunner> runner = PostgresStepRunners(policy)();
  const auto seen = Try(runner.get(), server_->Url(), "SELECT 1");
  EXPECT_TRUE(seen.ok()) << seen.status();
}

TEST_F(HostileSql, AServerThatIsKilledInMidStatementFails) {
  const std::unique_ptr<StepRunner> runner = MakePostgresStepRunner();
  const std::string url = server_->Url("reader", "reader-canary-1");
  ASSERT_TRUE(Try(runner.get(), url, "SELECT 1").ok());
  std::thread killer([this] {
    while (server_
               ->Exec("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' "
                      "AND usename = 'reader'")
               .value_or("1") == "0") {
    }
    server_->Kill();
  });
  const auto seen = Try(runner.get(), url, "SELECT pg_sleep(60)");
  killer.join();
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
}

}  // namespace
}  // namespace smokemesh::agent
