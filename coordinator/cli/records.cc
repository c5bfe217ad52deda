#include "coordinator/cli/records.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/query.h"
#include "coordinator/record_reader.h"
#include "coordinator/report/markup.h"
#include "coordinator/verdict/bake_verdict.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kLargestPage = 1000;

class StoredRecords : public Records {
 public:
  explicit StoredRecords(std::unique_ptr<RecordReader> reader) : reader_(std::move(reader)) {}

  absl::StatusOr<v1::Run> GetRun(const std::string& run_id) override {
    return reader_->GetRun(run_id);
  }
  absl::StatusOr<v1::RunRecord> GetRecord(const std::string& run_id) override {
    return reader_->GetRecord(run_id);
  }
  absl::StatusOr<v1::ListRunsResponse> ListRuns(const v1::ListRunsRequest& request) override {
    return reader_->ListRuns(request);
  }

 private:
  const std::unique_ptr<RecordReader> reader_;
};

class CoordinatorsRecords : public Records {
 public:
  explicit CoordinatorsRecords(std::shared_ptr<grpc::Channel> channel)
      : stub_(std::move(channel)) {}

  absl::StatusOr<v1::Run> GetRun(const std::string& run_id) override {
    v1::GetRunRequest request;
    request.set_run_id(run_id);
    v1::GetRunResponse response;
    RETURN_IF_ERROR(Query(&stub_, &v1::RunService::Stub::GetRun, request, &response));
    return std::move(*response.mutable_run());
  }
  absl::StatusOr<v1::RunRecord> GetRecord(const std::string& run_id) override {
    v1::GetRecordRequest request;
    request.set_run_id(run_id);
    v1::GetRecordResponse response;
    RETURN_IF_ERROR(Query(&stub_, &v1::RunService::Stub::GetRecord, request, &response));
    return std::move(*response.mutable_record());
  }
  absl::StatusOr<v1::ListRunsResponse> ListRuns(const v1::ListRunsRequest& request) override {
    v1::ListRunsResponse response;
    RETURN_IF_ERROR(Query(&stub_, &v1::RunService::Stub::ListRuns, request, &response));
    return response;
  }

 private:
  v1::RunService::Stub stub_;
};

// Whether all rounds that were planned are there and have ended. Only who carries a bake out knows
// when fewer were enough: to a reader it is open then.
bool AreAll(const std::vector<v1::BakeRound>& rounds, const v1::Run& last) {
  const int count = static_cast<int>(rounds.size());
  const int number = last.options().round().number();
  return last.verdict().final() && number == count && number >= last.options().round().planned();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Records>> OpenRecords(const RecordSource& source) {
  if (source.store.empty()) {
    ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                     OpenReachableChannel(source.coordinator, source.security));
    return std::make_unique<CoordinatorsRecords>(std::move(channel));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<RecordReader> reader, OpenRecords(source.store));
  return std::make_unique<StoredRecords>(std::move(reader));
}

absl::StatusOr<std::vector<v1::RunSummary>> NewestJudged(Records* records,
                                                         const std::string& plan_name, int limit) {
  v1::ListRunsRequest request;
  request.set_page_size(kLargestPage);
  request.set_plan_name(plan_name);
  ASSIGN_OR_RETURN(const v1::ListRunsResponse response, records->ListRuns(request));
  std::vector<v1::RunSummary> judged;
  for (const v1::RunSummary& run : response.runs()) {
    if (static_cast<int>(judged.size()) == limit) break;
    if (run.state() == v1::Run::STATE_FINISHED && !run.clean_up()) judged.push_back(run);
  }
  return judged;
}

absl::StatusOr<v1::Run> GetBake(Records* records, const std::string& bake_id) {
  v1::ListRunsRequest request;
  request.set_page_size(kLargestPage);
  request.set_bake_id(bake_id);
  ASSIGN_OR_RETURN(v1::ListRunsResponse response, records->ListRuns(request));
  if (response.runs().empty()) {
    return absl::NotFoundError(absl::StrCat("there is no bake ", SafeText(bake_id)));
  }
  std::sort(response.mutable_runs()->begin(), response.mutable_runs()->end(),
            [](const v1::RunSummary& a, const v1::RunSummary& b) { return a.round() < b.round(); });
  std::vector<v1::BakeRound> rounds;
  std::map<v1::Decision, v1::Run> runs;  // of each decision the last one
  v1::Decision last = v1::DECISION_UNSPECIFIED;
  for (const v1::RunSummary& summary : response.runs()) {
    ASSIGN_OR_RETURN(v1::Run run, records->GetRun(summary.run_id()));
    rounds.push_back(RoundOf(run));
    last = rounds.back().decision();
    runs[last] = std::move(run);
  }
  // The policy is that of the rounds: all of them have the same plan.
  ASSIGN_OR_RETURN(const v1::RunRecord record, records->GetRecord(runs[last].run_id()));
  v1::Bake bake = JudgeBake(bake_id, record.plan().name(), rounds, record.plan().policy(),
                            AreAll(rounds, runs[last]));
  // As `run --bake` reports it.
  const auto deciding = runs.find(bake.decision());
  v1::Run run = std::move(deciding == runs.end() ? runs[last] : deciding->second);
  *run.mutable_bake() = std::move(bake);
  return run;
}

}  // namespace smokemesh::coordinator
