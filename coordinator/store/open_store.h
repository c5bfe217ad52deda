#ifndef SMOKEMESH_COORDINATOR_STORE_OPEN_STORE_H_
#define SMOKEMESH_COORDINATOR_STORE_OPEN_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "coordinator/store/lease_store.h"
#include "coordinator/store/run_store.h"

namespace smokemesh::coordinator {

// What `--store` names: `postgresql://…` or `postgres://…` is a database that several coordinators
// share, anything else the path of an SQLite file (`:memory:`: none) that one process has.

// Whether coordinators share the store, so that its holder needs a lease.
bool IsSharedStore(std::string_view spec);

// Opens it to write. `epoch` is that of the lease; it counts only for a shared store. Errors as of
// OpenSqliteRunStore and OpenPostgresRunStore.
absl::StatusOr<std::unique_ptr<RunStore>> OpenRunStore(const std::string& spec, uint64_t epoch = 0);

// Opens it to read, while coordinators may write. Errors as of OpenSqliteRunReader and
// OpenPostgresRunReader.
absl::StatusOr<std::unique_ptr<RunReader>> OpenRunReader(const std::string& spec);

// The lease of a shared store. INVALID_ARGUMENT for any other.
absl::StatusOr<std::unique_ptr<LeaseStore>> OpenLeaseStore(const std::string& spec);

// `spec` for people: without a password.
std::string StoreForPeople(std::string_view spec);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_OPEN_STORE_H_
