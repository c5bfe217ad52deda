#ifndef SMOKEMESH_TESTS_PROPERTY_DRIVEN_RUN_H_
#define SMOKEMESH_TESTS_PROPERTY_DRIVEN_RUN_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/run/run_state.h"
#include "tests/property/random_case.h"
#include "tests/property/slow_outcomes.h"

namespace smokemesh::testing {

// A run of the product that is told a case in random order, as an engine would: pairs are sent when
// they are ready, some twice; results come in, some again, some late and contradicting the first.
class DrivenRun {
 public:
  // `state` has no manifest yet.
  DrivenRun(const Case& made, std::unique_ptr<coordinator::RunState> state);

  // Tells the next thing. False when nothing is ready.
  bool Step(SimRandom* random);
  // Aborts all that is open.
  void End();

  coordinator::RunState& state() { return *state_; }
  const Told& told() const { return told_; }
  // What went wrong on the way; empty: nothing.
  const std::string& problem() const { return problem_; }

 private:
  size_t IndexOf(coordinator::PairRef ref) const { return index_[ref.check][ref.pair]; }
  void Send(coordinator::PairRef ref, SimRandom* random);
  void Deliver(const v1::TaskResult& result, bool is_expected);
  void MakeNoise(SimRandom* random);

  const Case& case_;
  std::unique_ptr<coordinator::RunState> state_;
  Told told_;
  std::vector<std::vector<size_t>> index_;  // number of a pair in the case, by check
  std::vector<v1::TaskResult> delivered_;
  std::string problem_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_PROPERTY_DRIVEN_RUN_H_
