#ifndef SMOKEMESH_TESTS_SIMULATION_SIMULATOR_H_
#define SMOKEMESH_TESTS_SIMULATION_SIMULATOR_H_

#include <cstdint>

#include "tests/simulation/mutant.h"
#include "tests/simulation/sim_report.h"

namespace smokemesh::testing {

// Lets a small mesh live through a minute of bad luck: one coordinator, or up to three that share a
// store by a lease, made of the product's engine and leadership; agents made of the product's
// session, beside some that lie; people who want runs. Streams are cut, told to both sides, to one
// or to none, die in one direction, stall and clog; processes crash, stop for longer than their
// lease, leave and come back, with what they had not synced lost; two of them claim to be one
// agent; the store is slow, full, gone, or does what it is asked and does not say so; clocks run at
// different speeds and jump. Then the faults stop, everything must heal by itself, and every run
// must have ended. One thread, no real time: the same seed does the same. `trace`: prints what
// coordinators take and ask for.
SimReport Simulate(uint64_t seed, Mutant mutant = Mutant::kNone, bool trace = false);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_SIMULATOR_H_
