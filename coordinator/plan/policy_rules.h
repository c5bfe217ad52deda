#ifndef SMOKEMESH_COORDINATOR_PLAN_POLICY_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_POLICY_RULES_H_

#include "coordinator/plan/problem_list.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Reports what is wrong with `policy` for the checks of `plan`; null is the default policy, of
// which only some rules need to fit. Above all, a policy by which the plan could never roll back.
// Fields have paths below `policy`.
void CheckPolicy(const v1::Plan& plan, const v1::Policy* policy, ProblemList* problems);

// Fills in the defaults of a policy.
void ApplyPolicyDefaults(v1::Policy* policy);

// The policy of plans that have none: more than 20% of the smoke checks, any critical check, any
// database transaction check, or all service checks did not pass; in a plan with edges, also one
// service that is cut off.
v1::Policy DefaultPolicy(const v1::Plan& plan);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_POLICY_RULES_H_
