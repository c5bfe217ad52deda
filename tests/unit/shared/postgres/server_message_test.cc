#include "shared/postgres/server_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace smokemesh::shared {
namespace {

TEST(ParseServerMessage, TakesStateAndPrimaryMessageAndLeavesRowsOut) {
  const ServerMessage message = ParseServerMessage(
      "ERROR:  23514: new row for relation \"t\" violates check constraint \"c\"\n"
      "DETAIL:  Failing row contains (1, canary).\nLOCATION:  ExecConstraints, execMain.c:2023\n");
  EXPECT_EQ(message.sqlstate, "23514");
  EXPECT_EQ(message.text, "new row for relation \"t\" violates check constraint \"c\"");
}

TEST(ParseServerMessage, ReadsOtherLanguages) {
  const ServerMessage message =
      ParseServerMessage("FEHLER:  42P01: Relation »x« existiert nicht\nLINE 1: SELECT\n");
  EXPECT_EQ(message.sqlstate, "42P01");
  EXPECT_EQ(message.text, "Relation »x« existiert nicht");
}

TEST(ParseServerMessage, NeitherCutsNorEscapesSinceSecretsAreHiddenLater) {
  const std::string text = "a\tb" + std::string(5'000, 'x') + "\xff";
  EXPECT_EQ(ParseServerMessage("ERROR:  P0001: " + text + "\n").text, text);
}

TEST(ParseServerMessage, KeepsTextWithoutAState) {
  const ServerMessage message = ParseServerMessage("no COPY in progress\n");
  EXPECT_EQ(message.sqlstate, "");
  EXPECT_EQ(message.text, "no COPY in progress");
}

struct Case {
  const char* message;
  absl::StatusCode code;
  const char* text;
};

class ConnectionErrorTest : public ::testing::TestWithParam<Case> {};

TEST_P(ConnectionErrorTest, SaysWhoseFaultItIs) {
  const absl::Status status = ConnectionError(GetParam().message, "db:5432");
  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_EQ(status.message(), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Messages, ConnectionErrorTest,
    ::testing::Values(
        Case{"connection to server at \"10.0.0.1\", port 5432 failed: FATAL:  28P01: password "
             "authentication failed for user \"bob\"\nLOCATION:  auth_failed, auth.c:335\n",
             absl::StatusCode::kUnauthenticated,
             "db:5432 refused the session: password authentication failed for user \"bob\" "
             "(SQLSTATE 28P01); check the user and the password of the connection, and the role's "
             "VALID "
             "UNTIL"},
        Case{"connection to server at \"10.0.0.1\", port 5432 failed: FATAL:  53300: sorry, too "
             "many clients already\n",
             absl::StatusCode::kUnavailable,
             "db:5432 refused the session: sorry, too many clients already (SQLSTATE 53300); the "
             "server's "
             "max_connections is used up: look at pg_stat_activity (by usename, application_name "
             "and "
             "state) for the pool that takes them, and at the size and limits of the pooler"},
        Case{"connection to server at \"10.0.0.1\", port 5432 failed: FATAL:  3D000: database "
             "\"x\" does not exist\n",
             absl::StatusCode::kUnavailable,
             "db:5432 refused the session: database \"x\" does not exist (SQLSTATE 3D000); check "
             "the "
             "database name of the connection; pg_database lists those that exist"},
        Case{"connection to server at \"10.0.0.1\", port 5432 failed: FATAL:  42501: permission "
             "denied for database \"x\"\n",
             absl::StatusCode::kPermissionDenied,
             "db:5432 refused the session: permission denied for database \"x\" (SQLSTATE 42501); "
             "the "
             "role needs CONNECT on the database"},
        Case{"connection to server at \"::1\", port 5432 failed: timeout\n"
             "connection to server at \"10.0.0.1\", port 5432 failed: Connection refused\n\tIs the "
             "server running on that host and accepting TCP/IP connections?\n",
             absl::StatusCode::kUnavailable, "connection refused by db:5432"},
        Case{"connection to server at \"10.0.0.1\", port 5432 failed: fe_sendauth: no password "
             "supplied\n",
             absl::StatusCode::kUnauthenticated,
             "db:5432 asks for a password and the connection has none"},
        Case{
            "connection to server at \"10.0.0.1\", port 5432 failed: SSL error: certificate verify "
            "failed\n",
            absl::StatusCode::kUnavailable,
            "TLS with db:5432 failed: SSL error: certificate verify failed"},
        Case{"connection to server at \"10.0.0.1\", port 5432 failed: root certificate file "
             "\"/x\" does not exist\n",
             absl::StatusCode::kFailedPrecondition,
             "TLS files of db:5432: root certificate file \"/x\" does not exist"},
        Case{
            "invalid sslmode value: \"canary\"\n", absl::StatusCode::kInvalidArgument,
            "the connection string has an invalid sslmode value; percent-encode special characters "
            "of the password"}));

}  // namespace
}  // namespace smokemesh::shared
