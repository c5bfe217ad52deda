#include "coordinator/record_reader.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/run/snapshot.h"
#include "coordinator/store/open_store.h"
#include "shared/clock.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 1000;

// The run as it ended, or as the store has it now. Takes the final run out of `stored`.
absl::StatusOr<v1::Run> RunOf(StoredRun* stored) {
  if (stored->final_run.has_value()) return *std::move(stored->final_run);
  return SnapshotOf(*stored, shared::RealClock().Now().wall);
}

}  // namespace

absl::StatusOr<std::string> RecordReader::Resolve(const std::string& run_id) {
  if (run_id != "latest") return run_id;
  ASSIGN_OR_RETURN(const std::vector<v1::RunSummary> runs,
                   store_.ListRuns({.clean_ups = false, .limit = 1}));
  if (runs.empty()) return absl::NotFoundError("there are no runs yet");
  return runs.front().run_id();
}

absl::StatusOr<StoredRun> RecordReader::Find(const std::string& run_id) {
  ASSIGN_OR_RETURN(const std::string id, Resolve(run_id));
  ASSIGN_OR_RETURN(StoredRun stored, store_.GetRun(id));
  if (!stored.final_run.has_value()) {
    ASSIGN_OR_RETURN(stored.results, store_.GetResults(id));
  }
  return stored;
}

absl::StatusOr<v1::Run> RecordReader::GetRun(const std::string& run_id) {
  ASSIGN_OR_RETURN(StoredRun stored, Find(run_id));
  return RunOf(&stored);
}

absl::StatusOr<v1::RunRecord> RecordReader::GetRecord(const std::string& run_id) {
  ASSIGN_OR_RETURN(StoredRun stored, Find(run_id));
  v1::RunRecord record;
  *record.mutable_plan() = stored.request.plan();
  for (const ManifestPair& pair : stored.manifest) {
    v1::RunPair& copy = *record.add_manifest();
    copy.set_check(pair.check);
    copy.set_agent_id(pair.agent_id);
    copy.set_service(pair.service);
    copy.set_deployment(pair.deployment);
    copy.mutable_roles()->Add(pair.roles.begin(), pair.roles.end());
  }
  if (stored.final_run.has_value()) {
    ASSIGN_OR_RETURN(stored.results, store_.GetResults(stored.run_id));
  }
  record.mutable_results()->Add(stored.results.begin(), stored.results.end());
  ASSIGN_OR_RETURN(*record.mutable_run(), RunOf(&stored));
  return record;
}

absl::Status CheckListRuns(const v1::ListRunsRequest& request) {
  if (request.page_size() < 0 || request.page_size() > kMaxPage) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size is ", request.page_size(), ": expected 1 to ", kMaxPage));
  }
  if (!v1::Decision_IsValid(request.decision())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "decision is ", static_cast<int>(request.decision()),
        ": expected 1 (PROMOTE), 2 (ROLLBACK), 3 (HOLD) or 4 (INCONCLUSIVE), or none for all"));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ListRunsResponse> RecordReader::ListRuns(const v1::ListRunsRequest& request) {
  RETURN_IF_ERROR(CheckListRuns(request));
  RunFilter filter;
  filter.plan_name = request.plan_name();
  filter.bake_id = request.bake_id();
  filter.decision = request.decision();
  filter.limit = request.page_size() == 0 ? kDefaultPage : request.page_size();
  ASSIGN_OR_RETURN(const std::vector<v1::RunSummary> runs, store_.ListRuns(filter));
  v1::ListRunsResponse response;
  response.mutable_runs()->Add(runs.begin(), runs.end());
  return response;
}

absl::StatusOr<std::unique_ptr<RecordReader>> OpenRecords(const std::string& store) {
  ASSIGN_OR_RETURN(std::unique_ptr<RunReader> reader, OpenRunReader(store));
  return std::make_unique<RecordReader>(std::move(reader));
}

}  // namespace smokemesh::coordinator
