#ifndef SMOKEMESH_COORDINATOR_PLAN_VARIABLE_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_VARIABLE_RULES_H_

#include <google/protobuf/map.h>

#include <string>

#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/problem_list.h"

namespace smokemesh::coordinator {

using VariableMap = google::protobuf::Map<std::string, std::string>;

// Reports what is wrong with `variables` and adds their names to `scope`, which has those from
// around them. Each may use the others, but not in a circle. `around` are the plan's variables when
// these are a check's, else null.
void CheckVariables(const VariableMap& variables, const VariableMap* around,
                    const std::string& path, const std::string& where, Scope* scope,
                    ProblemList* problems);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_VARIABLE_RULES_H_
