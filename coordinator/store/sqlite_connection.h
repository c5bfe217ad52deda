#ifndef SMOKEMESH_COORDINATOR_STORE_SQLITE_CONNECTION_H_
#define SMOKEMESH_COORDINATOR_STORE_SQLITE_CONNECTION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace smokemesh::coordinator {

// One connection to an SQLite database, with its prepared statements. Not thread-safe. Errors carry
// the path and SQLite's own words.
class SqliteConnection {
 public:
  enum class Access { kReadAndWrite, kRead };

  // `path` is a file that exists, or `:memory:`. With kRead nothing in the database can be changed,
  // not even by a checkpoint.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(
      const std::string& path, Access access = Access::kReadAndWrite);

  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Runs statements that return nothing of interest.
  absl::Status Execute(const char* sql);

  // First column of the first row.
  absl::StatusOr<int64_t> QueryInt(const char* sql);

  // Whether a transaction is open. A COMMIT that failed may have ended it.
  bool in_transaction() const;

 private:
  friend class SqliteQuery;
  SqliteConnection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}

  absl::Status Error(int code) const;

  sqlite3* const db_;
  const std::string path_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

// One use of a prepared statement. The first error is kept and returned by Step.
class SqliteQuery {
 public:
  // `sql` is one of few texts: its statement stays prepared. Two uses of the same text must not
  // overlap.
  SqliteQuery(SqliteConnection* connection, const char* sql);
  ~SqliteQuery();
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;

  // Parameters, from 1. Texts and blobs must live until the query ends.
  SqliteQuery& Int(int index, int64_t value);
  SqliteQuery& Text(int index, std::string_view value);
  SqliteQuery& Blob(int index, std::string_view value);
  SqliteQuery& Null(int index);

  // Goes to the next row; false when there is none.
  absl::StatusOr<bool> Step();
  // For statements without rows.
  absl::Status Run();

  // Columns of the row, from 0.
  int64_t Int(int column) const;
  std::string Bytes(int column) const;
  bool IsNull(int column) const;

 private:
  void Keep(int code);

  SqliteConnection& connection_;
  sqlite3_stmt* statement_ = nullptr;
  absl::Status status_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_SQLITE_CONNECTION_H_
