#include "coordinator/store/sqlite_run_store.h"

#include <google/protobuf/util/message_differencer.h>

#include <chrono>
#include <deque>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "coordinator/store/sqlite_connection.h"
#include "coordinator/store/sqlite_queries.h"
#include "coordinator/store/sqlite_schema.h"
#include "coordinator/store/store_lock.h"
#include "shared/duration.h"
#include "shared/failpoint.h"
#include "shared/mutex.h"
#include "shared/redactor.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

using shared::Mutex;
using shared::MutexLock;

constexpr size_t kMaxRowsPerCommit = 1000;
// Writes that wait beyond this are refused: the disk does not keep up.
constexpr size_t kMaxQueuedBytes = 256u << 20;
constexpr size_t kMaxCachedNames = 50000;

struct Write {
  std::optional<StoredRun> run;         // PutRun
  std::vector<v1::TaskResult> results;  // AppendResults
  RunStore::Done done;
  absl::Status status;
  size_t bytes = 0;
};

int64_t ToStored(shared::WallTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

std::string EncodeManifest(const std::vector<ManifestPair>& manifest) {
  v1::Run run;
  for (const ManifestPair& pair : manifest) {
    v1::CheckRecord* check = run.add_checks();
    check->set_name(pair.check);
    v1::Task* task = check->add_tasks();
    task->set_agent_id(pair.agent_id);
    task->set_service(pair.service);
  }
  return run.SerializeAsString();
}

class SqliteRunStore final : public RunStore {
 public:
  SqliteRunStore(std::unique_ptr<StoreLock> lock, std::unique_ptr<SqliteConnection> writer,
                 std::unique_ptr<SqliteConnection> reader)
      : lock_(std::move(lock)),
        writer_(std::make_shared<SqliteDatabase>(std::move(writer))),
        queries_(reader == nullptr ? writer_
                                   : std::make_shared<SqliteDatabase>(std::move(reader))) {
    thread_ = std::thread([this] { WriteLoop(); });
  }

  ~SqliteRunStore() override {
    {
      MutexLock lock(&queue_mutex_);
      stopping_ = true;
      wake_.NotifyOne();
    }
    thread_.join();
  }

  void PutRun(StoredRun run, Done done) override {
    Write write;
    write.bytes = run.request.ByteSizeLong() + (run.final_run ? run.final_run->ByteSizeLong() : 0);
    write.run = std::move(run);
    write.done = std::move(done);
    Enqueue(std::move(write));
  }

  void AppendResults(std::vector<v1::TaskResult> results, Done done) override {
    Write write;
    for (const v1::TaskResult& result : results) write.bytes += result.ByteSizeLong();
    write.results = std::move(results);
    write.done = std::move(done);
    Enqueue(std::move(write));
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
  void Enqueue(Write write) ABSL_LOCKS_EXCLUDED(queue_mutex_) {
    MutexLock lock(&queue_mutex_);
    if (queued_bytes_ + write.bytes > kMaxQueuedBytes) {
      // Stays in line without its content, so that `done` is called in order and on our thread.
      write.run.reset();
      write.results.clear();
      write.bytes = 0;
      write.status =
          absl::UnavailableError("the store does not keep up: too many writes wait for the disk");
    }
    queued_bytes_ += write.bytes;
    queue_.push_back(std::move(write));
    wake_.NotifyOne();
  }

  // Takes what waits, at most one commit's worth. False when the store closes.
  bool NextBatch(std::vector<Write>* batch) ABSL_LOCKS_EXCLUDED(queue_mutex_) {
    batch->clear();
    MutexLock lock(&queue_mutex_);
    while (queue_.empty() && !stopping_) wake_.Wait(&queue_mutex_);
    size_t rows = 0;
    while (!queue_.empty() && rows < kMaxRowsPerCommit) {
      rows += 1 + queue_.front().results.size();
      queued_bytes_ -= queue_.front().bytes;
      batch->push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    return !batch->empty();
  }

  void WriteLoop() {
    std::vector<Write> batch;
    while (NextBatch(&batch)) {
      const absl::Status committed = Commit(&batch);
      if (committed.ok()) SMOKEMESH_FAILPOINT("after_commit");
      for (Write& write : batch) {
        if (write.status.ok()) write.status = committed;
        write.done(write.status);
        write.done = nullptr;
      }
    }
  }

  // Carries out a batch in one transaction. A write that is refused by the rules of RunStore gets
  // its status and changes nothing; any other error undoes the whole batch.
  absl::Status Commit(std::vector<Write>* batch) {
    MutexLock lock(&writer_->mutex);
    SqliteConnection* db = writer_->connection.get();
    absl::Status status = db->Execute("BEGIN IMMEDIATE");
    if (status.ok()) {
      for (Write& write : *batch) {
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
      if (known && query.Bytes(0) != run.request.request_id()) {
        *refused = absl::AlreadyExistsError(
            absl::StrCat("run ", run.run_id, " belongs to another request"));
        return absl::OkStatus();
      }
      if (known && !query.IsNull(1)) {
        // Not by their bytes: map fields have no order in them.
        v1::Run stored;
        if (!run.final_run || !stored.ParseFromString(query.Bytes(1)) ||
            !google::protobuf::util::MessageDifferencer::Equals(stored, *run.final_run)) {
          *refused = absl::FailedPreconditionError(
              absl::StrCat("run ", run.run_id, " is finished and cannot be changed"));
        }
        return absl::OkStatus();
      }
    }
    if (!known) {
      SqliteQuery query(db, "SELECT run_id FROM run WHERE request_id = ?");
      query.Text(1, run.request.request_id());
      ASSIGN_OR_RETURN(const bool taken, query.Step());
      if (taken) {
        *refused = absl::AlreadyExistsError(absl::StrCat("request id \"", run.request.request_id(),
                                                         "\" was used for run ", query.Bytes(0)));
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
        *refused = absl::NotFoundError(absl::StrCat("there is no run \"", result.run_id(), "\""));
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

  Mutex queue_mutex_;
  shared::CondVar wake_;
  std::deque<Write> queue_ ABSL_GUARDED_BY(queue_mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(queue_mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(queue_mutex_) = false;
  std::thread thread_;
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
