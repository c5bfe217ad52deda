#ifndef SMOKEMESH_COORDINATOR_SCHEDULER_SCHEDULER_H_
#define SMOKEMESH_COORDINATOR_SCHEDULER_SCHEDULER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smokemesh::coordinator {

// A pair of a run's manifest, by its place: check in plan order, pair within the check.
struct PairRef {
  size_t check = 0;
  size_t pair = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the comparison's 0 for a pointer.
  friend auto operator<=>(const PairRef&, const PairRef&) = default;
};

// A pair that waits, and whose check's needs are met.
struct ReadyPair {
  PairRef ref;
  std::string agent_id;
  bool exclusive = false;  // its check must run alone
};

// What is running in the run.
struct RunLoad {
  int in_flight = 0;
  int max_in_flight = 0;
  std::optional<size_t> exclusive_check;  // the check that runs alone now
};

// Which of the ready pairs may start now, in the order given (plan order). Pure.
//
// An agent gets at most `free_slots(agent)` pairs, a run holds at most `max_in_flight`. An
// exclusive check starts when nothing else of the run is in flight and nothing else can start; the
// pairs of that one check may then run side by side on their agents.
std::vector<ReadyPair> PairsToStart(const std::vector<ReadyPair>& ready, const RunLoad& load,
                                    const std::function<int(std::string_view)>& free_slots);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SCHEDULER_SCHEDULER_H_
