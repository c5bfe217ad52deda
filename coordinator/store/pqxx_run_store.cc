#include "coordinator/store/pqxx_run_store.h"

#include "absl/status/status.h"

namespace smokemesh::coordinator {

absl::StatusOr<std::unique_ptr<RunStore>> OpenPostgresRunStore(const std::string&, uint64_t) {
  return absl::UnimplementedError("PostgreSQL stores are not there yet");
}

absl::StatusOr<std::unique_ptr<RunReader>> OpenPostgresRunReader(const std::string&) {
  return absl::UnimplementedError("PostgreSQL stores are not there yet");
}

}  // namespace smokemesh::coordinator
