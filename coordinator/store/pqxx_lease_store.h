#ifndef SMOKEMESH_COORDINATOR_STORE_PQXX_LEASE_STORE_H_
#define SMOKEMESH_COORDINATOR_STORE_PQXX_LEASE_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/store/lease_store.h"

namespace smokemesh::coordinator {

// The lease on the PostgreSQL database at `url`, which is as for OpenPostgresRunStore. Makes the
// tables if they are missing.
//
// A server that does not answer is no error here: every call tries again, and says UNAVAILABLE
// until it is there. Otherwise the errors of OpenPostgresRunStore: waiting does not help. Takes 5 s
// at most.
//
// Acquire whose answer was lost may have taken the lease: asked again by the same holder, it
// returns the lease that this holder has. AwaitChange connects when it must, and takes 5 s then if
// the server is away, however little it was told to wait.
absl::StatusOr<std::unique_ptr<LeaseStore>> OpenPostgresLeaseStore(const std::string& url);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_PQXX_LEASE_STORE_H_
