#ifndef SMOKEMESH_COORDINATOR_VERDICT_RULE_H_
#define SMOKEMESH_COORDINATOR_VERDICT_RULE_H_

#include <string>

#include "coordinator/verdict/verdict.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What one rule came to.
struct RuleOutcome {
  v1::RuleResult result;
  std::string in_short;  // `1 not passed, limit 1`
  std::string problem;   // why the rule could not be judged; empty when it could
};

// Applies a rule of `effect` ROLLBACK or HOLD to the checks that are judged. A rule that holds goes
// on to hold whatever becomes of the checks that are open.
RuleOutcome ApplyRule(const v1::Rule& rule, v1::RuleEffect effect, const Evidence& evidence);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_RULE_H_
