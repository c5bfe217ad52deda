#include "coordinator/store/sqlite_queries.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "coordinator/store/run_codec.h"
#include "shared/duration.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;

constexpr char kRunColumns[] = "run_id, create_time, request, manifest, cancel_reason, final_run";

std::optional<std::string> BytesOrNone(const SqliteQuery& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return row.Bytes(column);
}

// Reads a row of kRunColumns.
absl::StatusOr<StoredRun> ReadRun(const SqliteQuery& row, int first = 0) {
  RunColumns columns;
  columns.run_id = row.Bytes(first);
  columns.create_time = row.Int(first + 1);
  columns.request = row.Bytes(first + 2);
  columns.manifest = BytesOrNone(row, first + 3);
  columns.cancel_reason = row.Bytes(first + 4);
  columns.final_run = BytesOrNone(row, first + 5);
  return DecodeRun(std::move(columns));
}

absl::Status ReadResults(SqliteConnection* db, int64_t number, const std::string& run_id,
                         std::vector<v1::TaskResult>* results) {
  SqliteQuery query(db, "SELECT result FROM result WHERE run = ? ORDER BY rowid");
  query.Int(1, number);
  while (true) {
    ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return absl::OkStatus();
    if (!results->emplace_back().ParseFromString(query.Bytes(0))) return UnreadableRun(run_id);
  }
}

}  // namespace

absl::StatusOr<std::vector<StoredRun>> SqliteQueries::LoadOpenRuns() {
  static const std::string sql = absl::StrCat("SELECT number, ", kRunColumns,
                                              " FROM run WHERE final_run IS NULL ORDER BY number");
  MutexLock lock(&database_->mutex);
  SqliteConnection* db = database_->connection.get();
  std::vector<StoredRun> runs;
  SqliteQuery query(db, sql.c_str());
  while (true) {
    ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return runs;
    ASSIGN_OR_RETURN(StoredRun run, ReadRun(query, 1));
    RETURN_IF_ERROR(ReadResults(db, query.Int(0), run.run_id, &run.results));
    runs.push_back(std::move(run));
  }
}

absl::StatusOr<StoredRun> SqliteQueries::GetRun(std::string_view run_id) {
  static const std::string sql = absl::StrCat("SELECT ", kRunColumns, " FROM run WHERE run_id = ?");
  return FindOne(sql.c_str(), run_id, &NoSuchRun);
}

absl::StatusOr<StoredRun> SqliteQueries::FindByRequestId(std::string_view request_id) {
  static const std::string sql =
      absl::StrCat("SELECT ", kRunColumns, " FROM run WHERE request_id = ?");
  return FindOne(sql.c_str(), request_id, &NoSuchRequest);
}

absl::StatusOr<StoredRun> SqliteQueries::FindOne(const char* sql, std::string_view key,
                                                 Missing missing) {
  MutexLock lock(&database_->mutex);
  SqliteQuery query(database_->connection.get(), sql);
  query.Text(1, key);
  ASSIGN_OR_RETURN(const bool row, query.Step());
  if (!row) return missing(key);
  return ReadRun(query);
}

absl::StatusOr<std::vector<v1::TaskResult>> SqliteQueries::GetResults(std::string_view run_id) {
  MutexLock lock(&database_->mutex);
  SqliteConnection* db = database_->connection.get();
  SqliteQuery run(db, "SELECT number FROM run WHERE run_id = ?");
  run.Text(1, run_id);
  ASSIGN_OR_RETURN(const bool known, run.Step());
  if (!known) return NoSuchRun(run_id);
  std::vector<v1::TaskResult> results;
  RETURN_IF_ERROR(ReadResults(db, run.Int(0), std::string(run_id), &results));
  return results;
}

absl::StatusOr<std::vector<v1::RunSummary>> SqliteQueries::ListRuns(const RunFilter& filter) {
  std::string where;
  const auto narrow = [&where](const char* condition) {
    absl::StrAppend(&where, where.empty() ? " WHERE " : " AND ", condition);
  };
  if (!filter.plan_name.empty()) narrow("plan_name = ?2");
  // Said twice, for the index of rounds.
  if (!filter.bake_id.empty()) narrow("bake_id = ?3 AND bake_id <> ''");
  if (filter.decision != v1::DECISION_UNSPECIFIED) narrow("decision = ?4");
  if (filter.round != 0) narrow("round = ?5");
  if (!filter.clean_ups) narrow("clean_up = 0");
  // The inner query finds the runs by indexes alone: rows are large.
  const std::string sql = absl::StrCat(
      "SELECT run_id, plan_name, create_time, manifest IS NOT NULL,"
      " final_run IS NOT NULL, decision, summary, clean_up, bake_id, round FROM run"
      " WHERE number IN (SELECT number FROM run",
      where, " ORDER BY number DESC LIMIT ?1) ORDER BY number DESC");
  MutexLock lock(&database_->mutex);
  SqliteQuery query(database_->connection.get(), sql.c_str());
  query.Int(1, filter.limit);
  if (!filter.plan_name.empty()) query.Text(2, filter.plan_name);
  if (!filter.bake_id.empty()) query.Text(3, filter.bake_id);
  if (filter.decision != v1::DECISION_UNSPECIFIED) query.Int(4, filter.decision);
  if (filter.round != 0) query.Int(5, filter.round);
  std::vector<v1::RunSummary> runs;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return runs;
    v1::RunSummary& run = runs.emplace_back();
    run.set_run_id(query.Bytes(0));
    run.set_plan_name(query.Bytes(1));
    *run.mutable_create_time() = shared::ToProto(WallTimeFromStored(query.Int(2)));
    run.set_state(StateOf(query.Int(3) != 0, query.Int(4) != 0));
    run.set_decision(static_cast<v1::Decision>(query.Int(5)));
    run.set_summary(query.Bytes(6));
    run.set_clean_up(query.Int(7) != 0);
    run.set_bake_id(query.Bytes(8));
    run.set_round(static_cast<int>(query.Int(9)));
  }
}

absl::StatusOr<std::vector<v1::Run>> SqliteQueries::GetOutlines(std::string_view plan_name,
                                                                v1::Decision decision, int limit) {
  MutexLock lock(&database_->mutex);
  // Runs from before there were outlines have none.
  SqliteQuery query(database_->connection.get(),
                    "SELECT outline, CASE WHEN outline IS NULL THEN final_run END"
                    " FROM run LEFT JOIN outline ON outline.run = run.number"
                    " WHERE plan_name = ? AND decision = ? ORDER BY number DESC LIMIT ?");
  query.Text(1, plan_name).Int(2, decision).Int(3, limit);
  std::vector<v1::Run> runs;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return runs;
    v1::Run run;
    if (!run.ParseFromString(query.Bytes(query.IsNull(0) ? 1 : 0))) {
      return absl::DataLossError("the store's records of promoted runs cannot be read");
    }
    runs.push_back(query.IsNull(0) ? OutlineOf(run) : std::move(run));
  }
}

}  // namespace smokemesh::coordinator
