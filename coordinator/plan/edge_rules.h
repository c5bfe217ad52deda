#ifndef SMOKEMESH_COORDINATOR_PLAN_EDGE_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_EDGE_RULES_H_

#include <string>

#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/problem_list.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Reports what is wrong with an `edges` check: its edges, and what each asks. `path` is the
// check's, `scope` has the variables that all its steps may use, `timeout` is the check's. What an
// edge asks follows the rules for steps of the check that it becomes.
void CheckEdges(const v1::Plan& plan, const v1::Check& check, const std::string& path,
                const Scope& scope, shared::Duration timeout, ProblemList* problems);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_EDGE_RULES_H_
