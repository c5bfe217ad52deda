#include "coordinator/store/pqxx_queries.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "coordinator/store/pqxx_text.h"
#include "coordinator/store/run_codec.h"
#include "shared/duration.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kRunColumns[] = "run_id, create_time, request, manifest, cancel_reason, final_run";

int64_t IntOf(const std::optional<std::string>& value) {
  int64_t number = 0;
  if (!value.has_value() || !absl::SimpleAtoi(*value, &number)) return 0;
  return number;
}

std::string TextOf(const std::optional<std::string>& value) {
  return FromPqxxText(value.value_or(""));
}

std::optional<std::string> BytesOf(const std::optional<std::string>& value) {
  return value.has_value() ? FromPqxxBytes(*value) : std::nullopt;
}

bool IsTrue(const std::optional<std::string>& value) { return value == "t"; }

// Reads a row of kRunColumns.
absl::StatusOr<StoredRun> ReadRun(const PqxxRow& row, size_t first = 0) {
  RunColumns columns;
  columns.run_id = TextOf(row[first]);
  columns.create_time = IntOf(row[first + 1]);
  std::optional<std::string> request = BytesOf(row[first + 2]);
  if (!request.has_value()) return UnreadableRun(columns.run_id);
  columns.request = *std::move(request);
  columns.manifest = BytesOf(row[first + 3]);
  columns.cancel_reason = TextOf(row[first + 4]);
  columns.final_run = BytesOf(row[first + 5]);
  return DecodeRun(std::move(columns));
}

}  // namespace

PqxxQueries::PqxxQueries(PqxxTarget target, PqxxSession::Prepare prepare)
    : session_(std::move(target), std::move(prepare)) {}

absl::Status PqxxQueries::Connect() {
  shared::MutexLock lock(&mutex_);
  return session_.Get().status();
}

absl::StatusOr<PqxxRows> PqxxQueries::Ask(const std::string& sql,
                                          const std::vector<std::string>& values) {
  shared::MutexLock lock(&mutex_);
  return session_.Ask(sql, values);
}

absl::StatusOr<std::vector<StoredRun>> PqxxQueries::LoadOpenRuns() {
  ASSIGN_OR_RETURN(
      const PqxxRows rows,
      Ask(absl::StrCat("SELECT ", kRunColumns, " FROM run WHERE final_run IS NULL ORDER BY number"),
          {}));
  std::vector<StoredRun> runs;
  for (const PqxxRow& row : rows) {
    ASSIGN_OR_RETURN(StoredRun run, ReadRun(row));
    ASSIGN_OR_RETURN(run.results, GetResults(run.run_id));
    runs.push_back(std::move(run));
  }
  return runs;
}

absl::StatusOr<StoredRun> PqxxQueries::GetRun(std::string_view run_id) {
  ASSIGN_OR_RETURN(const PqxxRows rows,
                   Ask(absl::StrCat("SELECT ", kRunColumns, " FROM run WHERE run_id = $1"),
                       {ToPqxxText(run_id)}));
  if (rows.empty()) return NoSuchRun(run_id);
  return ReadRun(rows[0]);
}

absl::StatusOr<StoredRun> PqxxQueries::FindByRequestId(std::string_view request_id) {
  ASSIGN_OR_RETURN(const PqxxRows rows,
                   Ask(absl::StrCat("SELECT ", kRunColumns, " FROM run WHERE request_id = $1"),
                       {ToPqxxText(request_id)}));
  if (rows.empty()) return NoSuchRequest(request_id);
  return ReadRun(rows[0]);
}

absl::StatusOr<std::vector<v1::TaskResult>> PqxxQueries::GetResults(std::string_view run_id) {
  ASSIGN_OR_RETURN(const PqxxRows rows,
                   Ask("SELECT result.result FROM run LEFT JOIN result ON result.run = run.number"
                       " WHERE run_id = $1 ORDER BY result.number",
                       {ToPqxxText(run_id)}));
  if (rows.empty()) return NoSuchRun(run_id);
  std::vector<v1::TaskResult> results;
  for (const PqxxRow& row : rows) {
    if (!row[0].has_value()) continue;  // the run without any
    const std::optional<std::string> bytes = BytesOf(row[0]);
    if (!bytes.has_value() || !results.emplace_back().ParseFromString(*bytes)) {
      return UnreadableRun(run_id);
    }
  }
  return results;
}

absl::StatusOr<std::vector<v1::RunSummary>> PqxxQueries::ListRuns(const RunFilter& filter) {
  std::string where;
  std::vector<std::string> values = {absl::StrCat(filter.limit)};
  const auto narrow = [&](const char* condition, const std::string& value) {
    values.push_back(value);
    absl::StrAppend(&where, where.empty() ? " WHERE " : " AND ", condition, values.size());
  };
  if (!filter.plan_name.empty()) narrow("plan_name = $", ToPqxxText(filter.plan_name));
  // Said twice, for the index of rounds.
  if (!filter.bake_id.empty()) narrow("bake_id <> '' AND bake_id = $", ToPqxxText(filter.bake_id));
  if (filter.decision != v1::DECISION_UNSPECIFIED) {
    narrow("decision = $", absl::StrCat(static_cast<int>(filter.decision)));
  }
  if (filter.round != 0) narrow("round = $", absl::StrCat(filter.round));
  if (!filter.clean_ups) narrow("clean_up = $", "false");
  ASSIGN_OR_RETURN(
      const PqxxRows rows,
      Ask(absl::StrCat("SELECT run_id, plan_name, create_time, manifest IS NOT NULL,"
                       " final_run IS NOT NULL, decision, summary, clean_up, bake_id, round"
                       " FROM run",
                       where, " ORDER BY number DESC LIMIT $1"),
          values));
  std::vector<v1::RunSummary> runs;
  for (const PqxxRow& row : rows) {
    v1::RunSummary& run = runs.emplace_back();
    run.set_run_id(TextOf(row[0]));
    run.set_plan_name(TextOf(row[1]));
    *run.mutable_create_time() = shared::ToProto(WallTimeFromStored(IntOf(row[2])));
    run.set_state(StateOf(IsTrue(row[3]), IsTrue(row[4])));
    run.set_decision(static_cast<v1::Decision>(IntOf(row[5])));
    run.set_summary(TextOf(row[6]));
    run.set_clean_up(IsTrue(row[7]));
    run.set_bake_id(TextOf(row[8]));
    run.set_round(static_cast<int>(IntOf(row[9])));
  }
  return runs;
}

absl::StatusOr<std::vector<v1::Run>> PqxxQueries::GetOutlines(std::string_view plan_name,
                                                              v1::Decision decision, int limit) {
  ASSIGN_OR_RETURN(
      const PqxxRows rows,
      Ask("SELECT outline FROM run JOIN outline ON outline.run = run.number"
          " WHERE plan_name = $1 AND decision = $2::integer ORDER BY number DESC"
          " LIMIT $3::bigint",
          {ToPqxxText(plan_name), absl::StrCat(static_cast<int>(decision)), absl::StrCat(limit)}));
  std::vector<v1::Run> runs;
  for (const PqxxRow& row : rows) {
    const std::optional<std::string> bytes = BytesOf(row[0]);
    if (!bytes.has_value() || !runs.emplace_back().ParseFromString(*bytes)) {
      return absl::DataLossError("the store's records of promoted runs cannot be read");
    }
  }
  return runs;
}

}  // namespace smokemesh::coordinator
