#ifndef SMOKEMESH_COORDINATOR_VERDICT_RULE_H_
#define SMOKEMESH_COORDINATOR_VERDICT_RULE_H_

#include <string>

#include "google/protobuf/repeated_field.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What one rule came to.
struct RuleOutcome {
  v1::RuleResult result;
  std::string in_short;  // `1 not passed, limit 1`
  std::string problem;   // why the rule could not be judged; empty when it could
};

// Applies a rule to the checks that are judged. Checks that are open are in the denominator and do
// not count, so that a rule which holds goes on to hold whatever becomes of them.
RuleOutcome ApplyRule(const v1::Rule& rule,
                      const google::protobuf::RepeatedPtrField<v1::CheckRecord>& checks);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_RULE_H_
