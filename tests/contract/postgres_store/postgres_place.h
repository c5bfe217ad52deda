#ifndef SMOKEMESH_TESTS_CONTRACT_POSTGRES_STORE_POSTGRES_PLACE_H_
#define SMOKEMESH_TESTS_CONTRACT_POSTGRES_STORE_POSTGRES_PLACE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "coordinator/store/lease_store.h"
#include "tests/contract/run_store/run_store_contract.h"
#include "tests/testing/local_postgres.h"

namespace smokemesh::testing {

// The server of the whole test program. Tests must leave it running.
LocalPostgres& SharedPostgres();

// A name that no other test of this program uses.
std::string NewSchema();

// The shared server's URL with this schema.
std::string UrlOf(const std::string& schema);

// Takes the lease, waiting for an earlier one to end, and returns its epoch.
uint64_t TakeLease(coordinator::LeaseStore* leases, const std::string& holder,
                   shared::Duration ttl = std::chrono::minutes(10));

// A schema of its own, and a lease on it.
class PostgresPlace final : public StorePlace {
 public:
  PostgresPlace();
  std::unique_ptr<coordinator::RunStore> Open() override { return Open(epoch_); }
  std::unique_ptr<coordinator::RunStore> Open(uint64_t epoch);

  const std::string& url() const { return url_; }
  coordinator::LeaseStore& leases() { return *leases_; }
  uint64_t epoch() const { return epoch_; }
  // Ends the lease and takes it for somebody else. Returns the new epoch.
  uint64_t LoseLease();

 private:
  const std::string url_;
  std::unique_ptr<coordinator::LeaseStore> leases_;
  uint64_t epoch_ = 0;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_CONTRACT_POSTGRES_STORE_POSTGRES_PLACE_H_
