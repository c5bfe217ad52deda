// What statements come to, on a real server.

#include <string>
#include <utility>

#include "tests/integration/postgres/postgres_fixture.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PostgresSteps : public PostgresTest {
 protected:
  void TearDown() override {
    EXPECT_TRUE(runner_->CleanUp(In(kLong)).ok());
    EXPECT_TRUE(Eventually(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'smokemesh'", "0"));
    ASSERT_TRUE(server_->Exec("DROP SCHEMA IF EXISTS public CASCADE").ok());
    ASSERT_TRUE(server_->Exec("CREATE SCHEMA public").ok());
  }
};

TEST_F(PostgresSteps, GivesValuesTheirTypes) {
  EXPECT_EQ(Ask("SELECT 42"), "42");
  EXPECT_EQ(Ask("SELECT true"), "true");
  EXPECT_EQ(Ask("SELECT 1.5::numeric"), "1.5");
  EXPECT_EQ(Ask("SELECT '007'::text"), "\"007\"");
  EXPECT_EQ(Ask("SELECT NULL::int"), shared::Describe(shared::Null{}));
  EXPECT_EQ(Ask("SELECT 1 WHERE false"), shared::Describe(shared::Absent{}));
  EXPECT_EQ(Ask("SELECT 1 WHERE false", "rows"), "0");
  EXPECT_EQ(Value(Sql("SELECT '{\"a\": [1, 2]}'::jsonb"), "json", "/a/1"), "2");
  EXPECT_EQ(Value(Sql("SELECT 1 AS one, 'x' AS two"), "column", "two"), "\"x\"");
}

TEST_F(PostgresSteps, PassesParametersAsTextOfUnknownType) {
  EXPECT_EQ(Ask("SELECT $1::int + $2", "value", "", {"40", "2"}), "42");
  EXPECT_EQ(Ask("SELECT $1::text", "value", "", {"'; DROP TABLE t; --"}),
            "\"'; DROP TABLE t; --\"");
  EXPECT_EQ(Ask("SELECT $1::uuid", "value", "", {"6ba7b810-9dad-11d1-80b4-00c04fd430c8"}),
            "\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"");
}

TEST_F(PostgresSteps, TakesOneStatementAtATime) {
  EXPECT_THAT(Ask("SELECT 1; SELECT 2", "sqlstate"), HasSubstr("42601"));
}

TEST_F(PostgresSteps, CountsChangedRows) {
  ASSERT_EQ(Ask("CREATE TABLE public.t (id int)", "affected"), "0");
  EXPECT_EQ(Ask("INSERT INTO public.t VALUES (1), (2), (3)", "affected"), "3");
  EXPECT_EQ(Ask("UPDATE public.t SET id = id WHERE id > 1", "affected"), "2");
}

TEST_F(PostgresSteps, KeepsSessionsApartUntilTheCommit) {
  ASSERT_TRUE(Sql("CREATE TABLE public.t (id int)").ok());
  ASSERT_TRUE(Sql("BEGIN", {}, "a").ok());
  ASSERT_TRUE(Sql("INSERT INTO public.t VALUES (1)", {}, "a").ok());
  EXPECT_EQ(Ask("SELECT count(*) FROM public.t", "value", "a"), "1");
  EXPECT_EQ(Ask("SELECT count(*) FROM public.t", "value", "b"), "0");
  ASSERT_TRUE(Sql("COMMIT", {}, "a").ok());
  EXPECT_EQ(Ask("SELECT count(*) FROM public.t", "value", "b"), "1");
}

TEST_F(PostgresSteps, RollsBack) {
  ASSERT_TRUE(Sql("CREATE TABLE public.t (id int)").ok());
  ASSERT_TRUE(Sql("BEGIN").ok());
  ASSERT_TRUE(Sql("INSERT INTO public.t VALUES (1)").ok());
  ASSERT_TRUE(Sql("ROLLBACK").ok());
  EXPECT_EQ(Ask("SELECT count(*) FROM public.t"), "0");
}

TEST_F(PostgresSteps, TellsTheSqlstateOfEveryClassOfConstraint) {
  ASSERT_TRUE(Sql("CREATE TABLE public.p (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, c int "
                  "CONSTRAINT positive CHECK (c > 0))")
                  .ok());
  ASSERT_TRUE(Sql("CREATE TABLE public.f (id int REFERENCES public.p)").ok());
  ASSERT_TRUE(Sql("INSERT INTO public.p VALUES (1)").ok());
  EXPECT_THAT(Ask("INSERT INTO public.p VALUES (1)", "sqlstate"), HasSubstr("23505"));
  EXPECT_THAT(Ask("INSERT INTO public.p VALUES (2, NULL)", "sqlstate"), HasSubstr("23502"));
  EXPECT_THAT(Ask("INSERT INTO public.f VALUES (9)", "sqlstate"), HasSubstr("23503"));
  const auto check = Sql("INSERT INTO public.p VALUES (3, 0, -1)");
  ASSERT_TRUE(check.ok()) << check.status();
  ASSERT_TRUE((*check)->UnlessAsked().mismatch.has_value());
  EXPECT_EQ((*check)->UnlessAsked().mismatch->actual,
            "SQLSTATE 23514: new row for relation \"p\" violates check constraint \"positive\"");
  EXPECT_EQ((*check)->Summary(), (*check)->UnlessAsked().mismatch->actual);
}

TEST_F(PostgresSteps, TellsTheSqlstateOfErrorsThatTheDriverHides) {
  ASSERT_TRUE(Sql("CREATE TABLE public.t (id int)").ok());
  EXPECT_THAT(Ask("SELECT 1/0", "sqlstate"), HasSubstr("22012"));
  EXPECT_THAT(Ask("SELECT * FROM public.nowhere", "sqlstate"), HasSubstr("42P01"));
  EXPECT_THAT(Ask("SELEC 1", "sqlstate"), HasSubstr("42601"));
  EXPECT_THAT(Ask("DO $$ BEGIN RAISE EXCEPTION 'mine' USING ERRCODE = '40001'; END $$", "sqlstate"),
              HasSubstr("40001"));
  EXPECT_THAT(Ask("DO $$ BEGIN RAISE EXCEPTION 'mine' USING ERRCODE = '40P01'; END $$", "sqlstate"),
              HasSubstr("40P01"));
  EXPECT_THAT(Ask("DO $$ BEGIN RAISE EXCEPTION 'mine'; END $$", "error"), HasSubstr("mine"));
  url_ = server_->Url("plain", "plain-canary-0815");
  EXPECT_THAT(Ask("SELECT * FROM pg_authid", "sqlstate", "plain"), HasSubstr("42501"));
  EXPECT_THAT(Ask("SELECT 1", "sqlstate", "plain"), HasSubstr("00000"));
}

TEST_F(PostgresSteps, TellsTheSqlstateOfBadInputAndOfACancelledStatement) {
  EXPECT_EQ(Ask("SELECT 'x'::int", "sqlstate"), "\"22P02\"");
  EXPECT_EQ(Ask("SELECT $1::uuid", "sqlstate", "", {"no uuid"}), "\"22P02\"");
  ASSERT_TRUE(Sql("SET statement_timeout = '50ms'").ok());
  EXPECT_EQ(Ask("SELECT pg_sleep(15)", "sqlstate"), "\"57014\"");
  EXPECT_EQ(Ask("SELECT pg_sleep(15)", "error"),
            "\"canceling statement due to statement timeout\"");
}

TEST_F(PostgresSteps, TakesErrorsAboutOtherServersForWhatTheyAre) {
  // As a foreign table reports them: libpqxx calls them broken connections.
  const std::string pid = Ask("SELECT pg_backend_pid()");
  for (const std::string state : {"53300", "08001", "08006"}) {
    EXPECT_EQ(Ask("DO $$ BEGIN RAISE EXCEPTION 'mine' USING ERRCODE = '" + state + "'; END $$",
                  "sqlstate"),
              "\"" + state + "\"");
  }
  EXPECT_EQ(Ask("SELECT pg_backend_pid()"), pid);
}

TEST_F(PostgresSteps, LeavesQuestionMarkOperatorsToTheServer) {
  EXPECT_EQ(Ask(R"(SELECT '{"a": 1, "b": null}'::jsonb ? 'b')"), "true");
  EXPECT_EQ(Ask(R"(SELECT '{"a": 1}'::jsonb ? $1)", "value", "", {"z"}), "false");
  EXPECT_EQ(Ask(R"(SELECT '{"a": 1}'::jsonb ?| ARRAY['z', 'a'])"), "true");
  EXPECT_EQ(Ask(R"(SELECT '{"a": 1}'::jsonb ?& $1::text[])", "value", "", {"{a,z}"}), "false");
  EXPECT_EQ(Ask(R"(SELECT '{"a": {"b": [1, 2]}}'::jsonb @> $1::jsonb)", "value", "",
                {R"({"a": {"b": [2]}})"}),
            "true");
  EXPECT_EQ(Ask(R"(SELECT '{"a": {"b": [1, 2]}}'::jsonb #>> '{a,b,1}')"), "\"2\"");
  EXPECT_EQ(Ask(R"(SELECT '{"a": 1}'::jsonb -> 'a')"), "1");
  EXPECT_EQ(Ask(R"(SELECT '{"a": [1, 5]}'::jsonb @? '$.a[*] ? (@ > 4)')"), "true");
  EXPECT_EQ(Ask(R"(SELECT '{"a": [1, 5]}'::jsonb @@ '$.a[0] == 2')"), "false");
}

TEST_F(PostgresSteps, GivesArraysAndBytesAsTheServerWritesThem) {
  EXPECT_EQ(Ask("SELECT ARRAY[1, 2, NULL]"), "\"{1,2,NULL}\"");
  EXPECT_EQ(Value(Sql("SELECT ARRAY['a b', 'c\"d']::text[]"), "value"),
            shared::Describe(shared::Text{R"({"a b","c\"d"})"}));
  EXPECT_EQ(Ask("SELECT ARRAY[[1, 2], [3, 4]]"), "\"{{1,2},{3,4}}\"");
  EXPECT_EQ(Ask("SELECT '\\x00ff10'::bytea"), shared::Describe(shared::Text{"\\x00ff10"}));
  EXPECT_EQ(Ask("SELECT length($1::bytea)", "value", "", {"\\x00ff10"}), "3");
  EXPECT_EQ(Ask("SELECT $1::int[] @> '{2}'", "value", "", {"{1,2,3}"}), "true");
  EXPECT_EQ(Value(Sql(R"(SELECT '{"b": 1, "a": [true, null]}'::jsonb)"), "json", "/a"),
            "[true,null]");
}

TEST_F(PostgresSteps, TellsAMissingFeatureFromAFailure) {
  const auto missing = Sql("CREATE EXTENSION no_such_extension");
  ASSERT_TRUE(missing.ok()) << missing.status();
  EXPECT_TRUE((*missing)->LacksFeature()) << (*missing)->Summary();
  const auto failure = Sql("SELECT 1/0");
  ASSERT_TRUE(failure.ok()) << failure.status();
  EXPECT_FALSE((*failure)->LacksFeature());
}

TEST_F(PostgresSteps, KeepsAStricterStatementTimeoutOfTheServer) {
  ASSERT_TRUE(server_->Exec("ALTER ROLE plain SET statement_timeout = '123ms'").ok());
  url_ = server_->Url("plain", "plain-canary-0815");
  EXPECT_EQ(Ask("SHOW statement_timeout"), "\"123ms\"");
  EXPECT_THAT(Ask("SELECT pg_sleep(20)", "sqlstate"), HasSubstr("57014"));
  ASSERT_TRUE(server_->Exec("ALTER ROLE plain RESET statement_timeout").ok());
}

TEST_F(PostgresSteps, LimitsStatementsOnTheServer) {
  const std::string limit =
      Ask("SELECT setting::int FROM pg_settings WHERE name = "
          "'statement_timeout'");
  EXPECT_GT(std::stoi(limit), 15'000);
  EXPECT_LT(std::stoi(limit), 20'000);
}

TEST_F(PostgresSteps, RefusesAnswersThatAreTooLarge) {
  const auto rows = Sql("SELECT generate_series(1, 1001)");
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kDataLoss) << rows.status();
  EXPECT_THAT(std::string(rows.status().message()), HasSubstr("1001 rows"));
  EXPECT_EQ(Ask("SELECT generate_series(1, 1000)", "rows"), "1000");
  const auto bytes = Sql("SELECT repeat('x', 1024 * 1024 + 1)");
  EXPECT_EQ(bytes.status().code(), absl::StatusCode::kDataLoss) << bytes.status();
}

TEST_F(PostgresSteps, StopsAnAnswerThatWouldFillTheMemory) {
  const auto begin = std::chrono::steady_clock::now();
  const auto flood = Sql("SELECT repeat('x', 1000), generate_series(1, 100000000)");
  EXPECT_EQ(flood.status().code(), absl::StatusCode::kDataLoss) << flood.status();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_TRUE(
      Eventually("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query "
                 "LIKE 'SELECT repeat%'",
                 "0"));
}

TEST_F(PostgresSteps, RefusesCopyOverTheConnection) {
  ASSERT_TRUE(Sql("CREATE TABLE public.t (id int)").ok());
  for (const char* sql : {"COPY public.t TO STDOUT", "COPY public.t FROM STDIN"}) {
    EXPECT_EQ(Sql(sql).status().code(), absl::StatusCode::kInvalidArgument) << sql;
  }
}

TEST_F(PostgresSteps, CutsASessionAndRollsItsTransactionBack) {
  ASSERT_TRUE(Sql("CREATE TABLE public.t (id int)").ok());
  ASSERT_TRUE(Sql("BEGIN", {}, "a").ok());
  ASSERT_TRUE(Sql("INSERT INTO public.t VALUES (1)", {}, "a").ok());
  const std::string before = Ask("SELECT pg_backend_pid()", "value", "a");
  ASSERT_TRUE(Disconnect("a").ok());
  EXPECT_EQ(Ask("SELECT count(*) FROM public.t", "value", "b"), "0");
  EXPECT_NE(Ask("SELECT pg_backend_pid()", "value", "a"), before);
  EXPECT_EQ(Disconnect("never").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(PostgresSteps, MakesAndDropsAScratchSchema) {
  ASSERT_TRUE(server_->Exec("CREATE SCHEMA smoke_x").ok());
  ASSERT_TRUE(server_->Exec("CREATE TABLE smoke_x.left_by_a_dead_agent (id int)").ok());
  ASSERT_TRUE(Sql("CREATE TABLE smoke_x.t (id int)", {}, "a", kLong, "smoke_x").ok());
  ASSERT_TRUE(Sql("INSERT INTO smoke_x.t VALUES (1)", {}, "a", kLong, "smoke_x").ok());
  EXPECT_EQ(Ask("SELECT count(*) FROM smoke_x.t", "value", "b"), "1");
  EXPECT_THAT(Ask("SELECT * FROM smoke_x.left_by_a_dead_agent", "sqlstate"), HasSubstr("42P01"));
  ASSERT_TRUE(runner_->CleanUp(In(kLong)).ok());
  EXPECT_EQ(*server_->Exec("SELECT count(*) FROM pg_namespace WHERE nspname = 'smoke_x'"), "0");
}

TEST_F(PostgresSteps, DropsTheScratchSchemaAfterFailuresAndOpenTransactions) {
  ASSERT_TRUE(Sql("CREATE TABLE smoke_y.t (id int)", {}, "a", kLong, "smoke_y").ok());
  ASSERT_TRUE(Sql("BEGIN", {}, "a").ok());
  ASSERT_TRUE(Sql("LOCK TABLE smoke_y.t IN ACCESS EXCLUSIVE MODE", {}, "a").ok());
  EXPECT_THAT(Ask("SELECT 1/0", "sqlstate", "c"), HasSubstr("22012"));
  const auto blocked = Sql("SELECT * FROM smoke_y.t", {}, "b", std::chrono::milliseconds(300));
  EXPECT_EQ(blocked.status().code(), absl::StatusCode::kDeadlineExceeded) << blocked.status();
  ASSERT_TRUE(runner_->CleanUp(In(kLong)).ok());
  EXPECT_EQ(*server_->Exec("SELECT count(*) FROM pg_namespace WHERE nspname = 'smoke_y'"), "0");
}

TEST_F(PostgresSteps, SaysThatTheScratchSchemaIsLeftWhenSomebodyHoldsIt) {
  ASSERT_TRUE(Sql("CREATE TABLE smoke_z.t (id int)", {}, "a", kLong, "smoke_z").ok());
  const std::unique_ptr<StepRunner> other =
      std::exchange(runner_, PostgresStepRunners(SuperuserPolicy())());
  ASSERT_TRUE(Sql("BEGIN").ok());
  ASSERT_TRUE(Sql("SELECT * FROM smoke_z.t").ok());
  const absl::Status left = other->CleanUp(In(std::chrono::milliseconds(600)));
  EXPECT_FALSE(left.ok());
  EXPECT_THAT(std::string(left.message()),
              StartsWith("the scratch schema \"smoke_z\" may be left on 127.0.0.1:"));
  ASSERT_TRUE(Sql("ROLLBACK").ok());
  EXPECT_TRUE(other->CleanUp(In(kLong)).ok());
  EXPECT_EQ(*server_->Exec("SELECT count(*) FROM pg_namespace WHERE nspname = 'smoke_z'"), "0");
}

TEST_F(PostgresSteps, SaysWhyAScratchSchemaCannotBeMade) {
  url_ = server_->Url("plain", "plain-canary-0815");
  const auto refused = Sql("SELECT 1", {}, "", kLong, "smoke_n");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition) << refused.status();
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("SQLSTATE 42501"));
}

}  // namespace
}  // namespace smokemesh::agent
