#ifndef SMOKEMESH_TESTS_E2E_AURA_PLAN_H_
#define SMOKEMESH_TESTS_E2E_AURA_PLAN_H_

#include <set>
#include <string>
#include <vector>

namespace smokemesh::testing {

// A check of deploy/plans/aura.yaml, without what it does.
struct AuraCheck {
  std::string name;
  std::string suite;
  std::set<std::string> tags;
};

// All of them, in the plan's order.
std::vector<AuraCheck> AuraChecks();

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_E2E_AURA_PLAN_H_
