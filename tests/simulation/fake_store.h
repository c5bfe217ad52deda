#ifndef SMOKEMESH_TESTS_SIMULATION_FAKE_STORE_H_
#define SMOKEMESH_TESTS_SIMULATION_FAKE_STORE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/store/run_store.h"

namespace smokemesh::testing {

// A store that keeps what was committed and nothing else. When a write is carried out, and whether,
// is the simulator's to say.
class FakeStore {
 public:
  absl::Status PutRun(const coordinator::StoredRun& run);
  void AppendResults(const std::vector<v1::TaskResult>& results);

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

 private:
  std::map<std::string, coordinator::StoredRun> runs_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_FAKE_STORE_H_
