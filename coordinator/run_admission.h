#ifndef SMOKEMESH_COORDINATOR_RUN_ADMISSION_H_
#define SMOKEMESH_COORDINATOR_RUN_ADMISSION_H_

#include <string>

#include "absl/status/status.h"
#include "coordinator/store/run_store.h"
#include "shared/clock.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// The gate between the outside and the engine. Pure but for NewRunId.

// Checks a request and fills in the plan's and the options' defaults. INVALID_ARGUMENT lists every
// problem; that `-m` and `-k` select nothing that is judged is one.
absl::Status AdmitRun(v1::CreateRunRequest* request);

// Whether a run of `plan` may clean up after the run that the store has. FAILED_PRECONDITION: it is
// still going on. INVALID_ARGUMENT: it is a run of another plan, or one that only cleans up.
absl::Status AdmitCleanUpAfter(const v1::Plan& plan, const StoredRun& earlier);

// Whether two admitted requests ask for the same run: plan and options, but not who asks, nor what
// the coordinator writes into the options.
bool AskForSameRun(const v1::CreateRunRequest& a, const v1::CreateRunRequest& b);

// `20261122-115030-4f9a1c`: UTC and chance.
std::string NewRunId(shared::WallTime now);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_ADMISSION_H_
