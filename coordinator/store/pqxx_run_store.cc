#include "coordinator/store/pqxx_run_store.h"

#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "coordinator/store/pqxx_queries.h"
#include "coordinator/store/pqxx_schema.h"
#include "coordinator/store/pqxx_session.h"
#include "coordinator/store/pqxx_target.h"
#include "coordinator/store/pqxx_text.h"
#include "coordinator/store/run_codec.h"
#include "coordinator/store/write_queue.h"
#include "shared/failpoint.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxCachedRuns = 10000;

// A pointer into a batch to each write of one kind, one after the other.
using Appends = std::vector<StoreWrite*>;

class PqxxRunStore final : public RunStore {
 public:
  PqxxRunStore(const PqxxTarget& target, uint64_t epoch)
      : epoch_(epoch),
        queries_(target, Prepare(target)),
        session_(target, Prepare(target)),
        write_queue_([this](std::vector<StoreWrite>* batch) { return Commit(batch); }) {}

  absl::Status Connect() { return queries_.Connect(); }

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
  static PqxxSession::Prepare Prepare(const PqxxTarget& target) {
    return [target](PqxxConnection* connection) { return PreparePqxxSchema(connection, target); };
  }

  // As WriteQueue::Commit. On the queue's thread, as all that follows.
  absl::Status Commit(std::vector<StoreWrite>* batch) {
    // An epoch that is past does not come back.
    if (!fenced_.ok()) return fenced_;
    const absl::Status status = CarryOut(batch);
    if (status.ok()) return status;
    session_.Drop();  // and the transaction with it
    runs_.clear();    // numbers given in this transaction are void
    if (IsFenced(status)) fenced_ = status;
    return status;
  }

  absl::Status CarryOut(std::vector<StoreWrite>* batch) {
    RETURN_IF_ERROR(session_.Ask("BEGIN").status());
    ASSIGN_OR_RETURN(PqxxConnection* const db, session_.Get());
    // Nobody can take the lease until this transaction has ended.
    ASSIGN_OR_RETURN(const PqxxRows lease,
                     db->Execute("SELECT 1 FROM lease WHERE epoch = $1::bigint FOR KEY SHARE",
                                 {absl::StrCat(epoch_)}));
    if (lease.empty()) {
      return absl::AbortedError(
          absl::StrCat("another coordinator leads: the lease of epoch ", epoch_, " is past"));
    }
    Appends appends;
    for (StoreWrite& write : *batch) {
      if (!write.status.ok()) continue;
      if (!write.run.has_value()) {
        appends.push_back(&write);
        continue;
      }
      RETURN_IF_ERROR(Append(db, std::exchange(appends, {})));
      RETURN_IF_ERROR(Put(db, *write.run, &write.status));
    }
    RETURN_IF_ERROR(Append(db, appends));
    SMOKEMESH_FAILPOINT("before_commit");
    return db->Commit();
  }

  // Puts a refusal into `refused`.
  absl::Status Put(PqxxConnection* db, const StoredRun& run, absl::Status* refused) {
    const std::string run_id = ToPqxxText(run.run_id);
    const std::string request_id = ToPqxxText(run.request.request_id());
    ASSIGN_OR_RETURN(
        const PqxxRows known,
        db->Execute("SELECT request_id, final_run FROM run WHERE run_id = $1", {run_id}));
    if (known.empty()) {
      ASSIGN_OR_RETURN(const PqxxRows taken,
                       db->Execute("SELECT run_id FROM run WHERE request_id = $1", {request_id}));
      if (!taken.empty()) {
        *refused = RequestWasUsed(run.request.request_id(), FromPqxxText(taken[0][0].value_or("")));
        return absl::OkStatus();
      }
    } else {
      std::optional<std::string> stored;
      if (known[0][1].has_value()) stored = FromPqxxBytes(*known[0][1]).value_or("");
      PutAnswer answer = CheckPut(run, FromPqxxText(known[0][0].value_or("")), stored);
      *refused = std::move(answer.refused);
      if (!refused->ok() || answer.done) return absl::OkStatus();
    }
    const std::string flags[] = {"false", "true"};
    const v1::RunOptions& options = run.request.options();
    std::vector<std::string> values = {
        run_id,
        flags[run.has_manifest],
        ToPqxxBytes(EncodeManifest(run.manifest)),
        ToPqxxText(run.cancel_reason),
        flags[run.final_run.has_value()],
        ToPqxxBytes(run.final_run ? run.final_run->SerializeAsString() : ""),
        absl::StrCat(run.final_run ? static_cast<int>(run.final_run->verdict().decision()) : 0),
        ToPqxxText(run.final_run ? run.final_run->verdict().summary() : ""),
    };
    if (!known.empty()) {
      RETURN_IF_ERROR(
          db->Execute("UPDATE run SET"
                      " manifest = CASE WHEN $2::boolean THEN $3::bytea END, cancel_reason = $4,"
                      " final_run = CASE WHEN $5::boolean THEN $6::bytea END,"
                      " decision = $7::integer, summary = $8 WHERE run_id = $1",
                      values)
              .status());
      return PutOutline(db, run, run_id);
    }
    values.insert(
        values.end(),
        {request_id, ToPqxxText(run.request.plan().name()), absl::StrCat(ToStored(run.create_time)),
         ToPqxxBytes(run.request.SerializeAsString()), flags[options.clean_runs_size() > 0],
         ToPqxxText(options.round().bake_id()), absl::StrCat(options.round().number())});
    RETURN_IF_ERROR(
        db->Execute("INSERT INTO run (run_id, manifest, cancel_reason, final_run, decision,"
                    " summary, request_id, plan_name, create_time, request, clean_up, bake_id,"
                    " round) VALUES ($1, CASE WHEN $2::boolean THEN $3::bytea END, $4,"
                    " CASE WHEN $5::boolean THEN $6::bytea END, $7::integer, $8, $9, $10,"
                    " $11::bigint, $12::bytea, $13::boolean, $14, $15::integer)",
                    values)
            .status());
    return PutOutline(db, run, run_id);
  }

  static absl::Status PutOutline(PqxxConnection* db, const StoredRun& run,
                                 const std::string& run_id) {
    if (!run.final_run.has_value()) return absl::OkStatus();
    return db
        ->Execute(
            "INSERT INTO outline (run, outline) SELECT number, $2::bytea FROM run"
            " WHERE run_id = $1",
            {run_id, ToPqxxBytes(OutlineOf(*run.final_run).SerializeAsString())})
        .status();
  }

  // Learns the numbers of the runs that the results belong to.
  absl::Status FindRuns(PqxxConnection* db, const Appends& appends) {
    if (runs_.size() > kMaxCachedRuns) runs_.clear();
    std::vector<std::string> unknown;
    for (const StoreWrite* write : appends) {
      for (const v1::TaskResult& result : write->results) {
        if (!runs_.contains(result.run_id())) unknown.push_back(ToPqxxText(result.run_id()));
      }
    }
    if (unknown.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const PqxxRows found,
                     db->Execute("SELECT run_id, number FROM run WHERE run_id = ANY ($1::text[])",
                                 {ToPqxxArray(unknown)}));
    for (const PqxxRow& row : found) {
      runs_[FromPqxxText(row[0].value_or(""))] = row[1].value_or("");
    }
    return absl::OkStatus();
  }

  // Refuses those whose run is not there, whole, and writes the others with one statement.
  absl::Status Append(PqxxConnection* db, const Appends& appends) {
    RETURN_IF_ERROR(FindRuns(db, appends));
    std::vector<std::string> runs, checks, agents, attempts, results;
    for (StoreWrite* write : appends) {
      for (const v1::TaskResult& result : write->results) {
        if (!runs_.contains(result.run_id())) write->status = NoSuchRun(result.run_id());
      }
      if (!write->status.ok()) continue;
      for (const v1::TaskResult& result : write->results) {
        runs.push_back(runs_[result.run_id()]);
        checks.push_back(ToPqxxText(result.check()));
        agents.push_back(ToPqxxText(result.agent_id()));
        attempts.push_back(absl::StrCat(result.attempt()));
        results.push_back(ToPqxxBytes(result.SerializeAsString()));
      }
    }
    if (runs.empty()) return absl::OkStatus();
    return db
        ->Execute(
            "INSERT INTO result (run, check_name, agent, attempt, result)"
            " SELECT run, check_name, agent, attempt, result FROM unnest($1::bigint[],"
            " $2::text[], $3::text[], $4::integer[], $5::bytea[]) WITH ORDINALITY"
            " AS new (run, check_name, agent, attempt, result, place) ORDER BY place"
            " ON CONFLICT DO NOTHING",
            {ToPqxxArray(runs), ToPqxxArray(checks), ToPqxxArray(agents), ToPqxxArray(attempts),
             ToPqxxArray(results)})
        .status();
  }

  const uint64_t epoch_;
  PqxxQueries queries_;

  // The queue's thread only.
  PqxxSession session_;
  absl::Status fenced_;                                // once it was
  std::unordered_map<std::string, std::string> runs_;  // numbers by run id

  WriteQueue write_queue_;  // the last: its thread uses the others
};

}  // namespace

absl::StatusOr<std::unique_ptr<RunStore>> OpenPostgresRunStore(const std::string& url,
                                                               uint64_t epoch) {
  ASSIGN_OR_RETURN(const PqxxTarget target, ParsePostgresUrl(url, PqxxAccess::kReadAndWrite));
  auto store = std::make_unique<PqxxRunStore>(target, epoch);
  RETURN_IF_ERROR(store->Connect());
  return store;
}

absl::StatusOr<std::unique_ptr<RunReader>> OpenPostgresRunReader(const std::string& url) {
  ASSIGN_OR_RETURN(const PqxxTarget target, ParsePostgresUrl(url, PqxxAccess::kRead));
  auto reader = std::make_unique<PqxxQueries>(
      target, [target](PqxxConnection* connection) { return CheckPqxxSchema(connection, target); });
  RETURN_IF_ERROR(reader->Connect());
  return reader;
}

}  // namespace smokemesh::coordinator
