#ifndef SMOKEMESH_COORDINATOR_STORE_SQLITE_SCHEMA_H_
#define SMOKEMESH_COORDINATOR_STORE_SQLITE_SCHEMA_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/store/sqlite_connection.h"

namespace smokemesh::coordinator {

// Makes the file at `path` and its folder if they are not there. Nothing to do for `:memory:`.
absl::Status MakeStoreFile(const std::string& path);

// Opens the connection that writes, and makes the tables in an empty database. FAILED_PRECONDITION
// when the file is not smokemesh's, or a newer smokemesh's.
absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenWriter(const std::string& path);

// Opens a connection that can only read. After OpenWriter.
absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenReader(const std::string& path);

// Opens a store that a coordinator may have open, and changes nothing in it. NOT_FOUND when there
// is no such file; FAILED_PRECONDITION when it is not smokemesh's, or when another version's tables
// are in it.
absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenForeignReader(const std::string& path);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_SQLITE_SCHEMA_H_
