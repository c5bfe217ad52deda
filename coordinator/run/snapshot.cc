#include "coordinator/run/snapshot.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "coordinator/verdict/edges.h"
#include "shared/duration.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr shared::Duration kDefaultRunTimeout = std::chrono::minutes(5);

v1::Run Common(const RunEntry& entry, const shared::Instant& now) {
  const RunState& state = *entry.state;
  v1::Run run;
  run.set_run_id(state.run_id());
  run.set_plan_name(state.plan().name());
  *run.mutable_create_time() = shared::ToProto(entry.create_time);
  *run.mutable_duration() = shared::ToProto(now.steady - entry.started);
  *run.mutable_suites() = state.plan().suites();
  *run.mutable_checks() = state.records();
  *run.mutable_edges() = EdgeMatrix(run.checks());
  run.set_cancel_reason(entry.cancel_reason);
  run.set_plan_digest(entry.plan_digest);
  run.set_policy_digest(entry.policy_digest);
  *run.mutable_options() = state.request().options();
  return run;
}

}  // namespace

v1::Run Snapshot(const RunEntry& entry, const shared::Instant& now) {
  if (entry.phase == RunEntry::Phase::kFinished) return *entry.final_run;
  v1::Run run = Common(entry, now);
  const bool pending = entry.phase == RunEntry::Phase::kStoring ||
                       entry.phase == RunEntry::Phase::kPending ||
                       entry.phase == RunEntry::Phase::kFixing;
  run.set_state(pending ? v1::Run::STATE_PENDING : v1::Run::STATE_RUNNING);
  *run.mutable_verdict() = entry.state->CurrentVerdict();
  return run;
}

v1::Run FinalSnapshot(const RunEntry& entry, const shared::Instant& now) {
  entry.state->CompareWithEarlierRuns();
  v1::Run run = Common(entry, now);
  run.set_state(v1::Run::STATE_FINISHED);
  *run.mutable_end_time() = shared::ToProto(now.wall);
  *run.mutable_verdict() = entry.state->FinalVerdict();
  return run;
}

absl::StatusOr<v1::Run> SnapshotOf(const StoredRun& stored, shared::WallTime now) {
  RunEntry entry;
  ASSIGN_OR_RETURN(entry.state, RunState::Create(stored.run_id, stored.request));
  entry.create_time = stored.create_time;
  entry.SetDigests();
  entry.cancel_reason = stored.cancel_reason;
  entry.phase = stored.has_manifest ? RunEntry::Phase::kRunning : RunEntry::Phase::kPending;
  if (stored.has_manifest) {
    entry.state->SetManifest(stored.manifest, {}, true);
    entry.state->Restore(stored.results);
    entry.state->CompareWithEarlierRuns();
  }
  const auto age = std::max(shared::WallTime::duration::zero(), now - stored.create_time);
  return Snapshot(entry, {entry.started + age, now});
}

shared::Duration RunTimeout(const v1::Plan& plan) {
  return plan.has_timeout() ? shared::FromProto(plan.timeout()) : kDefaultRunTimeout;
}

std::string TimeoutReason(const v1::Plan& plan) {
  return absl::StrCat("the run took longer than its timeout, ",
                      shared::FormatDuration(RunTimeout(plan)));
}

}  // namespace smokemesh::coordinator
