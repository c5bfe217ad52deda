#include "tests/simulation/swarm.h"

namespace smokemesh::testing {

Swarm::Swarm(SimRandom* random) {
  const auto draw = [random](double most) { return random->Chance(0.5) ? 0.0 : most; };
  replicas = random->Chance(0.45) ? 1 : 2 + random->Below(2);
  services = 1 + random->Below(2);
  agents = 1 + random->Below(3);
  liars = random->Chance(0.3) ? 0.5 : 0;
  old_agents = random->Chance(0.3) ? 0.5 : 0;
  memory_only = draw(0.5);
  twins = random->Chance(0.15) ? 0.5 : 0;
  strangers = random->Chance(0.3) ? 0.4 : 0;
  habits.fails = random->Chance(0.5) ? 0 : 0.05 * random->Below(10);
  habits.odd = draw(0.3);
  habits.hangs = random->Chance(0.2) ? 0.1 : 0;
  habits.rejects = random->Chance(0.2) ? 0.3 : 0;
  habits.forges = draw(0.4);
  habits.drains = random->Chance(0.15) ? 0.1 : 0;

  cuts = draw(0.06);
  half_cuts = draw(0.03);
  silent = draw(0.5);
  clogs = draw(0.04);
  black_holes = draw(0.2);
  latency = random->Chance(0.15)  ? std::chrono::seconds(2)
            : random->Chance(0.2) ? std::chrono::milliseconds(400)
                                  : std::chrono::milliseconds(20);

  agent_crashes = draw(0.04);
  agent_pauses = draw(0.02);
  replica_crashes = draw(0.03);
  replica_pauses = draw(0.04);
  jumps = draw(0.05);
  skew = random->Chance(0.5) ? 0 : random->Chance(0.5) ? 50 : 250;

  store_outages = draw(0.03);
  store_failures = draw(0.6);
  lost_answers = draw(0.4);
  unsynced = draw(0.5);
  slow_store = random->Chance(0.2) ? std::chrono::seconds(2) : std::chrono::milliseconds(10);

  cancels = random->Chance(0.2) ? 0.05 : 0;
}

}  // namespace smokemesh::testing
