#include "coordinator/store/sqlite_run_store.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/contract/run_store/old_schemas.h"
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

std::string Hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

// A file as an older smokemesh left it: a finished run `old` with a result, and an open one.
std::string MakeOldFile(const TempDir& folder, int version) {
  const std::string path = folder.path() / ("v" + std::to_string(version) + ".db");
  Execute(path, version == 1 ? kSchemaVersion1 : kSchemaVersion2);
  const auto insert = [&](const coordinator::StoredRun& run, const std::string& final_run) {
    const bool ended = !final_run.empty();
    Execute(path,
            absl::StrCat("INSERT INTO run (run_id, request_id, plan_name, create_time, request,"
                         " manifest, cancel_reason, final_run, decision, summary",
                         version == 2 ? ", clean_up" : "", ") VALUES ('", run.run_id, "', '",
                         run.request.request_id(), "', '", run.request.plan().name(),
                         "', 1795347030123000000, x'", Hex(run.request.SerializeAsString()),
                         "', NULL, '', ", ended ? "x'" + Hex(final_run) + "'" : "NULL", ", ",
                         ended ? 1 : 0, ", '", ended ? "because" : "", "'",
                         version == 2 ? ", 0" : "", ")")
                .c_str());
  };
  insert(MakeRun("old", "q1"), MakeFinalRun("old", v1::DECISION_PROMOTE).SerializeAsString());
  insert(MakeRun("open", "q2"), "");
  Execute(path, absl::StrCat("INSERT INTO name (name) VALUES ('c'), ('a');"
                             "INSERT INTO result VALUES (1, 1, 2, 1, x'",
                             Hex(MakeResult("old", "c", "a", 1).SerializeAsString()), "')")
                    .c_str());
  return path;
}

class OldFileTest : public ::testing::TestWithParam<int> {};

TEST_P(OldFileTest, IsBroughtUpToDate) {
  const TempDir folder;
  const std::string path = MakeOldFile(folder, GetParam());
  for (int opening = 0; opening < 2; ++opening) {
    const auto opened = OpenSqliteRunStore(path);
    ASSERT_TRUE(opened.ok()) << opened.status();
    RunStore& store = **opened;
    const auto old = store.GetRun("old");
    ASSERT_TRUE(old.ok()) << old.status();
    EXPECT_EQ(old->request.plan().checks(0).name(), "check");
    EXPECT_EQ(old->final_run->verdict().decision(), v1::DECISION_PROMOTE);
    ASSERT_EQ(store.GetResults("old")->size(), 1u);
    ASSERT_EQ(store.LoadOpenRuns()->size(), opening == 0 ? 1u : 3u);
    EXPECT_EQ(store.LoadOpenRuns()->front().run_id, "open");
    const auto promoted =
        store.ListRuns({.plan_name = "plan-of-old", .decision = v1::DECISION_PROMOTE});
    ASSERT_EQ(promoted->size(), 1u);
    const auto outlines = store.GetOutlines("plan-of-old", v1::DECISION_PROMOTE, 10);
    ASSERT_EQ(outlines->size(), 1u);
    EXPECT_EQ(outlines->front().run_id(), "old");
    EXPECT_EQ(promoted->front().bake_id(), "");
    EXPECT_EQ(promoted->front().round(), 0);
    EXPECT_FALSE(promoted->front().clean_up());
    if (opening > 0) continue;
    coordinator::StoredRun round = MakeRun("new", "q3");
    round.request.mutable_options()->mutable_round()->set_bake_id("b");
    round.request.mutable_options()->mutable_round()->set_number(4);
    ASSERT_TRUE(Put(&store, round).ok());
    coordinator::StoredRun cleaning = MakeRun("cleaning", "q4");
    cleaning.request.mutable_options()->add_clean_runs()->set_run_id("old");
    ASSERT_TRUE(Put(&store, cleaning).ok());
    EXPECT_EQ(store.ListRuns({.bake_id = "b", .round = 4})->size(), 1u);
    EXPECT_TRUE(store.ListRuns({.limit = 1})->front().clean_up());
  }
}

TEST_P(OldFileTest, IsNotBroughtUpToDateByReading) {
  const TempDir folder;
  const std::string path = MakeOldFile(folder, GetParam());
  const auto reader = coordinator::OpenSqliteRunReader(path);
  EXPECT_TRUE(absl::IsFailedPrecondition(reader.status()));
  EXPECT_THAT(std::string(reader.status().message()),
              HasSubstr("was written by an older smokemesh (schema " + std::to_string(GetParam()) +
                        ", this one reads 3)"));
  // An old coordinator could still use it.
  Execute(path, "INSERT INTO name (name) VALUES ('later')");
}

INSTANTIATE_TEST_SUITE_P(Versions, OldFileTest, ::testing::Values(1, 2),
                         [](const auto& version) { return std::to_string(version.param); });

// ---- Reading while a coordinator writes ------------------------------------------------------

std::string ReadError(const std::string& path) {
  const auto reader = coordinator::OpenSqliteRunReader(path);
  EXPECT_FALSE(reader.ok());
  return std::string(reader.status().message());
}

TEST(SqliteRunReaderTest, SeesWhatACoordinatorCommitsMeanwhile) {
  const TempDir folder;
  const std::string path = folder.path() / "runs.db";
  const auto store = OpenSqliteRunStore(path);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(Put(store->get(), MakeRun("r1", "q1")).ok());
  const auto reader = coordinator::OpenSqliteRunReader(path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->ListRuns({})->size(), 1u);
  EXPECT_TRUE((*reader)->GetResults("r1")->empty());
  ASSERT_TRUE(Append(store->get(), {MakeResult("r1", "c", "a", 1)}).ok());
  ASSERT_TRUE(Put(store->get(), MakeRun("r2", "q2")).ok());
  EXPECT_EQ((*reader)->GetResults("r1")->size(), 1u);
  EXPECT_EQ((*reader)->ListRuns({})->size(), 2u);
  EXPECT_EQ((*reader)->GetRun("r2")->run_id, "r2");
  EXPECT_EQ((*reader)->FindByRequestId("q2")->run_id, "r2");
  EXPECT_TRUE(absl::IsNotFound((*reader)->GetRun("r3").status()));
}

TEST(SqliteRunReaderTest, LeavesTheFileAsItIs) {
  const TempDir folder;
  const std::string path = folder.path() / "runs.db";
  {
    const auto store = OpenSqliteRunStore(path);
    ASSERT_TRUE(Put(store->get(), MakeRun("r1", "q1")).ok());
  }
  // As a coordinator that was killed leaves it: with commits that are in the log only.
  std::filesystem::copy_file(path, folder.path() / "killed.db");
  {
    const auto store = OpenSqliteRunStore(path);
    ASSERT_TRUE(Put(store->get(), MakeRun("r2", "q2")).ok());
    std::filesystem::copy_file(path + "-wal", folder.path() / "killed.db-wal");
  }
  const auto bytes_of = [](const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string killed = folder.path() / "killed.db";
  const std::string before = bytes_of(killed);
  const std::string log = bytes_of(killed + "-wal");
  ASSERT_GT(log.size(), 0u);
  {
    const auto reader = coordinator::OpenSqliteRunReader(killed);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ((*reader)->ListRuns({})->size(), 2u);
  }
  EXPECT_EQ(bytes_of(killed), before);
  EXPECT_EQ(bytes_of(killed + "-wal"), log);
  EXPECT_FALSE(std::filesystem::exists(killed + ".lock"));
  const auto store = OpenSqliteRunStore(killed);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->ListRuns({})->size(), 2u);
}

TEST(SqliteRunReaderTest, SaysWhatIsWrongWithAPathAndMakesNothing) {
  const TempDir folder;
  const std::string missing = folder.path() / "sub" / "runs.db";
  EXPECT_TRUE(absl::IsNotFound(coordinator::OpenSqliteRunReader(missing).status()));
  EXPECT_THAT(ReadError(missing), HasSubstr("there is no store " + missing));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "sub"));
  EXPECT_THAT(ReadError(folder.path()), HasSubstr("is not a file"));
  EXPECT_THAT(ReadError(folder.Write("notes.txt", std::string(5000, 'x'))),
              HasSubstr("is not a database of smokemesh"));
  EXPECT_THAT(ReadError(folder.Write("empty.db", "")), HasSubstr("is empty"));
  EXPECT_THAT(ReadError(""), HasSubstr("needs a path"));
  EXPECT_THAT(ReadError(":memory:"), HasSubstr("has no records"));
  const std::string url = ReadError("postgresql://u:secret-word@host/db");
  EXPECT_THAT(url, HasSubstr("is a URL"));
  EXPECT_EQ(url.find("secret-word"), std::string::npos);
  const std::string other = folder.path() / "other.db";
  Execute(other, "CREATE TABLE customers (id INTEGER)");
  EXPECT_THAT(ReadError(other), HasSubstr("another program"));
  const std::string newer = folder.path() / "newer.db";
  ASSERT_TRUE(OpenSqliteRunStore(newer).ok());
  Execute(newer, "PRAGMA user_version = 99");
  EXPECT_THAT(ReadError(newer), HasSubstr("newer smokemesh (schema 99"));
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
