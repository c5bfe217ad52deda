#ifndef SMOKEMESH_COORDINATOR_PLAN_PLAN_VALIDATOR_H_
#define SMOKEMESH_COORDINATOR_PLAN_PLAN_VALIDATOR_H_

#include <string_view>
#include <vector>

#include "coordinator/plan/plan_loader.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Returns everything that is wrong with a plan, in file order; empty means that nothing later needs
// to validate again. `positions` may be empty (a plan that came over gRPC); then problems carry the
// field's path instead of a place. Pure.
std::vector<Problem> ValidatePlan(const v1::Plan& plan, const Positions& positions,
                                  std::string_view file);

// All problems of a plan that was read from a file: those of reading it, and those of its content
// as far as they do not merely follow from what could not be read. Pure.
std::vector<Problem> LintPlan(const LoadedPlan& loaded, std::string_view file);

// Fills in every default that plan.proto names: policy, timeouts, connections, methods, sessions,
// step names. Call once, on a valid plan.
void ApplyDefaults(v1::Plan* plan);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_PLAN_VALIDATOR_H_
