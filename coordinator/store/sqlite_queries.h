#ifndef SMOKEMESH_COORDINATOR_STORE_SQLITE_QUERIES_H_
#define SMOKEMESH_COORDINATOR_STORE_SQLITE_QUERIES_H_

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/store/run_store.h"
#include "coordinator/store/sqlite_connection.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

// A connection and who may use it. A transaction is one use.
struct SqliteDatabase {
  explicit SqliteDatabase(std::unique_ptr<SqliteConnection> one) : connection(std::move(one)) {}

  shared::Mutex mutex;
  const std::unique_ptr<SqliteConnection> connection ABSL_PT_GUARDED_BY(mutex);
};

// What is read of a store's tables. Thread-safe.
class SqliteQueries final : public RunReader {
 public:
  explicit SqliteQueries(std::shared_ptr<SqliteDatabase> database)
      : database_(std::move(database)) {}

  absl::StatusOr<StoredRun> GetRun(std::string_view run_id) override;
  absl::StatusOr<StoredRun> FindByRequestId(std::string_view request_id) override;
  absl::StatusOr<std::vector<v1::TaskResult>> GetResults(std::string_view run_id) override;
  absl::StatusOr<std::vector<v1::RunSummary>> ListRuns(const RunFilter& filter) override;

  absl::StatusOr<std::vector<v1::Run>> GetOutlines(std::string_view plan_name,
                                                   v1::Decision decision, int limit) override;

  // As RunStore promises it.
  absl::StatusOr<std::vector<StoredRun>> LoadOpenRuns();

 private:
  using Missing = absl::Status (*)(std::string_view key);
  absl::StatusOr<StoredRun> FindOne(const char* sql, std::string_view key, Missing missing);

  const std::shared_ptr<SqliteDatabase> database_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_SQLITE_QUERIES_H_
