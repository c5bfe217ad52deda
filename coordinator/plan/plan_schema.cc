#include "coordinator/plan/plan_schema.h"

namespace smokemesh::coordinator {

std::string PlanSchema() { return "{}\n"; }

}  // namespace smokemesh::coordinator
