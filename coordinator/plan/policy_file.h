#ifndef SMOKEMESH_COORDINATOR_PLAN_POLICY_FILE_H_
#define SMOKEMESH_COORDINATOR_PLAN_POLICY_FILE_H_

#include <string_view>
#include <vector>

#include "coordinator/plan/plan_loader.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// A policy read from YAML, with its defaults.
struct LoadedPolicy {
  v1::Policy policy;
  std::vector<Problem> problems;  // empty: it can be used
};

// Reads a policy to judge `plan` by: a document that is a policy (`rollback:` and so on at the
// top), one with nothing but `policy:`, or a whole plan, of which only the policy is read (the
// default one when it has none). Checked against the checks of `plan` as the plan's own policy
// would be. The limits of plan files hold.
LoadedPolicy LoadPolicy(std::string_view yaml, std::string_view file, const v1::Plan& plan);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_POLICY_FILE_H_
