#ifndef SMOKEMESH_TESTS_SIMULATION_SIMULATOR_H_
#define SMOKEMESH_TESTS_SIMULATION_SIMULATOR_H_

#include <cstdint>
#include <map>
#include <string>

#include "tests/simulation/mutant.h"

namespace smokemesh::testing {

// What one simulation came to.
struct SimReport {
  std::string violation;  // empty: every invariant held
  int checks = 0;         // of invariants
  int runs = 0;           // that ended
  int clean_ups = 0;      // of these, that only cleaned up
  int rounds = 0;         // of these, that were rounds of a bake
  int fail_fast = 0;      // of these, that fail-fast ended
  int limited = 0;        // of these, with a limit of their own on what runs at once
  int shadows = 0;        // shadow checks in them
  int results = 0;        // stored
  int crashes = 0;        // of the coordinator
  int restarts = 0;       // of agents
  int cuts = 0;           // of streams
  int store_failures = 0;
  std::map<std::string, int> decisions;
};

// Lets one coordinator and a few agents live through a few minutes of bad luck: streams cut with
// what was on them, told to one side, both or none; results that come twice; agents that crash,
// hang, reject, drain and lie; a store that is slow, fails, or loses what it had not committed; a
// coordinator that crashes and takes up what was committed; a wall clock that jumps. Then the
// faults stop, and every run must have ended. One thread, no real time: the same seed does the
// same.
SimReport Simulate(uint64_t seed, Mutant mutant = Mutant::kNone);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_SIMULATOR_H_
