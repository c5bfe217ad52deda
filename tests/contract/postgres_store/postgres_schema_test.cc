#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "coordinator/store/open_store.h"
#include "tests/contract/postgres_store/postgres_place.h"

namespace smokemesh::testing {
namespace {

using coordinator::OpenLeaseStore;
using coordinator::OpenRunReader;
using coordinator::OpenRunStore;
using ::testing::HasSubstr;

void Execute(const std::string& sql) {
  const auto done = SharedPostgres().Exec(sql);
  ASSERT_TRUE(done.ok()) << done.status();
}

TEST(PostgresSchemaTest, ManyProcessesMakeItAtOnce) {
  const std::string url = UrlOf(NewSchema());
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      const auto store = OpenRunStore(url, 1);
      EXPECT_TRUE(store.ok()) << store.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(PostgresSchemaTest, SchemasAreStoresOfTheirOwn) {
  PostgresPlace one, other;
  const auto store = one.Open();
  ASSERT_TRUE(Put(store.get(), MakeRun("r1", "q1")).ok());
  EXPECT_TRUE(other.Open()->ListRuns({})->empty());
}

TEST(PostgresSchemaTest, RefusesAnotherProgramsTables) {
  const std::string schema = NewSchema();
  Execute("CREATE SCHEMA " + schema);
  Execute("CREATE TABLE " + schema + ".customers (id integer)");
  const auto store = OpenRunStore(UrlOf(schema), 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("another program"));
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenLeaseStore(UrlOf(schema)).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenRunReader(UrlOf(schema)).status()));
}

TEST(PostgresSchemaTest, RefusesANewerVersion) {
  const std::string schema = NewSchema();
  ASSERT_TRUE(OpenRunStore(UrlOf(schema), 1).ok());
  Execute("UPDATE " + schema + ".schema_version SET version = 99");
  const auto store = OpenRunStore(UrlOf(schema), 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("newer smokemesh (version 99"));
}

TEST(PostgresSchemaTest, AnInterruptedChangeLeavesNothingHalfDone) {
  const std::string schema = NewSchema();
  // The role may make the schema, but something of that name stands in its way: the last table.
  Execute("CREATE SCHEMA " + schema);
  Execute("CREATE SEQUENCE " + schema + ".outline");
  EXPECT_FALSE(OpenRunStore(UrlOf(schema), 1).ok());
  EXPECT_EQ(*SharedPostgres().Exec("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = "
                                   "c.relnamespace WHERE nspname = '" +
                                   schema + "' AND relkind = 'r'"),
            "0");
  Execute("DROP SEQUENCE " + schema + ".outline");
  EXPECT_TRUE(OpenRunStore(UrlOf(schema), 1).ok());
}

TEST(PostgresSchemaTest, ARoleNeedsNoMoreThanItsOwnSchema) {
  const std::string schema = NewSchema();
  Execute("CREATE ROLE modest LOGIN PASSWORD 'modest-canary'");
  const std::string url = SharedPostgres().Url("modest", "modest-canary") + "?schema=" + schema;
  const auto refused = OpenRunStore(url, 1);
  EXPECT_TRUE(absl::IsPermissionDenied(refused.status())) << refused.status();
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("AUTHORIZATION the role"));
  Execute("CREATE SCHEMA " + schema + " AUTHORIZATION modest");
  const auto leases = OpenLeaseStore(url);
  ASSERT_TRUE(leases.ok()) << leases.status();
  const auto store = OpenRunStore(url, TakeLease(leases->get(), "a"));
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE(Put(store->get(), MakeRun("r1", "q1")).ok());
  EXPECT_TRUE(Append(store->get(), {MakeResult("r1", "c", "a", 1)}).ok());
  EXPECT_TRUE((*leases)->Release(1).ok());
}

TEST(PostgresReaderTest, ReadsWhileACoordinatorWritesAndMakesNothing) {
  const std::string schema = NewSchema();
  const auto missing = OpenRunReader(UrlOf(schema));
  EXPECT_TRUE(absl::IsNotFound(missing.status())) << missing.status();
  EXPECT_EQ(
      *SharedPostgres().Exec("SELECT count(*) FROM pg_namespace WHERE nspname = '" + schema + "'"),
      "0");
  const auto leases = OpenLeaseStore(UrlOf(schema));
  const auto store = OpenRunStore(UrlOf(schema), TakeLease(leases->get(), "a"));
  ASSERT_TRUE(Put(store->get(), MakeRun("r1", "q1")).ok());
  // SELECT is all that a reader needs.
  Execute("CREATE ROLE looks LOGIN PASSWORD 'x'");
  Execute("GRANT USAGE ON SCHEMA " + schema + " TO looks");
  Execute("GRANT SELECT ON ALL TABLES IN SCHEMA " + schema + " TO looks");
  const auto reader = OpenRunReader(SharedPostgres().Url("looks", "x") + "?schema=" + schema);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->ListRuns({})->size(), 1u);
  ASSERT_TRUE(Append(store->get(), {MakeResult("r1", "c", "a", 1)}).ok());
  EXPECT_EQ((*reader)->GetResults("r1")->size(), 1u);
  Execute("UPDATE " + schema + ".schema_version SET version = 0");
  const auto older = OpenRunReader(UrlOf(schema));
  EXPECT_TRUE(absl::IsFailedPrecondition(older.status())) << older.status();
}

TEST(OpenStoreTest, TellsADatabaseFromAPath) {
  EXPECT_TRUE(coordinator::IsSharedStore("postgresql://h/db"));
  EXPECT_TRUE(coordinator::IsSharedStore("postgres://h/db"));
  EXPECT_FALSE(coordinator::IsSharedStore("/var/lib/postgresql://x"));
  EXPECT_FALSE(coordinator::IsSharedStore("runs.db"));
  EXPECT_FALSE(coordinator::IsSharedStore(""));
  EXPECT_TRUE(OpenRunStore(":memory:").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(OpenLeaseStore("runs.db").status()));
  EXPECT_EQ(coordinator::StoreForPeople("postgresql://u:canary@h/db"), "postgresql://u:***@h/db");
  EXPECT_EQ(coordinator::StoreForPeople("runs.db"), "runs.db");
  // Another database's URL is no path.
  EXPECT_TRUE(absl::IsInvalidArgument(OpenRunStore("mysql://u:canary@h/db").status()));
}

}  // namespace
}  // namespace smokemesh::testing
