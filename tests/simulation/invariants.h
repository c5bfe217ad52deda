#ifndef SMOKEMESH_TESTS_SIMULATION_INVARIANTS_H_
#define SMOKEMESH_TESTS_SIMULATION_INVARIANTS_H_

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "coordinator/run/engine.h"
#include "tests/simulation/fake_store.h"

namespace smokemesh::testing {

// What must hold whatever happens. Watches a simulation from outside and keeps the first violation.
class Invariants {
 public:
  explicit Invariants(const FakeStore* store) : store_(*store) {}

  // An agent truly came to this result.
  void OnProduced(const v1::TaskResult& result);
  // A stream of this incarnation of an agent was opened; an agent sent this batch on it.
  void OnSession(const std::string& session_id, const std::string& incarnation);
  void OnBatch(const std::string& session_id, const v1::Results& batch);
  // The store commits.
  void OnAppend(const std::vector<v1::TaskResult>& results);
  void OnFinal(const coordinator::StoredRun& run);
  // The coordinator starts, without memory.
  void OnCoordinatorStart() { finished_.clear(); }
  // The coordinator asks for an effect. `engine` is asked for its reasons.
  void OnEffect(const coordinator::Effect& effect, const coordinator::Engine& engine,
                const shared::Instant& now);
  // Somebody asks for the run.
  void OnRead(const v1::Run& run);
  // The record of a run that has ended makes the same verdict again.
  void ExpectVerified(const coordinator::StoredRun& run);
  // A run should have ended by now.
  void OnOverdue(const std::string& run_id);

  const std::string& violation() const { return violation_; }
  // Checks that have been made: a simulation in which nothing happens proves nothing.
  int checks() const { return checks_; }

 private:
  using ResultKey = std::tuple<std::string, std::string, std::string, int>;

  void Expect(bool holds, const std::string& what);
  void OnAck(const std::string& session_id, uint64_t up_to, const coordinator::Engine& engine,
             const shared::Instant& now);
  void OnAssignment(const v1::Assignment& assignment, const coordinator::Engine& engine,
                    const shared::Instant& now);
  void ExpectTarget(const v1::Assignment& assignment, const v1::CleanUpTarget& target);
  void OnVerdict(const std::string& run_id, const v1::Verdict& verdict);
  void ExpectEvidence(const coordinator::StoredRun& run, const v1::CheckRecord& check);
  void ExpectLaw(const coordinator::StoredRun& run);
  void ExpectSameInAnyOrder(const coordinator::StoredRun& run);

  const FakeStore& store_;
  std::string violation_;
  int checks_ = 0;
  std::map<ResultKey, std::set<v1::Outcome>> produced_;
  std::map<std::string, std::string> incarnations_;                 // by session
  std::map<std::string, std::map<uint64_t, v1::Results>> batches_;  // by incarnation
  std::map<std::string, uint64_t> acknowledged_;                    // by incarnation
  std::map<std::string, v1::Decision> final_;                       // by run
  std::set<std::string> finished_;  // runs that watchers know to be over
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_INVARIANTS_H_
