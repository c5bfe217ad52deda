#include "coordinator/store/pqxx_lease_store.h"

#include "absl/status/status.h"

namespace smokemesh::coordinator {

absl::StatusOr<std::unique_ptr<LeaseStore>> OpenPostgresLeaseStore(const std::string&) {
  return absl::UnimplementedError("PostgreSQL stores are not there yet");
}

}  // namespace smokemesh::coordinator
