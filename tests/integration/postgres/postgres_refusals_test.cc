// Servers that do not let us in, or not everything: what the on-call engineer reads then.

#include <fstream>
#include <string>

#include "tests/integration/postgres/postgres_fixture.h"

namespace smokemesh::agent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PostgresRefusals : public PostgresTest {
 protected:
  PostgresRefusals() { url_ = server_->Url("plain", "plain-canary-0815"); }
  void TearDown() override { EXPECT_TRUE(runner_->CleanUp(In(kLong)).ok()); }

  void Must(const std::string& sql) {
    const auto done = server_->Exec(sql);
    ASSERT_TRUE(done.ok()) << done.status();
  }

  absl::Status Refusal(const std::string& session = "") {
    const auto seen = SqlAs({.session = session}, "SELECT 1");
    return seen.ok() ? absl::OkStatus() : seen.status();
  }

  static std::string Text(const absl::Status& status) { return std::string(status.message()); }
};

TEST_F(PostgresRefusals, OfARoleAtItsLimitNameThatLimit) {
  Must("ALTER ROLE plain CONNECTION LIMIT 2");
  ASSERT_TRUE(SqlAs({.session = "a"}, "SELECT 1").ok());
  ASSERT_TRUE(SqlAs({.session = "b"}, "SELECT 1").ok());
  const absl::Status third = Refusal("c");
  EXPECT_EQ(third.code(), absl::StatusCode::kUnavailable) << third;
  EXPECT_THAT(Text(third), AllOf(HasSubstr("too many connections for role \"plain\""),
                                 HasSubstr("SQLSTATE 53300"), HasSubstr("rolconnlimit")));
  Must("ALTER ROLE plain CONNECTION LIMIT -1");
  EXPECT_TRUE(SqlAs({.session = "c"}, "SELECT 1").ok());
}

TEST_F(PostgresRefusals, OfADatabaseAtItsLimitNameThatLimit) {
  Must("ALTER DATABASE postgres CONNECTION LIMIT 0");
  const absl::Status refused = Refusal();
  Must("ALTER DATABASE postgres CONNECTION LIMIT -1");
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
  EXPECT_THAT(Text(refused), AllOf(HasSubstr("SQLSTATE 53300"), HasSubstr("datconnlimit")));
}

TEST_F(PostgresRefusals, OfAFullServerNameMaxConnections) {
  auto small = testing::LocalPostgres::Start(
      {.settings = {{"max_connections", "6"}, {"superuser_reserved_connections", "3"}}});
  ASSERT_TRUE(small.ok()) << small.status();
  ASSERT_TRUE((*small)->Exec("CREATE ROLE plain LOGIN PASSWORD 'plain-canary-0815'").ok());
  url_ = (*small)->Url("plain", "plain-canary-0815");
  for (const char* session : {"1", "2", "3"}) {
    const auto seen = SqlAs({.session = session}, "SELECT 1");
    ASSERT_TRUE(seen.ok()) << seen.status();
  }
  const absl::Status reserved = Refusal("4");
  EXPECT_EQ(reserved.code(), absl::StatusCode::kUnavailable) << reserved;
  EXPECT_THAT(Text(reserved), AllOf(HasSubstr("slots are reserved"), HasSubstr("SQLSTATE 53300"),
                                    HasSubstr("max_connections"), HasSubstr("pg_stat_activity"),
                                    HasSubstr("pooler")));
  url_ = (*small)->Url();
  for (const char* session : {"s1", "s2", "s3"}) {
    const auto seen = SqlAs({.session = session}, "SELECT 1");
    ASSERT_TRUE(seen.ok()) << seen.status();
  }
  const absl::Status full = Refusal("s4");
  EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable) << full;
  EXPECT_THAT(Text(full),
              AllOf(HasSubstr("too many clients already"), HasSubstr("SQLSTATE 53300"),
                    HasSubstr("max_connections is used up"), HasSubstr("pg_stat_activity")));
  EXPECT_TRUE(runner_->CleanUp(In(kLong)).ok());
}

TEST_F(PostgresRefusals, OfADatabaseThatTakesNoSessionsSaySo) {
  url_ = server_->Url("postgres", testing::LocalPostgres::kSuperuserPassword, "template0");
  const absl::Status refused = Refusal();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
  EXPECT_THAT(Text(refused), AllOf(HasSubstr("not currently accepting connections"),
                                   HasSubstr("SQLSTATE 55000"), HasSubstr("datallowconn")));
}

TEST_F(PostgresRefusals, OfAWrongPasswordNameTheUserAndNotThePassword) {
  url_ = server_->Url("plain", "wrong-canary");
  const absl::Status refused = Refusal();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnauthenticated) << refused;
  EXPECT_THAT(Text(refused),
              AllOf(HasSubstr("password authentication failed for user \"plain\""),
                    HasSubstr("SQLSTATE 28P01"), HasSubstr("check the user and the password")));
}

TEST_F(PostgresRefusals, OfARoleThatMayNotLogInSaySo) {
  Must("ALTER ROLE plain NOLOGIN");
  const absl::Status refused = Refusal();
  Must("ALTER ROLE plain LOGIN");
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnauthenticated) << refused;
  EXPECT_THAT(Text(refused), AllOf(HasSubstr("role \"plain\" is not permitted to log in"),
                                   HasSubstr("SQLSTATE 28000"), HasSubstr("LOGIN")));
}

TEST_F(PostgresRefusals, OfAMissingDatabaseNameIt) {
  url_ = server_->Url("plain", "plain-canary-0815", "nowhere");
  const absl::Status refused = Refusal();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
  EXPECT_THAT(Text(refused),
              AllOf(HasSubstr("database \"nowhere\" does not exist"), HasSubstr("SQLSTATE 3D000"),
                    HasSubstr("check the database name")));
}

TEST_F(PostgresRefusals, OfARoleWithoutConnectSaySo) {
  Must("CREATE DATABASE shut");
  Must("REVOKE CONNECT ON DATABASE shut FROM PUBLIC");
  url_ = server_->Url("plain", "plain-canary-0815", "shut");
  const absl::Status refused = Refusal();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << refused;
  EXPECT_THAT(Text(refused), AllOf(HasSubstr("SQLSTATE 42501"), HasSubstr("needs CONNECT")));
}

TEST_F(PostgresRefusals, OfAStandbyAreSqlstate25006) {
  auto standby = testing::LocalPostgres::Start();
  ASSERT_TRUE(standby.ok()) << standby.status();
  ASSERT_TRUE((*standby)->Exec("CREATE TABLE t (id int)").ok());
  (*standby)->Stop();
  std::ofstream((*standby)->socket_directory() + "/data/standby.signal").close();
  const absl::Status started = (*standby)->StartAgain();
  ASSERT_TRUE(started.ok()) << started;
  url_ = (*standby)->Url();
  EXPECT_EQ(Ask("SELECT pg_is_in_recovery()"), "true");
  EXPECT_THAT(Ask("INSERT INTO t VALUES (1)", "sqlstate"), HasSubstr("25006"));
  EXPECT_THAT(Ask("INSERT INTO t VALUES (1)", "error"), HasSubstr("read-only transaction"));
  const auto schema = SqlAs({.schema = "smokemesh_x"}, "SELECT 1");
  EXPECT_EQ(schema.status().code(), absl::StatusCode::kUnavailable) << schema.status();
  EXPECT_THAT(Text(schema.status()), HasSubstr("SQLSTATE 25006"));
  EXPECT_TRUE(runner_->CleanUp(In(kLong)).ok());
}

}  // namespace
}  // namespace smokemesh::agent
