#ifndef SMOKEMESH_TESTS_SIMULATION_RANDOM_PLAN_H_
#define SMOKEMESH_TESTS_SIMULATION_RANDOM_PLAN_H_

#include "smokemesh/v1/run_service.pb.h"
#include "tests/simulation/sim_random.h"
#include "tests/simulation/swarm.h"

namespace smokemesh::testing {

// A valid request for a run over the swarm's services, named `s0`, `s1`, ….
v1::CreateRunRequest RandomRequest(SimRandom* random, const Swarm& swarm);

// A policy of up to five rules over the selectors that the slow judge understands.
v1::Policy RandomPolicy(SimRandom* random);

// Adds rules of every other kind: what means HOLD, what is tolerated, all limits, rounds.
void AddMoreRules(SimRandom* random, v1::Policy* policy);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_RANDOM_PLAN_H_
