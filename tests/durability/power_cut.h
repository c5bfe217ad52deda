#ifndef SMOKEMESH_TESTS_DURABILITY_POWER_CUT_H_
#define SMOKEMESH_TESTS_DURABILITY_POWER_CUT_H_

#include <cstdint>

#include "absl/status/statusor.h"

namespace smokemesh::testing {

struct PowerCutOptions {
  uint32_t seed = 1;
  int cuts = 1;
  // Open SQLite with synchronous=NORMAL instead of what the store asks for.
  bool weaker = false;
};

struct PowerCutReport {
  int cuts = 0;
  int64_t acknowledged = 0;
  int64_t lost = 0;  // of those
};

// Has a process write results through the real SQLite store and cuts its power at a random
// operation; then opens what the disk has and counts. Again on the same store, and now and then on
// a new one. An error when a store cannot be opened afterwards, is damaged, or has something that
// was never written.
absl::StatusOr<PowerCutReport> CutPower(const PowerCutOptions& options);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_DURABILITY_POWER_CUT_H_
