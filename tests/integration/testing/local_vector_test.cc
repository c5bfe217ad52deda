// The stand-in for a PostgreSQL with pgvector behaves like one to those who connect.

#include "tests/testing/local_vector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>

#include "tests/testing/local_postgres.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;

class LocalVectorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (LocalPostgres::HasExtension("vector")) {
      GTEST_SKIP() << "the installed PostgreSQL has pgvector: nothing stands in for it here";
    }
    auto server = LocalVector::Launch("s3cret-canary");
    ASSERT_TRUE(server.ok()) << server.status().message();
    server_ = *std::move(server);
    const absl::Status ready = server_->WaitUntilReady();
    ASSERT_TRUE(ready.ok()) << ready.message();
  }

  // The value that `sql` gives to `user`, or the error's text.
  std::string Ask(const std::string& user, const std::string& sql) {
    try {
      pqxx::connection connection(server_->Url(user) + "?connect_timeout=20");
      pqxx::nontransaction transaction(connection);
      const pqxx::result result = transaction.exec(sql);
      return result.empty() ? "" : std::string(result[0][0].c_str());
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  std::unique_ptr<LocalVector> server_;
};

TEST_F(LocalVectorTest, FindsTheNearestNeighbour) {
  EXPECT_EQ(Ask("postgres",
                "CREATE EXTENSION vector; CREATE TABLE t (n int, v vector(3));"
                "INSERT INTO t VALUES (1, '[1,0,0]'), (2, '[0,1,0]'), (3, '[0,0,1]')"),
            "");
  EXPECT_EQ(Ask("postgres", "SELECT n FROM t ORDER BY v <=> '[0.1,0.9,0]' LIMIT 1"), "2");
}

TEST_F(LocalVectorTest, LogsRolesInAndRefusesTheOthers) {
  ASSERT_EQ(
      Ask("postgres",
          "CREATE ROLE plain LOGIN; CREATE ROLE closed; ALTER ROLE plain SET work_mem = '77kB'"),
      "");
  EXPECT_EQ(Ask("plain",
                "SELECT session_user || ' ' || usesuper FROM pg_user"
                " WHERE usename = current_user"),
            "plain false");
  EXPECT_EQ(Ask("plain", "SHOW work_mem"), "77kB") << "what ALTER ROLE … SET says";
  EXPECT_THAT(Ask("plain", "CREATE ROLE another"), HasSubstr("permission denied"));
  EXPECT_THAT(Ask("closed", "SELECT 1"), HasSubstr("not permitted to log in"));
  EXPECT_THAT(Ask("nobody", "SELECT 1"), HasSubstr("does not exist"));
  EXPECT_EQ(Ask("postgres", "SELECT setting = boot_val FROM pg_settings WHERE name = 'work_mem'"),
            "t")
      << "nothing of another client's session stays";
}

TEST_F(LocalVectorTest, WantsThePassword) {
  std::string url = server_->Url("postgres");
  url.replace(url.find("s3cret-canary"), 13, "wrong");
  try {
    pqxx::connection connection(url);
    FAIL() << "let in with a wrong password";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), HasSubstr("password authentication failed"));
  }
}

TEST_F(LocalVectorTest, SecondClientWaitsAndFindsNothingOfTheFirst) {
  std::optional<pqxx::connection> first(server_->Url("postgres"));
  {
    pqxx::nontransaction transaction(*first);
    transaction.exec("CREATE TEMP TABLE mine (a int)");
    transaction.exec("BEGIN");
    transaction.exec("CREATE TABLE half_done (a int)");
  }
  auto second = std::async(std::launch::async, [this] {
    return Ask("postgres",
               "SELECT to_regclass('half_done') IS NULL AND to_regclass('mine') IS NULL");
  });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  first.reset();
  EXPECT_EQ(second.get(), "t");
}

TEST(LocalVector, SaysWhatToDoWhenItIsNotInstalled) {
  ASSERT_EQ(setenv("SMOKEMESH_PGLITE_DIR", "/nowhere", 1), 0);
  const auto server = LocalVector::Launch("x");
  unsetenv("SMOKEMESH_PGLITE_DIR");
  EXPECT_EQ(server.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("run ./dev setup"));
}

}  // namespace
}  // namespace smokemesh::testing
