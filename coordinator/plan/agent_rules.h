#ifndef SMOKEMESH_COORDINATOR_PLAN_AGENT_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_AGENT_RULES_H_

#include <string>

#include "coordinator/plan/problem_list.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Reports what is wrong with a selector of agents. `path` is its path, `where` names what it is
// `on` of: `check "login"`.
void CheckOn(const v1::Selector& on, const std::string& path, const std::string& where,
             ProblemList* problems);

// Reports what is wrong with `on` and `quorum` of a check.
void CheckAgentsOf(const v1::Check& check, const std::string& path, const std::string& where,
                   ProblemList* problems);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_AGENT_RULES_H_
