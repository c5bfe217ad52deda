#ifndef SMOKEMESH_COORDINATOR_STORE_PQXX_QUERIES_H_
#define SMOKEMESH_COORDINATOR_STORE_PQXX_QUERIES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/store/pqxx_session.h"
#include "coordinator/store/run_store.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

// What is read of a store's tables, over a connection of its own. Thread-safe.
class PqxxQueries final : public RunReader {
 public:
  PqxxQueries(PqxxTarget target, PqxxSession::Prepare prepare);

  // Connects, to learn whether that works.
  absl::Status Connect() ABSL_LOCKS_EXCLUDED(mutex_);

  absl::StatusOr<StoredRun> GetRun(std::string_view run_id) override;
  absl::StatusOr<StoredRun> FindByRequestId(std::string_view request_id) override;
  absl::StatusOr<std::vector<v1::TaskResult>> GetResults(std::string_view run_id) override;
  absl::StatusOr<std::vector<v1::RunSummary>> ListRuns(const RunFilter& filter) override;
  absl::StatusOr<std::vector<v1::Run>> GetOutlines(std::string_view plan_name,
                                                   v1::Decision decision, int limit) override;

  // As RunStore promises it.
  absl::StatusOr<std::vector<StoredRun>> LoadOpenRuns();

 private:
  absl::StatusOr<PqxxRows> Ask(const std::string& sql, const std::vector<std::string>& values)
      ABSL_LOCKS_EXCLUDED(mutex_);

  shared::Mutex mutex_;
  PqxxSession session_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_PQXX_QUERIES_H_
