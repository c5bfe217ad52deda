#ifndef SMOKEMESH_TESTS_SIMULATION_FAKE_STORE_H_
#define SMOKEMESH_TESTS_SIMULATION_FAKE_STORE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/store/lease_store.h"
#include "coordinator/store/run_store.h"
#include "tests/simulation/mutant.h"

namespace smokemesh::testing {

// A store that keeps what was committed and nothing else. When a write is carried out, and whether,
// is the simulator's to say.
class FakeStore {
 public:
  explicit FakeStore(Mutant mutant) : mutant_(mutant) {}

  // As RunStore has them. With several coordinators each write names its epoch.
  absl::Status PutRun(coordinator::StoredRun run, uint64_t epoch);
  absl::Status AppendResults(const std::vector<v1::TaskResult>& results, uint64_t epoch);

  // As LeaseStore has them. `now` is the store's clock, `caller` that of who asks.
  coordinator::Lease Acquire(const std::string& holder, const std::string& address,
                             shared::Duration ttl, shared::SteadyTime now,
                             shared::SteadyTime caller);
  coordinator::Lease Renew(uint64_t epoch, shared::Duration ttl, shared::SteadyTime now);
  void Release(uint64_t epoch, shared::SteadyTime now);
  uint64_t epoch() const { return epoch_; }

  // Null when it was never committed. `results` are in the order of their commits.
  const coordinator::StoredRun* Find(const std::string& run_id) const;
  const std::map<std::string, coordinator::StoredRun>& runs() const { return runs_; }
  std::vector<coordinator::StoredRun> OpenRuns() const;

  // The result with this key; null when it is not committed.
  const v1::TaskResult* FindResult(const std::string& run_id, const std::string& check,
                                   const std::string& agent_id, int attempt) const;
  // The result of the pair that was committed first.
  const v1::TaskResult* FirstResult(const std::string& run_id, const std::string& check,
                                    const std::string& agent_id) const;

  // What went wrong in the store itself; empty: nothing. Its own rules, looked at from outside.
  const std::string& violation() const { return violation_; }

 private:
  bool IsFenced(uint64_t epoch, bool is_final) const;
  coordinator::Lease Current(shared::SteadyTime now) const;
  void Violate(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }

  const Mutant mutant_;
  std::map<std::string, coordinator::StoredRun> runs_;
  uint64_t epoch_ = 0;
  std::string holder_;
  std::string address_;
  shared::SteadyTime lease_until_{};
  shared::SteadyTime caller_until_{};  // the same on the holder's clock
  std::string violation_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_FAKE_STORE_H_
