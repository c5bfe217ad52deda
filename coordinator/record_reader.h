#ifndef SMOKEMESH_COORDINATOR_RECORD_READER_H_
#define SMOKEMESH_COORDINATOR_RECORD_READER_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "coordinator/store/run_store.h"
#include "smokemesh/v1/result.pb.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// Runs as a store has them, with the meaning and the errors of the calls of RunService. Without a
// coordinator: a run that is open is shown by what is committed of it, so that what is under way on
// agents looks as if it waited. Thread-safe.
class RecordReader {
 public:
  // `store` must outlive this.
  explicit RecordReader(RunReader* store) : store_(*store) {}
  explicit RecordReader(std::unique_ptr<RunReader> store)
      : owned_(std::move(store)), store_(*owned_) {}

  // `run_id` may be `latest`: the newest run that does not clean up. NOT_FOUND when there is no
  // such run.
  absl::StatusOr<v1::Run> GetRun(const std::string& run_id);
  absl::StatusOr<v1::RunRecord> GetRecord(const std::string& run_id);

  // INVALID_ARGUMENT when the page's size or the decision is none.
  absl::StatusOr<v1::ListRunsResponse> ListRuns(const v1::ListRunsRequest& request);

  // The identifier that `run_id` stands for: itself, unless it is `latest`.
  absl::StatusOr<std::string> Resolve(const std::string& run_id);

 private:
  absl::StatusOr<StoredRun> Find(const std::string& run_id);

  const std::unique_ptr<RunReader> owned_;
  RunReader& store_;
};

// Opens a store, an SQLite file or a PostgreSQL database (OpenRunReader), to read it, whether or
// not coordinators have it open; nothing in it is changed. Errors say what is wrong with it.
absl::StatusOr<std::unique_ptr<RecordReader>> OpenRecords(const std::string& store);

// INVALID_ARGUMENT when ListRuns would refuse the request.
absl::Status CheckListRuns(const v1::ListRunsRequest& request);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RECORD_READER_H_
