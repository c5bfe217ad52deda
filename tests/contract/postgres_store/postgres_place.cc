#include "tests/contract/postgres_store/postgres_place.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "coordinator/store/pqxx_lease_store.h"
#include "coordinator/store/pqxx_run_store.h"

namespace smokemesh::testing {

LocalPostgres& SharedPostgres() {
  static const std::unique_ptr<LocalPostgres> server = [] {
    auto started = LocalPostgres::Start();
    if (!started.ok()) {
      std::cerr << started.status() << "\n";
      std::abort();
    }
    return *std::move(started);
  }();
  return *server;
}

std::string NewSchema() {
  static std::atomic<int> number{0};
  return "test_" + std::to_string(++number);
}

std::string UrlOf(const std::string& schema) {
  return SharedPostgres().Url() + "?schema=" + schema;
}

uint64_t TakeLease(coordinator::LeaseStore* leases, const std::string& holder,
                   shared::Duration ttl) {
  while (true) {
    const auto lease = leases->Acquire(holder, "127.0.0.1:1", ttl);
    EXPECT_TRUE(lease.ok()) << lease.status();
    if (!lease.ok()) return 0;
    if (lease->holder == holder) return lease->epoch;
    leases->AwaitChange(lease->remaining);
  }
}

PostgresPlace::PostgresPlace() : url_(UrlOf(NewSchema())) {
  auto leases = coordinator::OpenPostgresLeaseStore(url_);
  EXPECT_TRUE(leases.ok()) << leases.status();
  leases_ = *std::move(leases);
  epoch_ = TakeLease(leases_.get(), "first");
}

std::unique_ptr<coordinator::RunStore> PostgresPlace::Open(uint64_t epoch) {
  auto store = coordinator::OpenPostgresRunStore(url_, epoch);
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

uint64_t PostgresPlace::LoseLease() {
  EXPECT_TRUE(leases_->Release(epoch_).ok());
  return TakeLease(leases_.get(), "second");
}

}  // namespace smokemesh::testing
