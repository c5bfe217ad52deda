#include "coordinator/store/sqlite_connection.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

// No other process writes to the file, but a reader may hold up a checkpoint.
constexpr int kBusyTimeoutMs = 5000;

absl::StatusCode CodeFor(int code) {
  switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return absl::StatusCode::kFailedPrecondition;
    case SQLITE_CORRUPT:
      return absl::StatusCode::kDataLoss;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path,
                                                                         Access access) {
  sqlite3* db = nullptr;
  // Each connection has one user at a time. No URI: a path is a path.
  const int flags = SQLITE_OPEN_NOMUTEX |
                    (access == Access::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    (path == ":memory:" ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(db, path));
  if (code != SQLITE_OK) return connection->Error(code);
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  // The last connection to close would write the log back, even one that only read.
  if (access == Access::kRead) {
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

absl::Status SqliteConnection::Error(int code) const {
  // The handle's message says more than the code's, if it is about this very error.
  const char* message = db_ != nullptr && sqlite3_extended_errcode(db_) == code
                            ? sqlite3_errmsg(db_)
                            : sqlite3_errstr(code);
  return absl::Status(CodeFor(code),
                      absl::StrCat("store ", path_, ": ", message, " (SQLite error ", code, ")"));
}

absl::Status SqliteConnection::Execute(const char* sql) {
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code);
}

absl::StatusOr<int64_t> SqliteConnection::QueryInt(const char* sql) {
  SqliteQuery query(this, sql);
  ASSIGN_OR_RETURN(const bool row, query.Step());
  return row ? query.Int(0) : 0;
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

SqliteQuery::SqliteQuery(SqliteConnection* connection, const char* sql) : connection_(*connection) {
  const auto found = connection_.statements_.find(sql);
  if (found != connection_.statements_.end()) {
    statement_ = found->second;
    return;
  }
  Keep(sqlite3_prepare_v3(connection_.db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_,
                          nullptr));
  if (statement_ != nullptr) connection_.statements_.emplace(sql, statement_);
}

SqliteQuery::~SqliteQuery() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void SqliteQuery::Keep(int code) {
  if (code != SQLITE_OK && status_.ok()) status_ = connection_.Error(code);
}

SqliteQuery& SqliteQuery::Int(int index, int64_t value) {
  if (statement_ != nullptr) Keep(sqlite3_bind_int64(statement_, index, value));
  return *this;
}

SqliteQuery& SqliteQuery::Text(int index, std::string_view value) {
  if (statement_ != nullptr) {
    Keep(sqlite3_bind_text64(statement_, index, value.data() == nullptr ? "" : value.data(),
                             value.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  return *this;
}

SqliteQuery& SqliteQuery::Blob(int index, std::string_view value) {
  if (statement_ != nullptr) {
    // A null pointer would bind NULL.
    Keep(sqlite3_bind_blob64(statement_, index, value.empty() ? "" : value.data(), value.size(),
                             SQLITE_STATIC));
  }
  return *this;
}

SqliteQuery& SqliteQuery::Null(int index) {
  if (statement_ != nullptr) Keep(sqlite3_bind_null(statement_, index));
  return *this;
}

absl::StatusOr<bool> SqliteQuery::Step() {
  if (!status_.ok()) return status_;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_.Error(code);
}

absl::Status SqliteQuery::Run() { return Step().status(); }

int64_t SqliteQuery::Int(int column) const { return sqlite3_column_int64(statement_, column); }

std::string SqliteQuery::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr || size <= 0) return std::string();
  return std::string(static_cast<const char*>(data), static_cast<size_t>(size));
}

bool SqliteQuery::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

}  // namespace smokemesh::coordinator
