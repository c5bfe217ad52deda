#include "coordinator/store/sqlite_run_store.h"

#include <optional>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "coordinator/store/run_codec.h"
#include "coordinator/store/sqlite_connection.h"
#include "coordinator/store/sqlite_queries.h"
#include "coordinator/store/sqlite_schema.h"
#include "coordinator/store/store_lock.h"
#include "coordinator/store/write_queue.h"
#include "shared/mutex.h"
#include "shared/redactor.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;

constexpr size_t kMaxCachedNames = 50000;

class SqliteRunStore final : public RunStore {
 public:
  SqliteRunStore(std::unique_ptr<StoreLock> lock, std::unique_ptr<SqliteConnection> writer,
                 std::unique_ptr<SqliteConnection> reader)
      : lock_(std::move(lock)),
        writer_(std::make_shared<SqliteDatabase>(std::move(writer))),
        queries_(reader == nullptr ? writer_ : std::make_shared<SqliteDatabase>(std::move(reader))),
        write_queue_([this](std::vector<StoreWrite>* batch) { return Commit(batch); }) {}

  void PutRun(StoredRun run, Done done) override {
    write_queue_.PutRun(std::move(run), std::move(done));
  }
  void AppendResults(std::vector<v1::TaskResult> results, Done done) override {
    write_queue_.AppendResults(std::move(results), std::move(done));
  }

  absl::StatusOr<std::vector<StoredRun>> LoadOpenRuns() override { return queries_.LoadOpenRuns(); }
  absl::StatusOr<StoredRun> GetRun(std::string_view run_id) override {
    return queries_.GetRun(run_id);
  }
  absl::StatusOr<StoredRun> FindByRequestId(std::string_view request_id) override {
    return queries_.FindByRequestId(request_id);
  }
  absl::StatusOr<std::vector<v1::TaskResult>> GetResults(std::string_view run_id) override {
    return queries_.GetResults(run_id);
  }
  absl::StatusOr<std::vector<v1::RunSummary>> ListRuns(const RunFilter& filter) override {
    return queries_.ListRuns(filter);
  }
  absl::StatusOr<std::vector<v1::Run>> GetOutlines(std::string_view plan_name,
                                                   v1::Decision decision, int limit) override {
    return queries_.GetOutlines(plan_name, decision, limit);
  }

 private:
  // As WriteQueue::Commit.
  absl::Status Commit(std::vector<StoreWrite>* batch) {
    MutexLock lock(&writer_->mutex);
    SqliteConnection* db = writer_->connection.get();
    absl::Status status = db->Execute("BEGIN IMMEDIATE");
    if (status.ok()) {
      for (StoreWrite& write : *batch) {
        if (!write.status.ok()) continue;
        status = write.run.has_value() ? Put(db, *write.run, &write.status)
                                       : Append(db, write.results, &write.status);
        if (!status.ok()) break;
      }
      if (status.ok()) status = db->Execute("COMMIT");
    }
    if (status.ok()) return status;
    // A COMMIT that met a full disk has already rolled back.
    if (db->in_transaction()) db->Execute("ROLLBACK").IgnoreError();
    names_.clear();  // numbers given in this transaction are void
    return status;
  }

  // These return an error of the database, and put a refusal into `refused`.
  absl::Status Put(SqliteConnection* db, const StoredRun& run, absl::Status* refused) {
    const std::string final_run = run.final_run ? run.final_run->SerializeAsString() : "";
    const std::string manifest = EncodeManifest(run.manifest);
    bool known = false;
    {
      SqliteQuery query(db, "SELECT request_id, final_run FROM run WHERE run_id = ?");
      query.Text(1, run.run_id);
      ASSIGN_OR_RETURN(known, query.Step());
      if (known) {
        std::optional<std::string> stored;
        if (!query.IsNull(1)) stored = query.Bytes(1);
        PutAnswer answer = CheckPut(run, query.Bytes(0), stored);
        *refused = std::move(answer.refused);
        if (!refused->ok() || answer.done) return absl::OkStatus();
      }
    }
    if (!known) {
      SqliteQuery query(db, "SELECT run_id FROM run WHERE request_id = ?");
      query.Text(1, run.request.request_id());
      ASSIGN_OR_RETURN(const bool taken, query.Step());
      if (taken) {
        *refused = RequestWasUsed(run.request.request_id(), query.Bytes(0));
        return absl::OkStatus();
      }
    }
    SqliteQuery query(
        db, known ? "UPDATE run SET manifest = ?2, cancel_reason = ?3, final_run = ?4,"
                    " decision = ?5, summary = ?6 WHERE run_id = ?1"
                  : "INSERT INTO run (run_id, manifest, cancel_reason, final_run, decision,"
                    " summary, request_id, plan_name, create_time, request, clean_up,"
                    " bake_id, round)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
    query.Text(1, run.run_id).Text(3, run.cancel_reason);
    if (run.has_manifest) query.Blob(2, manifest);
    if (run.final_run) query.Blob(4, final_run);
    query.Int(5, run.final_run ? run.final_run->verdict().decision() : 0);
    query.Text(6, run.final_run ? run.final_run->verdict().summary() : std::string_view());
    if (known) {
      RETURN_IF_ERROR(query.Run());
      return PutOutline(db, run);
    }
    const std::string request = run.request.SerializeAsString();
    query.Text(7, run.request.request_id()).Text(8, run.request.plan().name());
    query.Int(9, ToStored(run.create_time)).Blob(10, request);
    query.Int(11, run.request.options().clean_runs_size() > 0 ? 1 : 0);
    query.Text(12, run.request.options().round().bake_id());
    query.Int(13, run.request.options().round().number());
    RETURN_IF_ERROR(query.Run());
    return PutOutline(db, run);
  }

  static absl::Status PutOutline(SqliteConnection* db, const StoredRun& run) {
    if (!run.final_run.has_value()) return absl::OkStatus();
    const std::string outline = OutlineOf(*run.final_run).SerializeAsString();
    SqliteQuery query(db,
                      "INSERT INTO outline (run, outline) SELECT number, ?2 FROM run"
                      " WHERE run_id = ?1");
    return query.Text(1, run.run_id).Blob(2, outline).Run();
  }

  absl::Status Append(SqliteConnection* db, const std::vector<v1::TaskResult>& results,
                      absl::Status* refused) {
    // All runs first: a refused write changes nothing.
    std::unordered_map<std::string, int64_t> runs;
    for (const v1::TaskResult& result : results) {
      if (runs.contains(result.run_id())) continue;
      SqliteQuery query(db, "SELECT number FROM run WHERE run_id = ?");
      query.Text(1, result.run_id());
      ASSIGN_OR_RETURN(const bool found, query.Step());
      if (!found) {
        *refused = NoSuchRun(result.run_id());
        return absl::OkStatus();
      }
      runs[result.run_id()] = query.Int(0);
    }
    for (const v1::TaskResult& result : results) {
      ASSIGN_OR_RETURN(const int64_t check, NumberOf(db, result.check()));
      ASSIGN_OR_RETURN(const int64_t agent, NumberOf(db, result.agent_id()));
      const std::string bytes = result.SerializeAsString();
      SqliteQuery query(db,
                        "INSERT INTO result (run, check_, agent, attempt, result)"
                        " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
      query.Int(1, runs[result.run_id()]).Int(2, check).Int(3, agent);
      query.Int(4, result.attempt()).Blob(5, bytes);
      RETURN_IF_ERROR(query.Run());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> NumberOf(SqliteConnection* db, const std::string& name) {
    const auto cached = names_.find(name);
    if (cached != names_.end()) return cached->second;
    {
      SqliteQuery query(db, "INSERT INTO name (name) VALUES (?) ON CONFLICT DO NOTHING");
      RETURN_IF_ERROR(query.Text(1, name).Run());
    }
    SqliteQuery query(db, "SELECT number FROM name WHERE name = ?");
    query.Text(1, name);
    RETURN_IF_ERROR(query.Run());
    if (names_.size() >= kMaxCachedNames) names_.clear();
    return names_[name] = query.Int(0);
  }

  const std::unique_ptr<StoreLock> lock_;  // none for `:memory:`
  const std::shared_ptr<SqliteDatabase> writer_;
  // On a connection of its own, but for `:memory:`. It closes before the writer, which is the one
  // that checkpoints.
  SqliteQueries queries_;

  // Writer's thread only.
  std::unordered_map<std::string, int64_t> names_;

  WriteQueue write_queue_;  // the last: its thread uses the others
};

absl::Status CheckPath(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("the store needs a path, or `:memory:`");
  if (path.find("://") != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("the store \"", shared::WithoutCredentials(path),
                     "\" is a URL: expected the path of an SQLite file, or `:memory:`"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunStore>> OpenSqliteRunStore(const std::string& path) {
  RETURN_IF_ERROR(CheckPath(path));
  const bool in_memory = path == ":memory:";
  RETURN_IF_ERROR(MakeStoreFile(path));
  std::unique_ptr<StoreLock> lock;
  if (!in_memory) {
    ASSIGN_OR_RETURN(lock, StoreLock::Acquire(path));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteConnection> writer, OpenWriter(path));
  std::unique_ptr<SqliteConnection> reader;
  if (!in_memory) {
    ASSIGN_OR_RETURN(reader, OpenReader(path));
  }
  return std::make_unique<SqliteRunStore>(std::move(lock), std::move(writer), std::move(reader));
}

absl::StatusOr<std::unique_ptr<RunReader>> OpenSqliteRunReader(const std::string& path) {
  if (path == ":memory:") {
    return absl::InvalidArgumentError(
        "a store in memory has no records: expected the path of an "
        "SQLite file");
  }
  RETURN_IF_ERROR(CheckPath(path));
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteConnection> connection, OpenForeignReader(path));
  return std::make_unique<SqliteQueries>(std::make_shared<SqliteDatabase>(std::move(connection)));
}

}  // namespace smokemesh::coordinator
