#ifndef SMOKEMESH_COORDINATOR_STORE_SQLITE_RUN_STORE_H_
#define SMOKEMESH_COORDINATOR_STORE_SQLITE_RUN_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/store/run_store.h"

namespace smokemesh::coordinator {

// Opens the SQLite file at `path`, and makes it and its folder if they are not there (mode 0600 and
// 0700). `:memory:` keeps everything in memory until the store is destroyed.
//
// FAILED_PRECONDITION, with what to do, when another process has it open, when it is not a store of
// smokemesh, or when a newer smokemesh wrote it. Not for network file systems.
//
// Destruction carries out what is queued first.
absl::StatusOr<std::unique_ptr<RunStore>> OpenSqliteRunStore(const std::string& path);

// Opens the SQLite file at `path` to read it. A coordinator may have it open and go on writing:
// each call sees what is committed by then. Nothing is made, changed or brought up to date.
//
// NOT_FOUND when there is no such file. FAILED_PRECONDITION, with what to do, when it is not a
// store of smokemesh or another version wrote it. The user must be able to write to its folder, as
// SQLite keeps its locks there.
absl::StatusOr<std::unique_ptr<RunReader>> OpenSqliteRunReader(const std::string& path);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_SQLITE_RUN_STORE_H_
