#ifndef SMOKEMESH_TESTS_CONTRACT_RUN_STORE_RUN_STORE_CONTRACT_H_
#define SMOKEMESH_TESTS_CONTRACT_RUN_STORE_RUN_STORE_CONTRACT_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/store/run_store.h"

namespace smokemesh::testing {

// A place for stores. Each opens what the one before it has left, if the kind keeps anything.
class StorePlace {
 public:
  virtual ~StorePlace() = default;
  virtual std::unique_ptr<coordinator::RunStore> Open() = 0;
};

struct StoreKind {
  std::string name;
  bool keeps = true;  // what was written is there after the store was closed
  std::function<std::unique_ptr<StorePlace>()> make_place;
};

// What every RunStore promises. Instantiate it for each implementation.
class RunStoreContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  RunStoreContract() : place_(GetParam().make_place()), store_(place_->Open()) {}

  // Closes the store and opens it again.
  void Reopen() {
    store_.reset();
    store_ = place_->Open();
  }

  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<coordinator::RunStore> store_;
};

// A run with a plan of one check.
coordinator::StoredRun MakeRun(const std::string& run_id, const std::string& request_id);
v1::TaskResult MakeResult(const std::string& run_id, const std::string& check,
                          const std::string& agent, int attempt);
v1::Run MakeFinalRun(const std::string& run_id, v1::Decision decision);

// Write and wait for the answer.
absl::Status Put(coordinator::RunStore* store, coordinator::StoredRun run);
absl::Status Append(coordinator::RunStore* store, std::vector<v1::TaskResult> results);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_CONTRACT_RUN_STORE_RUN_STORE_CONTRACT_H_
