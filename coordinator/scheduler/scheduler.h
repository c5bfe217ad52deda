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
  // Of a flow: its agents wait for each other.
  enum class Flow {
    kNone,
    kTogether,  // none of its pairs is under way: all start together, or none
    kJoins,     // the others wait for it: it needs no place
  };
  Flow flow = Flow::kNone;
};

// What is running in the run. A flow counts once, however many agents take part.
struct RunLoad {
  int in_flight = 0;
  int max_in_flight = 0;
  std::optional<size_t> exclusive_check;  // the check that runs alone now
};

// What starts now, and which agents' places are kept free for a flow that waits for others.
struct Start {
  std::vector<ReadyPair> pairs;
  std::vector<std::string> kept_free;  // one place each; an agent may be there twice
};

// Which of the ready pairs may start now, in the order given (plan order). Pure.
//
// An agent gets at most `free_slots(agent)` pairs, a run holds at most `max_in_flight`. An
// exclusive check starts when nothing else of the run is in flight and nothing else can start; the
// pairs of that one check may then run side by side on their agents.
//
// A flow starts on all its agents at once or not at all, so no two flows ever hold what the other
// one waits for. While all its agents are there and some are busy, nothing that comes after it in
// the order takes the places that it will need: it starts when what is under way now has ended.
// `free_slots` is negative for an agent that is not there.
Start PairsToStart(const std::vector<ReadyPair>& ready, const RunLoad& load,
                   const std::function<int(std::string_view)>& free_slots);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SCHEDULER_SCHEDULER_H_
