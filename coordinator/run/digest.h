#ifndef SMOKEMESH_COORDINATOR_RUN_DIGEST_H_
#define SMOKEMESH_COORDINATOR_RUN_DIGEST_H_

#include <string>

#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// SHA-256 of the plan in its deterministic binary form, in lower-case hex. Where its checks stand
// in a file is left out: the same plan has the same digest wherever it was read from. Pure.
std::string PlanDigest(const v1::Plan& plan);

// The same of the policy alone.
std::string PolicyDigest(const v1::Policy& policy);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_DIGEST_H_
