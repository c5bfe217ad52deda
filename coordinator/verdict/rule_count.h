#ifndef SMOKEMESH_COORDINATOR_VERDICT_RULE_COUNT_H_
#define SMOKEMESH_COORDINATOR_VERDICT_RULE_COUNT_H_

#include <string>
#include <vector>

#include "coordinator/plan/selection.h"
#include "coordinator/verdict/rule_limit.h"
#include "coordinator/verdict/verdict.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What a rule or tolerance is over, and what of it counts. Evidence that is still to come can only
// add to `counted` and take from `denominator` (a check that turns out SKIPPED), never the other
// way round: so a limit of a rule that is crossed stays crossed.
struct RuleCount {
  std::vector<std::string> counted;            // names of checks, suites or services, in plan order
  std::vector<const v1::CheckRecord*> checks;  // the checks of these names; empty for others
  int denominator = 0;                         // what a ratio is over
  int selected = 0;                            // judged checks that the selector names
  int open = 0;                                // of them, not decided yet
  int could = 0;                               // of the denominator, did not count and could have
  std::string first_evidence;                  // one line; empty when nothing counts
};

// Which checks a selector names.
enum class Scope { kAll, kNotCritical };

// Counts for a limit. Checks that are open are in the denominator and do not count.
RuleCount CountFor(const Limit& limit, const Selection& selection, Scope scope,
                   const Evidence& evidence);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_RULE_COUNT_H_
