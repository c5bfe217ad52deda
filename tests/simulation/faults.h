#ifndef SMOKEMESH_TESTS_SIMULATION_FAULTS_H_
#define SMOKEMESH_TESTS_SIMULATION_FAULTS_H_

#include <memory>
#include <vector>

#include "tests/simulation/agent_node.h"
#include "tests/simulation/replica.h"

namespace smokemesh::testing {

// What goes wrong while the storm lasts. Twice a second something may; afterwards everything that
// is down comes up again, and nothing goes wrong any more.
class Faults {
 public:
  Faults(Mesh* mesh, std::vector<std::unique_ptr<Replica>>* replicas,
         std::vector<std::unique_ptr<AgentNode>>* agents, World* world)
      : world_(*world), mesh_(*mesh), replicas_(*replicas), agents_(*agents) {}

  // Half a second of bad luck.
  void Strike();
  // The storm is over.
  void Heal();

 private:
  void StrikeStreams();
  void StrikeReplicas();
  void StrikeAgents();
  // Nodes stop to hear or to speak, one after the other, and begin again in another order.
  void SwizzleClog();

  World& world_;
  Mesh& mesh_;
  std::vector<std::unique_ptr<Replica>>& replicas_;
  std::vector<std::unique_ptr<AgentNode>>& agents_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_FAULTS_H_
