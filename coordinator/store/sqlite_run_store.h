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

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_SQLITE_RUN_STORE_H_
