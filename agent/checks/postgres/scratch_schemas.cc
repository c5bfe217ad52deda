#include "agent/checks/postgres/scratch_schemas.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/checks/postgres/pqxx_connection.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

// Left of the deadline after the server gave up waiting for locks: time to say who holds them.
constexpr shared::Duration kLockMargin = std::chrono::milliseconds(200);

std::string Quoted(const std::string& identifier) {
  std::string quoted = "\"";
  for (const char c : identifier) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

// The server's error as a status: its own fault, or something that the check lacks.
absl::Status Refused(const std::string& what, const StatementResult& result,
                     const std::string& hint) {
  const std::string text = absl::StrCat(what, ": ", result.error, " (SQLSTATE ", result.sqlstate,
                                        ")", hint.empty() ? "" : "; ", hint);
  // Resources, read-only server, operator or system trouble.
  for (const char* prefix : {"53", "25006", "57", "58", "XX"}) {
    if (result.sqlstate.starts_with(prefix)) return absl::UnavailableError(text);
  }
  return absl::FailedPreconditionError(text);
}

absl::Status Run(PqxxConnection& connection, const std::string& sql,
                 const std::vector<std::string>& parameters, const CheckContext& context,
                 const std::string& what, const std::string& hint) {
  ASSIGN_OR_RETURN(const StatementResult result, connection.Execute(sql, parameters, context));
  if (result.sqlstate == "00000") return absl::OkStatus();
  return Refused(what, result, hint);
}

absl::Status LimitLockWaits(PqxxConnection& connection, const CheckContext& context) {
  const shared::Duration left = context.deadline - std::chrono::steady_clock::now();
  const int64_t milliseconds = std::max<int64_t>(
      std::chrono::floor<std::chrono::milliseconds>(left - kLockMargin).count(), 1);
  return Run(connection, "SELECT set_config('lock_timeout', $1, false)",
             {absl::StrCat(milliseconds, "ms")}, context, "cannot limit waits for locks", "");
}

}  // namespace

absl::Status ScratchSchemas::Ensure(const std::string& connection,
                                    const ConnectionParameters& parameters,
                                    const std::string& schema, const CheckContext& context) {
  if (schemas_.contains(connection)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::unique_ptr<PqxxConnection> session,
                   PqxxConnection::Open(parameters, context));
  const std::string what =
      absl::StrCat("cannot make the scratch schema ", Quoted(schema), " on ", TargetOf(parameters));
  RETURN_IF_ERROR(LimitLockWaits(*session, context));
  RETURN_IF_ERROR(Run(*session, absl::StrCat("DROP SCHEMA IF EXISTS ", Quoted(schema), " CASCADE"),
                      {}, context, what, "an earlier run may still hold it"));
  // Before the answer: a schema whose making was not confirmed may exist.
  schemas_[connection] = {parameters, schema};
  const absl::Status made = Run(*session, absl::StrCat("CREATE SCHEMA ", Quoted(schema)), {},
                                context, what, "the user needs CREATE on the database");
  // The server said no: there is nothing to drop.
  if (absl::IsFailedPrecondition(made)) schemas_.erase(connection);
  return made;
}

void ScratchSchemas::NoteLeftBehind(const std::string& connection, int backend_pid) {
  left_[connection].push_back(backend_pid);
}

absl::Status ScratchSchemas::DropAll(const CheckContext& context) {
  std::vector<std::string> problems;
  absl::StatusCode code = absl::StatusCode::kOk;
  for (auto it = schemas_.begin(); it != schemas_.end();) {
    const Schema& schema = it->second;
    const auto drop = [&]() -> absl::Status {
      ASSIGN_OR_RETURN(const std::unique_ptr<PqxxConnection> session,
                       PqxxConnection::Open(schema.parameters, context));
      RETURN_IF_ERROR(LimitLockWaits(*session, context));
      if (const auto left = left_.find(it->first); left != left_.end()) {
        // Only what is ours by name: a process identifier may be another's by now. A refusal does
        // not matter, the drop shows whether anything is in its way.
        RETURN_IF_ERROR(
            session
                ->Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = "
                          "ANY($1::int[]) AND application_name = "
                          "current_setting('application_name') AND usename = current_user",
                          {absl::StrCat("{", absl::StrJoin(left->second, ","), "}")}, context)
                .status());
      }
      return Run(*session, absl::StrCat("DROP SCHEMA IF EXISTS ", Quoted(schema.name), " CASCADE"),
                 {}, context, "cannot drop", "look for sessions that hold locks in it");
    };
    const absl::Status status = drop();
    if (status.ok()) {
      left_.erase(it->first);
      it = schemas_.erase(it);
      continue;
    }
    code = status.code();
    problems.push_back(absl::StrCat("the scratch schema ", Quoted(schema.name), " may be left on ",
                                    TargetOf(schema.parameters), ": ",
                                    std::string(status.message())));
    ++it;
  }
  return absl::Status(code, absl::StrJoin(problems, "; "));
}

}  // namespace smokemesh::agent
