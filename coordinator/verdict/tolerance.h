#ifndef SMOKEMESH_COORDINATOR_VERDICT_TOLERANCE_H_
#define SMOKEMESH_COORDINATOR_VERDICT_TOLERANCE_H_

#include <string>
#include <vector>

#include "coordinator/verdict/verdict.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What one tolerance came to.
struct ToleranceOutcome {
  v1::RuleResult result;
  // Checks that it tolerates: all that count, or none. Point into the evidence.
  std::vector<const v1::CheckRecord*> tolerated;
  std::string problem;  // why it could not be judged; empty when it could
};

// Applies a tolerance. It holds when there is something to tolerate and that is within the limit;
// while a check that it selects is open it does not, since more could fail. Critical checks are
// passed over as if it did not select them.
ToleranceOutcome ApplyTolerance(const v1::Tolerance& tolerance, const Evidence& evidence);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_TOLERANCE_H_
