#include "agent/checks/postgres/postgres_observation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace smokemesh::agent {
namespace {

StatementResult OneRow() {
  StatementResult result;
  result.rows = 1;
  result.columns = {{"id", 20}, {"doc", 3802}, {"gone", 25}};
  result.first_row = {"42", R"({"a": [1, "x"]})", std::nullopt};
  return result;
}

TEST(TypedValue, FollowsTheTypeOfTheColumn) {
  EXPECT_TRUE(std::holds_alternative<shared::Null>(TypedValue(20, std::nullopt)));
  EXPECT_EQ(std::get<bool>(TypedValue(16, "t")), true);
  EXPECT_EQ(std::get<bool>(TypedValue(16, "f")), false);
  EXPECT_EQ(std::get<int64_t>(TypedValue(20, "-9223372036854775808")), INT64_MIN);
  EXPECT_EQ(std::get<int64_t>(TypedValue(1700, "12345678901234567")), 12345678901234567);
  EXPECT_EQ(std::get<double>(TypedValue(1700, "1.50")), 1.5);
  EXPECT_EQ(std::get<double>(TypedValue(701, "0.25")), 0.25);
  EXPECT_EQ(std::get<shared::String>(TypedValue(25, "007")).text, "007");
  EXPECT_EQ(std::get<shared::String>(TypedValue(1184, "2026-01-01 00:00:00+00")).text,
            "2026-01-01 00:00:00+00");
  EXPECT_TRUE(std::holds_alternative<shared::Json>(TypedValue(3802, R"({"a": 1})")));
  EXPECT_EQ(std::get<int64_t>(TypedValue(3802, "7")), 7);
  EXPECT_EQ(std::get<shared::Text>(TypedValue(790, "$1.00")).text, "$1.00");
}

TEST(PostgresObservation, AnswersItsQueries) {
  const PostgresObservation seen(OneRow());
  EXPECT_EQ(std::get<int64_t>(*seen.Get("rows", "")), 1);
  EXPECT_EQ(std::get<int64_t>(*seen.Get("value", "")), 42);
  EXPECT_TRUE(std::holds_alternative<shared::Null>(*seen.Get("column", "gone")));
  EXPECT_TRUE(std::holds_alternative<shared::Absent>(*seen.Get("column", "other")));
  EXPECT_EQ(std::get<shared::Text>(*seen.Get("sqlstate", "")).text, "00000");
  EXPECT_TRUE(std::holds_alternative<shared::Absent>(*seen.Get("error", "")));
  EXPECT_EQ(seen.Get("status", "").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(seen.Summary(), "1 row: 42");
  EXPECT_FALSE(seen.UnlessAsked().mismatch.has_value());
}

TEST(PostgresObservation, LooksIntoJsonOfTheFirstColumn) {
  StatementResult result = OneRow();
  result.columns.erase(result.columns.begin());
  result.first_row.erase(result.first_row.begin());
  const PostgresObservation seen(std::move(result));
  EXPECT_EQ(std::get<shared::String>(*seen.Get("json", "/a/1")).text, "x");
  EXPECT_TRUE(std::holds_alternative<shared::Absent>(*seen.Get("json", "/b")));
}

TEST(PostgresObservation, FailsAStepWhoseStatementFailedUnlessThatWasAsked) {
  StatementResult result;
  result.sqlstate = "23514";
  result.error = "violates check constraint \"c\"";
  const PostgresObservation seen(std::move(result));
  const auto implied = seen.UnlessAsked();
  EXPECT_EQ(implied.queries, (std::vector<std::string>{"sqlstate", "error"}));
  ASSERT_TRUE(implied.mismatch.has_value());
  EXPECT_EQ(implied.mismatch->expected, "the statement to succeed");
  EXPECT_EQ(implied.mismatch->actual, "SQLSTATE 23514: violates check constraint \"c\"");
  EXPECT_TRUE(std::holds_alternative<shared::Absent>(*seen.Get("value", "")));
  EXPECT_FALSE(seen.LacksFeature());
}

TEST(PostgresObservation, KnowsErrorsThatMeanAMissingFeature) {
  for (const char* state : {"0A000", "58P01", "42883", "42704"}) {
    StatementResult result;
    result.sqlstate = state;
    EXPECT_TRUE(PostgresObservation(std::move(result)).LacksFeature()) << state;
  }
}

TEST(PostgresObservation, TellsHowLongConnectingTookOnlyWhenItDid) {
  EXPECT_TRUE(std::holds_alternative<shared::Absent>(
      *PostgresObservation(OneRow()).Get("connect_duration", "")));
  StatementResult result;
  result.sqlstate = "22012";
  result.connect_duration = std::chrono::milliseconds(3);
  EXPECT_EQ(std::get<shared::Duration>(
                *PostgresObservation(std::move(result)).Get("connect_duration", "")),
            std::chrono::milliseconds(3));
}

TEST(PostgresObservation, Summarises) {
  StatementResult changed;
  changed.affected = 3;
  EXPECT_EQ(PostgresObservation(changed).Summary(), "3 rows affected");
  EXPECT_EQ(PostgresObservation(StatementResult()).Summary(), "done");
  StatementResult many = OneRow();
  many.rows = 2;
  many.columns[0].type = 25;
  many.first_row[0] = "a\nb" + std::string(1000, 'x');
  // As it came: a value that is escaped or cut here may end in half a secret.
  EXPECT_EQ(PostgresObservation(many).Summary(), "2 rows, the first: " + *many.first_row[0]);
}

}  // namespace
}  // namespace smokemesh::agent
