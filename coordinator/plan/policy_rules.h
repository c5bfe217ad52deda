#ifndef SMOKEMESH_COORDINATOR_PLAN_POLICY_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_POLICY_RULES_H_

#include "coordinator/plan/problem_list.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Reports what is wrong with the policy that the plan itself has; a plan may have none.
void CheckPolicy(const v1::Plan& plan, ProblemList* problems);

// The policy of plans that have none: more than 20% of the smoke checks, any critical check, any
// database transaction check, or all service checks did not pass.
v1::Policy DefaultPolicy();

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_POLICY_RULES_H_
