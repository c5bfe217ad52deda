#ifndef SMOKEMESH_TESTS_SIMULATION_SLOW_JUDGE_H_
#define SMOKEMESH_TESTS_SIMULATION_SLOW_JUDGE_H_

#include <string>
#include <vector>

#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::testing {

// The law once more, written another way: by enumeration and whole numbers, without a line of the
// product. What it and the product disagree on is a bug in one of them.

// Selectors that the slow judge understands; tests use no others.
const std::vector<std::string>& SlowSelectors();

// The decision over checks that are all decided, and over those that are not: unspecified unless it
// is ROLLBACK. Ratios of rules must be whole thousandths.
v1::Decision SlowJudge(const std::vector<v1::CheckRecord>& checks, const v1::Policy& policy);

// The outcome of a check: tries out every way in which the open pairs could still end, and answers
// only when all of them agree.
v1::Outcome SlowQuorum(const std::vector<v1::Outcome>& outcomes, const std::string& quorum);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_SLOW_JUDGE_H_
