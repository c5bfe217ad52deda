#ifndef SMOKEMESH_COORDINATOR_PLAN_NEEDS_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_NEEDS_RULES_H_

#include "coordinator/plan/problem_list.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Reports what is wrong with the `needs` of all checks: unknown names, circles, and needs that can
// never be met or that would make what does not count decide about what does.
void CheckNeeds(const v1::Plan& plan, ProblemList* problems);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_NEEDS_RULES_H_
