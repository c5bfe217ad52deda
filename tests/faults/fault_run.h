#ifndef SMOKEMESH_TESTS_FAULTS_FAULT_RUN_H_
#define SMOKEMESH_TESTS_FAULTS_FAULT_RUN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "shared/clock.h"
#include "tests/faults/plan_run.h"
#include "tests/testing/local_vector.h"
#include "tests/testing/stack/faults.h"

namespace smokemesh::testing {

struct FaultRunOptions {
  std::string program;  // smokemesh
  std::string plan;
  std::string bin_dir;  // aura-platform
  shared::Duration limit = std::chrono::seconds(150);
};

// What one fault did to the plan.
struct FaultRun {
  std::string fault;     // empty: the healthy platform
  absl::Status problem;  // why there is no result; OK otherwise
  PlanRun run;
  std::vector<std::string> leftovers;
};

// Starts a platform, breaks it with `fault` (nullptr: not at all), runs the plan once in one-shot
// and looks for what it left behind. `vectors` (nullptr where PostgreSQL has pgvector) is used by
// faults that do not touch it.
FaultRun RunFault(const FaultRunOptions& options, const Fault* fault, LocalVector* vectors);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_FAULTS_FAULT_RUN_H_
