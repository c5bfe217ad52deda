#ifndef SMOKEMESH_COORDINATOR_PLAN_STEP_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_STEP_RULES_H_

#include <string>

#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/problem_list.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Reports what is wrong with the kind and the steps of a check: `path` is its path, `scope` has the
// variables that its first step may use, `timeout` is the check's.
void CheckSteps(const v1::Plan& plan, const v1::Check& check, const std::string& path, Scope scope,
                shared::Duration timeout, ProblemList* problems);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_STEP_RULES_H_
