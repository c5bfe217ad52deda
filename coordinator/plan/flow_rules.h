#ifndef SMOKEMESH_COORDINATOR_PLAN_FLOW_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_FLOW_RULES_H_

#include <string>

#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/problem_list.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Reports what is wrong with a `flow` check: its roles, and their steps. `path` is the check's,
// `scope` has the variables that all its steps may use, `timeout` is the check's. A capture is
// known to the later steps of its role, and to `finally`.
void CheckFlow(const v1::Plan& plan, const v1::Check& check, const std::string& path,
               const Scope& scope, shared::Duration timeout, ProblemList* problems);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_FLOW_RULES_H_
