#ifndef SMOKEMESH_TESTS_PLATFORM_DATABASE_H_
#define SMOKEMESH_TESTS_PLATFORM_DATABASE_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smokemesh::platform {

// A row by column name; SQL NULL is nothing.
using Row = std::map<std::string, std::optional<std::string>>;

struct Rows {
  std::vector<Row> rows;
  size_t affected = 0;
};

// The statements of one transaction.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // Runs one statement with $1, $2, … Errors: ALREADY_EXISTS for unique violations,
  // FAILED_PRECONDITION for foreign keys, OUT_OF_RANGE for CHECK and NOT NULL, PERMISSION_DENIED,
  // UNAVAILABLE when the connection is gone, INTERNAL otherwise. The message has PostgreSQL's
  // text, which names the constraint.
  virtual absl::StatusOr<Rows> Run(std::string_view sql,
                                   const std::vector<std::optional<std::string>>& params) = 0;
  absl::StatusOr<Rows> Run(std::string_view sql) { return Run(sql, {}); }

  // The work is rolled back at its end although it succeeded: how a lost commit looks.
  virtual void Discard() = 0;
};

struct DatabaseOptions {
  std::string url;
  std::string application_name;
  size_t max_connections = 8;
  // Sets the context of row-level security for the session and only when a connection is new.
  bool session_context = false;
};

// A small pool of connections to PostgreSQL. Thread-safe. A statement is cancelled by the server
// after 4 s; a watchdog cuts the connection of a transaction that takes more than 6 s, so that a
// frozen server costs no thread.
class Database {
 public:
  explicit Database(DatabaseOptions options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs `work` in one transaction and commits if it returns OK. `user_id` becomes
  // `app.current_user_id` for this transaction; empty for nobody. Waits up to 2 s for a connection.
  absl::Status Run(const std::string& user_id,
                   const std::function<absl::Status(Transaction&)>& work);

  // Whether the database answers a query.
  absl::Status Ping();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_DATABASE_H_
