#ifndef SMOKEMESH_TESTS_PROPERTY_SLOW_OUTCOMES_H_
#define SMOKEMESH_TESTS_PROPERTY_SLOW_OUTCOMES_H_

#include <vector>

#include "smokemesh/v1/result.pb.h"
#include "tests/property/random_case.h"

namespace smokemesh::testing {

// What is known of a run: which pairs of the case were told (they ran, or were decided), by pair,
// and whether what was still open then was ABORTED.
struct Told {
  std::vector<bool> pairs;
  bool was_ended = false;
};

// The outcome of every check from what was told, in plan order: docs/policy.md written another way,
// as a fixed point, without a line of the product. Checks that are open have none.
std::vector<v1::CheckRecord> SlowOutcomes(const Case& run, const Told& told);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_PROPERTY_SLOW_OUTCOMES_H_
