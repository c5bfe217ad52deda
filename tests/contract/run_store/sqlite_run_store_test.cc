#include "coordinator/store/sqlite_run_store.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "tests/contract/run_store/run_store_contract.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {
namespace {

using coordinator::OpenSqliteRunStore;
using coordinator::RunStore;
using ::testing::HasSubstr;

class SqlitePlace final : public StorePlace {
 public:
  explicit SqlitePlace(bool in_memory) : in_memory_(in_memory) {}

  std::unique_ptr<RunStore> Open() override {
    auto store = OpenSqliteRunStore(in_memory_ ? ":memory:" : folder_.path() / "new" / "runs.db");
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

 private:
  const bool in_memory_;
  TempDir folder_;
};

INSTANTIATE_TEST_SUITE_P(
    Sqlite, RunStoreContract,
    ::testing::Values(StoreKind{"File", true, [] { return std::make_unique<SqlitePlace>(false); }},
                      StoreKind{"Memory", false,
                                [] { return std::make_unique<SqlitePlace>(true); }}),
    [](const ::testing::TestParamInfo<StoreKind>& kind) { return kind.param.name; });

std::string OpenError(const std::string& path) {
  const auto store = OpenSqliteRunStore(path);
  EXPECT_FALSE(store.ok());
  return std::string(store.status().message());
}

void Execute(const std::string& path, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

TEST(SqliteRunStoreTest, ASecondStoreOnTheSameFileSaysWhoHasIt) {
  const TempDir folder;
  const std::string path = folder.path() / "runs.db";
  auto first = OpenSqliteRunStore(path);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = OpenSqliteRunStore(path);
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("in use by process " + std::to_string(getpid())));
  first->reset();
  EXPECT_TRUE(OpenSqliteRunStore(path).ok());
}

TEST(SqliteRunStoreTest, FilesAreForTheirOwnerOnly) {
  const TempDir folder;
  const auto store = OpenSqliteRunStore(folder.path() / "sub" / "runs.db");
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE(Put(store->get(), MakeRun("r1", "q1")).ok());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "sub")) {
    struct stat info = {};
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777u, 0600u) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 3);  // database, write-ahead log, lock
  struct stat info = {};
  ASSERT_EQ(stat((folder.path() / "sub").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0700u);
}

TEST(SqliteRunStoreTest, RefusesAFileThatIsNoDatabase) {
  const TempDir folder;
  const std::string path = folder.Write("notes.txt", std::string(5000, 'x'));
  EXPECT_THAT(OpenError(path), HasSubstr("is not a database of smokemesh"));
  // And leaves it as it is.
  std::ifstream file(path);
  EXPECT_EQ(file.get(), 'x');
  EXPECT_EQ(std::filesystem::file_size(path), 5000u);
}

TEST(SqliteRunStoreTest, RefusesAnotherProgramsDatabase) {
  const TempDir folder;
  const std::string path = folder.path() / "other.db";
  Execute(path, "CREATE TABLE customers (id INTEGER)");
  EXPECT_THAT(OpenError(path), HasSubstr("another program"));
}

TEST(SqliteRunStoreTest, RefusesANewerSchema) {
  const TempDir folder;
  const std::string path = folder.path() / "runs.db";
  ASSERT_TRUE(OpenSqliteRunStore(path).ok());
  Execute(path, "PRAGMA user_version = 99");
  EXPECT_THAT(OpenError(path), HasSubstr("newer smokemesh (schema 99"));
}

TEST(SqliteRunStoreTest, TakesAFileOfTheFirstSchemaOver) {
  const TempDir folder;
  const std::string path = folder.path() / "runs.db";
  {
    const auto store = OpenSqliteRunStore(path);
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE(Put(store->get(), MakeRun("r1", "q1")).ok());
  }
  Execute(path, "ALTER TABLE run DROP COLUMN clean_up; PRAGMA user_version = 1");
  const auto store = OpenSqliteRunStore(path);
  ASSERT_TRUE(store.ok()) << store.status();
  coordinator::StoredRun cleaning = MakeRun("r2", "q2");
  cleaning.request.mutable_options()->add_clean_runs()->set_run_id("r1");
  ASSERT_TRUE(Put(store->get(), cleaning).ok());
  const auto runs = (*store)->ListRuns({.limit = 10});
  ASSERT_TRUE(runs.ok()) << runs.status();
  ASSERT_EQ(runs->size(), 2u);
  EXPECT_TRUE((*runs)[0].clean_up());
  EXPECT_FALSE((*runs)[1].clean_up());
}

TEST(SqliteRunStoreTest, SaysWhyAFileCannotBeMade) {
  const TempDir folder;
  const std::string file = folder.Write("file", "x");
  EXPECT_THAT(OpenError(file + "/sub/runs.db"), HasSubstr("Not a directory"));
  EXPECT_THAT(OpenError(""), HasSubstr("needs a path"));
  const std::string url = OpenError("postgresql://u:secret-word@host/db");
  EXPECT_THAT(url, HasSubstr("expected the path of an SQLite file"));
  EXPECT_EQ(url.find("secret-word"), std::string::npos);
}

TEST(SqliteRunStoreTest, AFailedCommitIsNotAcknowledgedAndTheStoreGoesOn) {
  const TempDir folder;
  const std::string path = folder.path() / "runs.db";
  const auto store = OpenSqliteRunStore(path);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(Put(store->get(), MakeRun("r1", "q1")).ok());
  // A trigger stands in for a disk that fails in the middle of a transaction.
  Execute(path,
          "CREATE TRIGGER broken BEFORE INSERT ON result WHEN NEW.attempt = 2 "
          "BEGIN SELECT RAISE(ABORT, 'no space'); END");
  const absl::Status failed =
      Append(store->get(), {MakeResult("r1", "c", "a", 1), MakeResult("r1", "c", "a", 2)});
  EXPECT_FALSE(failed.ok());
  EXPECT_THAT(std::string(failed.message()), HasSubstr("no space"));
  EXPECT_TRUE((*store)->LoadOpenRuns()->front().results.empty());
  EXPECT_TRUE(Append(store->get(), {MakeResult("r1", "c", "a", 3)}).ok());
  EXPECT_EQ((*store)->LoadOpenRuns()->front().results.size(), 1u);
}

}  // namespace
}  // namespace smokemesh::testing
