#include "coordinator/store/open_store.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "coordinator/store/pqxx_lease_store.h"
#include "coordinator/store/pqxx_run_store.h"
#include "coordinator/store/sqlite_run_store.h"
#include "shared/redactor.h"

namespace smokemesh::coordinator {

bool IsSharedStore(std::string_view spec) {
  return spec.starts_with("postgresql://") || spec.starts_with("postgres://");
}

absl::StatusOr<std::unique_ptr<RunStore>> OpenRunStore(const std::string& spec, uint64_t epoch) {
  return IsSharedStore(spec) ? OpenPostgresRunStore(spec, epoch) : OpenSqliteRunStore(spec);
}

absl::StatusOr<std::unique_ptr<RunReader>> OpenRunReader(const std::string& spec) {
  return IsSharedStore(spec) ? OpenPostgresRunReader(spec) : OpenSqliteRunReader(spec);
}

absl::StatusOr<std::unique_ptr<LeaseStore>> OpenLeaseStore(const std::string& spec) {
  if (IsSharedStore(spec)) return OpenPostgresLeaseStore(spec);
  return absl::InvalidArgumentError(
      absl::StrCat("the store \"", StoreForPeople(spec),
                   "\" is not shared by coordinators: expected postgresql://…"));
}

std::string StoreForPeople(std::string_view spec) { return shared::WithoutCredentials(spec); }

}  // namespace smokemesh::coordinator
