#ifndef SMOKEMESH_COORDINATOR_RUN_SNAPSHOT_H_
#define SMOKEMESH_COORDINATOR_RUN_SNAPSHOT_H_

#include <string>

#include "absl/status/statusor.h"
#include "coordinator/run/engine_impl.h"
#include "coordinator/store/run_store.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// The run as it is now, for people and programs. Not for one that is finished.
v1::Run Snapshot(const RunEntry& run, const shared::Instant& now);

// The run as it ends now, with its final verdict. All its pairs are decided.
v1::Run FinalSnapshot(const RunEntry& run, const shared::Instant& now);

// An open run as far as its record in the store tells, its results included: what is under way on
// agents looks as if it waited. INVALID_ARGUMENT when the request in it is not valid.
absl::StatusOr<v1::Run> SnapshotOf(const StoredRun& stored, shared::WallTime now);

// Longest time of a run.
shared::Duration RunTimeout(const v1::Plan& plan);

// Why a run that reached it ended.
std::string TimeoutReason(const v1::Plan& plan);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_SNAPSHOT_H_
