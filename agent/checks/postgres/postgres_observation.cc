#include "agent/checks/postgres/postgres_observation.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace smokemesh::agent {
namespace {

using shared::Value;

// pg_type.oid of built-in types; they never change.
enum Type : uint32_t {
  kBool = 16,
  kChar = 18,
  kName = 19,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kOid = 26,
  kJson = 114,
  kFloat4 = 700,
  kFloat8 = 701,
  kUnknown = 705,
  kBpchar = 1042,
  kVarchar = 1043,
  kDate = 1082,
  kTime = 1083,
  kTimestamp = 1114,
  kTimestamptz = 1184,
  kTimetz = 1266,
  kNumeric = 1700,
  kUuid = 2950,
  kJsonb = 3802,
};

Value Integer(const std::string& text) {
  int64_t number = 0;
  if (absl::SimpleAtoi(text, &number)) return number;
  return shared::Text{text};
}

Value Number(const std::string& text) {
  double number = 0;
  if (absl::SimpleAtod(text, &number)) return number;
  return shared::Text{text};
}

std::string Rows(int64_t rows) { return absl::StrCat(rows, rows == 1 ? " row" : " rows"); }

std::string Failure(const StatementResult& result) {
  return absl::StrCat("SQLSTATE ", result.sqlstate, ": ", result.error);
}

}  // namespace

Value TypedValue(uint32_t type, const std::optional<std::string>& text) {
  if (!text.has_value()) return shared::Null{};
  switch (type) {
    case kBool:
      return *text == "t";
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
      return Integer(*text);
    case kNumeric: {
      // sum(bigint) is numeric: whole numbers stay exact.
      const Value whole = Integer(*text);
      return std::holds_alternative<int64_t>(whole) ? whole : Number(*text);
    }
    case kFloat4:
    case kFloat8:
      return Number(*text);
    case kJson:
    case kJsonb: {
      // The root: scalars get their own type, the rest compact text.
      Value root = shared::JsonPointer(*text, "");
      return std::holds_alternative<shared::Absent>(root) ? Value(shared::Json{*text}) : root;
    }
    case kChar:
    case kName:
    case kText:
    case kUnknown:
    case kBpchar:
    case kVarchar:
    case kDate:
    case kTime:
    case kTimestamp:
    case kTimestamptz:
    case kTimetz:
    case kUuid:
      return shared::String{*text};
    default:
      return shared::Text{*text};
  }
}

PostgresObservation::PostgresObservation(StatementResult result) : result_(std::move(result)) {}

Value PostgresObservation::Column(size_t index) const {
  if (index >= result_.first_row.size()) return shared::Absent{};
  return TypedValue(result_.columns[index].type, result_.first_row[index]);
}

absl::StatusOr<Value> PostgresObservation::Get(std::string_view query,
                                               std::string_view argument) const {
  if (query == "duration") return result_.duration;
  if (query == "connect_duration") {
    if (!result_.connect_duration.has_value()) return shared::Absent{};
    return *result_.connect_duration;
  }
  if (query == "sqlstate") return shared::Text{result_.sqlstate};
  if (query == "error") {
    if (!failed()) return shared::Absent{};
    return shared::Text{result_.error};
  }
  if (failed()) return shared::Absent{};
  if (query == "rows") return result_.rows;
  if (query == "affected") return result_.affected;
  if (query == "value") return Column(0);
  if (query == "column") {
    for (size_t i = 0; i < result_.columns.size(); ++i) {
      if (result_.columns[i].name == argument) return Column(i);
    }
    return shared::Absent{};
  }
  if (query == "json") {
    if (result_.first_row.empty() || !result_.first_row[0].has_value()) return shared::Absent{};
    return shared::JsonPointer(*result_.first_row[0], argument);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("PostgreSQL steps have no query \"", std::string(query), "\""));
}

std::string PostgresObservation::Summary() const {
  if (failed()) return Failure(result_);
  if (result_.columns.empty()) {
    return result_.affected == 0 ? "done" : absl::StrCat(Rows(result_.affected), " affected");
  }
  if (result_.rows == 0) return "0 rows";
  // Neither escaped nor cut here: secrets are hidden first.
  const std::string first = result_.first_row[0].value_or("NULL");
  return absl::StrCat(Rows(result_.rows), result_.rows == 1 ? ": " : ", the first: ", first);
}

shared::Observation::Implied PostgresObservation::UnlessAsked() const {
  Implied implied;
  implied.queries = {"sqlstate", "error"};
  if (failed()) implied.mismatch = Mismatch{"the statement to succeed", Failure(result_)};
  return implied;
}

bool PostgresObservation::LacksFeature() const {
  return result_.sqlstate == "0A000" || result_.sqlstate == "58P01" ||
         result_.sqlstate == "42883" || result_.sqlstate == "42704";
}

absl::StatusOr<Value> DisconnectObservation::Get(std::string_view, std::string_view) const {
  return shared::Absent{};
}

}  // namespace smokemesh::agent
