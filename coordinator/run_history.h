#ifndef SMOKEMESH_COORDINATOR_RUN_HISTORY_H_
#define SMOKEMESH_COORDINATOR_RUN_HISTORY_H_

#include "absl/status/status.h"
#include "coordinator/store/run_store.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// Writes into an admitted request what its run is to know of the runs before it:
// `options.baseline` from the last promoted runs of a plan with the same name, and
// `options.round.earlier` from the rounds of the same bake with lower numbers, in order, at most
// the last 1000. Reads little of them. Blocks on the store.
//
// FAILED_PRECONDITION when the round before this one is not there, or has no verdict yet, or was a
// round of another plan; ALREADY_EXISTS when the bake has this round already.
absl::Status FillFromEarlierRuns(RunReader* store, v1::CreateRunRequest* request);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_HISTORY_H_
