#include "coordinator/store/sqlite_schema.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr int64_t kSchemaVersion = 3;
constexpr int64_t kApplicationId = 0x536d4d68;  // "SmMh"

// Names of checks and agents are numbered, so that the unique key of a result is four integers.
// `manifest` is a Run with one CheckRecord, of one Task, for each pair.
constexpr char kSchema[] = R"sql(
  CREATE TABLE run (
    number       INTEGER PRIMARY KEY,
    run_id       TEXT NOT NULL UNIQUE,
    request_id   TEXT NOT NULL UNIQUE,
    plan_name    TEXT NOT NULL,
    create_time  INTEGER NOT NULL,
    request      BLOB NOT NULL,
    manifest     BLOB,
    cancel_reason TEXT NOT NULL,
    final_run    BLOB,
    decision     INTEGER NOT NULL,
    summary      TEXT NOT NULL,
    clean_up     INTEGER NOT NULL DEFAULT 0,
    bake_id      TEXT NOT NULL DEFAULT '',
    round        INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX run_plan ON run (plan_name, decision, number);
  CREATE INDEX run_bake ON run (bake_id, round, number) WHERE bake_id <> '';
  CREATE INDEX run_open ON run (number) WHERE final_run IS NULL;
  CREATE TABLE name (
    number INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE
  );
  CREATE TABLE result (
    run     INTEGER NOT NULL REFERENCES run (number),
    check_  INTEGER NOT NULL REFERENCES name (number),
    agent   INTEGER NOT NULL REFERENCES name (number),
    attempt INTEGER NOT NULL,
    result  BLOB NOT NULL,
    UNIQUE (run, check_, agent, attempt)
  );
  CREATE TABLE outline (
    run     INTEGER PRIMARY KEY REFERENCES run (number),
    outline BLOB NOT NULL
  );
)sql";

// Version 2: runs that clean up after others are told apart without reading their requests.
constexpr char kToVersion2[] = "ALTER TABLE run ADD COLUMN clean_up INTEGER NOT NULL DEFAULT 0";

// Version 3: rounds of a bake are found by it, promoted runs by their plan, with what later runs
// are compared with in few bytes.
constexpr char kToVersion3[] = R"sql(
  ALTER TABLE run ADD COLUMN bake_id TEXT NOT NULL DEFAULT '';
  ALTER TABLE run ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX run_plan ON run (plan_name, decision, number);
  CREATE INDEX run_bake ON run (bake_id, round, number) WHERE bake_id <> '';
  CREATE TABLE outline (
    run     INTEGER PRIMARY KEY REFERENCES run (number),
    outline BLOB NOT NULL
  );
)sql";

// Carries out the scripts and writes down which version they lead to, all or nothing.
absl::Status ChangeTables(SqliteConnection* db, std::initializer_list<const char*> scripts) {
  RETURN_IF_ERROR(db->Execute("BEGIN IMMEDIATE"));
  absl::Status status;
  for (const char* statements : scripts) {
    if (status.ok()) status = db->Execute(statements);
  }
  if (status.ok()) {
    status = db->Execute(absl::StrCat("PRAGMA application_id = ", kApplicationId,
                                      "; PRAGMA user_version = ", kSchemaVersion)
                             .c_str());
  }
  if (status.ok()) status = db->Execute("COMMIT");
  if (!status.ok() && db->in_transaction()) db->Execute("ROLLBACK").IgnoreError();
  return status;
}

absl::Status Refuse(const std::string& path, const std::string& what) {
  return absl::FailedPreconditionError(absl::StrCat("the store ", path, " ", what));
}

// The version of the tables; 0 of an empty database. FAILED_PRECONDITION when they are not
// smokemesh's, or a newer smokemesh's.
absl::StatusOr<int64_t> SchemaOf(SqliteConnection* db, const std::string& path) {
  const absl::StatusOr<int64_t> tables = db->QueryInt("SELECT count(*) FROM sqlite_schema");
  if (absl::IsFailedPrecondition(tables.status())) {
    return Refuse(path, "is not a database of smokemesh: choose another path");
  }
  RETURN_IF_ERROR(tables.status());
  ASSIGN_OR_RETURN(const int64_t application, db->QueryInt("PRAGMA application_id"));
  ASSIGN_OR_RETURN(const int64_t version, db->QueryInt("PRAGMA user_version"));
  const bool empty = *tables == 0 && application == 0 && version == 0;
  if (!empty && application != kApplicationId) {
    return Refuse(path, "is an SQLite database of another program: choose another path");
  }
  if (version > kSchemaVersion) {
    return Refuse(path, absl::StrCat("was written by a newer smokemesh (schema ", version,
                                     ", this one knows ", kSchemaVersion,
                                     "): use that one, or another store"));
  }
  return version;
}

void Sync(const std::filesystem::path& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

}  // namespace

absl::Status MakeStoreFile(const std::string& path) {
  if (path == ":memory:") return absl::OkStatus();
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  std::error_code error;
  std::vector<std::filesystem::path> made;
  for (std::filesystem::path one = folder;
       !std::filesystem::exists(one, error) && one.has_parent_path(); one = one.parent_path()) {
    made.push_back(one);
  }
  if (std::filesystem::create_directories(folder, error)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (error) {
    return Refuse(path,
                  absl::StrCat("cannot be made: folder ", folder.string(), ": ", error.message()));
  }
  // SQLite gives its other files the same mode.
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Refuse(path, absl::StrCat("cannot be opened: ", strerror(errno)));
  close(fd);
  // The names must survive a crash of the machine, as what is in the file does.
  Sync(folder);
  for (const std::filesystem::path& one : made) Sync(one.parent_path());
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenWriter(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteConnection> db, SqliteConnection::Open(path));
  ASSIGN_OR_RETURN(const int64_t version, SchemaOf(db.get(), path));
  // FULL: an acknowledged result survives a power cut. Only this connection writes and checkpoints:
  // SQLite before 3.51.3 can lose commits when two race.
  RETURN_IF_ERROR(
      db->Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                  "PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY"));
  if (version == 0) RETURN_IF_ERROR(ChangeTables(db.get(), {kSchema}));
  if (version == 1) RETURN_IF_ERROR(ChangeTables(db.get(), {kToVersion2, kToVersion3}));
  if (version == 2) RETURN_IF_ERROR(ChangeTables(db.get(), {kToVersion3}));
  return db;
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenReader(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteConnection> db, SqliteConnection::Open(path));
  RETURN_IF_ERROR(db->Execute("PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0"));
  return db;
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenForeignReader(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status file = std::filesystem::status(path, error);
  if (file.type() == std::filesystem::file_type::not_found) {
    return absl::NotFoundError(absl::StrCat("there is no store ", path));
  }
  if (error) return Refuse(path, absl::StrCat("cannot be opened: ", error.message()));
  if (!std::filesystem::is_regular_file(file)) {
    return Refuse(path, "is not a file: expected the SQLite file of a coordinator's --store");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteConnection> db,
                   SqliteConnection::Open(path, SqliteConnection::Access::kRead));
  ASSIGN_OR_RETURN(const int64_t version, SchemaOf(db.get(), path));
  if (version == 0) return Refuse(path, "is empty: no coordinator has used it yet");
  if (version < kSchemaVersion) {
    return Refuse(path,
                  absl::StrCat("was written by an older smokemesh (schema ", version,
                               ", this one reads ", kSchemaVersion,
                               "): a coordinator of this version that is started on it brings it "
                               "up to date, or read it with the version that wrote it"));
  }
  return db;
}

}  // namespace smokemesh::coordinator
