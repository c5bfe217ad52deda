#ifndef SMOKEMESH_COORDINATOR_PLAN_PLAN_SCHEMA_H_
#define SMOKEMESH_COORDINATOR_PLAN_PLAN_SCHEMA_H_

#include <string>

namespace smokemesh::coordinator {

// The JSON Schema (draft 2020-12) of a plan as it is written in YAML, for editors: made from the
// descriptors of plan.proto, with its comments as descriptions. Indented, ends with a newline.
std::string PlanSchema();

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_PLAN_SCHEMA_H_
