#ifndef SMOKEMESH_COORDINATOR_VERDICT_RULE_TEXT_H_
#define SMOKEMESH_COORDINATOR_VERDICT_RULE_TEXT_H_

#include <string>
#include <string_view>

#include "coordinator/verdict/rule_count.h"
#include "coordinator/verdict/rule_limit.h"

namespace smokemesh::coordinator {

// The words in which rules and tolerances explain themselves.

// `1 check`, `2 checks`.
std::string CountOf(size_t count, std::string_view noun);

// `more than 20% of 47 checks not passed`, `at least 1 of 3 suites over target`.
std::string LimitText(const Limit& limit, int denominator);

// `10 of 47 (21.3%)`.
std::string ValueText(int counted, int denominator);

// `10 of 47 not passed (21.3%), limit 20%`, `1 flaky, limit 1`.
std::string InShort(const Limit& limit, int counted, int denominator);

// What else would have made a rule come out the other way, exactly, with the checks that there are:
// `would not hold with 1 failure fewer`, `would hold with 3 failures more`. Says so when nothing
// would have, and why.
std::string RuleWhatIf(const Limit& limit, const RuleCount& count);

// The same of a tolerance: `would tolerate them with 1 failure fewer`, `would tolerate none with 2
// failures more`.
std::string ToleranceWhatIf(const Limit& limit, const RuleCount& count);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_RULE_TEXT_H_
