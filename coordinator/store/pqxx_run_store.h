#ifndef SMOKEMESH_COORDINATOR_STORE_PQXX_RUN_STORE_H_
#define SMOKEMESH_COORDINATOR_STORE_PQXX_RUN_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/store/run_store.h"

namespace smokemesh::coordinator {

// Opens the runs in the PostgreSQL database at `url` for the holder of the lease with `epoch`
// (OpenPostgresLeaseStore). Makes and brings up to date the tables that are missing.
//
// `postgresql://user:password@host:port/database?parameter=value`, with libpq's parameters and
// `schema=NAME` for another schema than `smokemesh`. Several hosts are tried in turn for the one
// that can be written to.
//
// INVALID_ARGUMENT for a bad URL; UNAUTHENTICATED and PERMISSION_DENIED when the server refuses the
// role; FAILED_PRECONDITION, with what to do, when the schema is another program's or was written
// by a newer smokemesh; UNAVAILABLE when the server does not answer within 5 s. No error holds the
// password.
//
// While the server is away, reads and writes fail with UNAVAILABLE after 5 s at most, and work
// again as soon as it is back. A write that failed so may have been carried out all the same, if
// only its answer was lost: write it again, that changes nothing then.
//
// Destruction carries out what is queued first, if the server answers.
absl::StatusOr<std::unique_ptr<RunStore>> OpenPostgresRunStore(const std::string& url,
                                                               uint64_t epoch);

// The same to read only, whoever holds the lease. NOT_FOUND when no coordinator has used the
// database; nothing is made or brought up to date.
absl::StatusOr<std::unique_ptr<RunReader>> OpenPostgresRunReader(const std::string& url);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_PQXX_RUN_STORE_H_
