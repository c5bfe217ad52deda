#ifndef SMOKEMESH_COORDINATOR_CLI_RECORDS_H_
#define SMOKEMESH_COORDINATOR_CLI_RECORDS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/cli/command_line.h"
#include "smokemesh/v1/result.pb.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// Recorded runs, wherever they are: with the meaning and the errors of the calls of RunService.
class Records {
 public:
  virtual ~Records() = default;

  virtual absl::StatusOr<v1::Run> GetRun(const std::string& run_id) = 0;
  virtual absl::StatusOr<v1::RunRecord> GetRecord(const std::string& run_id) = 0;
  virtual absl::StatusOr<v1::ListRunsResponse> ListRuns(const v1::ListRunsRequest& request) = 0;
};

// Opens a store's file, or calls a coordinator, which is not asked before the first call.
absl::StatusOr<std::unique_ptr<Records>> OpenRecords(const RecordSource& source);

// The newest runs that were judged (finished, and not for cleaning up), the newest first, at most
// `limit`; of the plan of this name where it is not empty.
absl::StatusOr<std::vector<v1::RunSummary>> NewestJudged(Records* records,
                                                         const std::string& plan_name, int limit);

// The round of a bake that decided, or else its last one, with all rounds and what they come to in
// its `bake`: open until all planned rounds have ended. NOT_FOUND when there is no such bake.
absl::StatusOr<v1::Run> GetBake(Records* records, const std::string& bake_id);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_RECORDS_H_
