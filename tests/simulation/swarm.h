#ifndef SMOKEMESH_TESTS_SIMULATION_SWARM_H_
#define SMOKEMESH_TESTS_SIMULATION_SWARM_H_

#include "shared/clock.h"
#include "tests/simulation/sim_random.h"

namespace smokemesh::testing {

// How the agents of one simulation behave.
struct AgentHabits {
  double fails = 0;    // a check fails
  double odd = 0;      // a liar's result is FLAKY, ERRORED, SKIPPED or nothing that is allowed
  double hangs = 0;    // a task never reports
  double rejects = 0;  // an assignment is rejected
  double forges = 0;   // a liar's batch holds a result of another agent's pair
  double drains = 0;   // a task makes the agent drain
};

// How much goes wrong, drawn anew for each seed: every seed is calm in some respects, so that
// faults meet in all combinations. Chances of faults are for each half second of the storm and each
// process, agent or stream.
struct Swarm {
  explicit Swarm(SimRandom* random);

  // The mesh.
  int replicas = 1;  // more than one: they share the store by a lease
  int services = 1;
  int agents = 1;
  double liars = 0;        // an agent is hostile
  double old_agents = 0;   // an agent is of the release before: it names no feature
  double memory_only = 0;  // an agent has no spool
  double twins = 0;        // a second process has the name of the agent
  double strangers = 0;    // an agent stands beside another version than the run judges
  AgentHabits habits;

  // The network.
  double cuts = 0;
  double half_cuts = 0;    // only one direction is dead, and nobody is told
  double silent = 0;       // a side is not told that a stream was cut
  double clogs = 0;        // swizzle-clog: nodes stop to hear or to speak one by one
  double black_holes = 0;  // a connection attempt is not answered
  shared::Duration latency{};

  // Processes and their clocks.
  double agent_crashes = 0;
  double agent_pauses = 0;
  double replica_crashes = 0;
  double replica_pauses = 0;
  double jumps = 0;  // a wall clock jumps
  int skew = 0;      // steady clocks run so many thousandths too fast or too slow, at most

  // The store.
  double store_outages = 0;   // one replica loses it
  double store_failures = 0;  // a write fails while the store is unwell
  double lost_answers = 0;    // of these, that were carried out all the same
  double unsynced = 0;        // what an agent keeps is lost if it dies soon
  shared::Duration slow_store{};

  // People.
  double cancels = 0;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_SWARM_H_
