#include "agent/checks/postgres/scratch_schemas.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/checks/postgres/pqxx_connection.h"
#include "shared/status_macros.h"
#include "shared/uuid.h"

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

// Ends backends of this role and this program whose identifiers `pids` (SQL with `$1`) gives: a
// process identifier may be another's by now. A refusal does not matter, the drop shows whether
// anything is in its way.
absl::Status EndBackends(PqxxConnection& connection, const std::string& pids,
                         const std::string& parameter, const CheckContext& context) {
  return connection
      .Execute(absl::StrCat("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN (",
                            pids,
                            ") AND pid <> pg_backend_pid() AND application_name = "
                            "current_setting('application_name') AND usename = current_user"),
               {parameter}, context)
      .status();
}

absl::Status EndBackends(PqxxConnection& connection, const std::vector<int>& pids,
                         const CheckContext& context) {
  if (pids.empty()) return absl::OkStatus();
  return EndBackends(connection, "SELECT unnest($1::int[])",
                     absl::StrCat("{", absl::StrJoin(pids, ","), "}"), context);
}

// Whoever makes something in a schema locks the schema itself, too: that is seen even while the
// thing is not committed.
constexpr char kLockHolders[] =
    "SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
    "LEFT JOIN pg_class c ON c.oid = l.relation "
    "JOIN pg_namespace n ON n.oid = c.relnamespace "
    "OR (l.classid = 'pg_namespace'::regclass AND l.objid = n.oid) "
    "WHERE d.datname = current_database() AND n.nspname = $1 AND l.pid IS NOT NULL";

absl::Status Drop(PqxxConnection& connection, const std::string& schema,
                  const CheckContext& context) {
  return Run(connection, absl::StrCat("DROP SCHEMA IF EXISTS ", Quoted(schema), " CASCADE"), {},
             context, "cannot drop", "look for sessions that hold locks in it (pg_locks)");
}

absl::Status MayBeLeft(const std::string& schema, const ConnectionParameters& parameters,
                       const absl::Status& why) {
  if (why.ok()) return why;
  const std::string text = absl::StrCat("the scratch schema ", Quoted(schema), " may be left on ",
                                        TargetOf(parameters), ": ", std::string(why.message()));
  return IsForbidden(why) ? ForbiddenError(text) : absl::Status(why.code(), text);
}

absl::Status EndBackendsOn(const ConnectionParameters& parameters, const TargetGuard& guard,
                           const std::vector<int>& pids, const CheckContext& context) {
  if (pids.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::unique_ptr<PqxxConnection> session,
                   PqxxConnection::Open(parameters, guard, context));
  return EndBackends(*session, pids, context);
}

absl::Status DropOurs(const ConnectionParameters& parameters, const TargetGuard& guard,
                      const std::string& schema, const std::vector<int>& left,
                      const CheckContext& context) {
  ASSIGN_OR_RETURN(const std::unique_ptr<PqxxConnection> session,
                   PqxxConnection::Open(parameters, guard, context));
  RETURN_IF_ERROR(LimitLockWaits(*session, context));
  RETURN_IF_ERROR(EndBackends(*session, left, context));
  return Drop(*session, schema, context);
}

// An error when the schema is still there.
absl::Status MustBeGone(const ConnectionParameters& parameters, const TargetGuard& guard,
                        const std::string& schema, const CheckContext& context) {
  ASSIGN_OR_RETURN(const std::unique_ptr<PqxxConnection> session,
                   PqxxConnection::Open(parameters, guard, context));
  ASSIGN_OR_RETURN(const StatementResult owner,
                   session->Execute("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE "
                                    "nspname = $1",
                                    {schema}, context));
  if (owner.first_row.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("it belongs to the role ", Quoted(owner.first_row[0].value_or("")),
                   ", and this connection's role may not drop it"));
}

}  // namespace

bool IsScratchSchemaName(std::string_view name) {
  constexpr std::string_view kPrefix = "smokemesh_";
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  return name.size() == 16 && name.find_first_not_of("0123456789abcdef") == name.npos;
}

ScratchSchemas::ScratchSchemas(TargetGuard guard)
    : guard_(std::move(guard)), mark_("smokemesh " + shared::RandomUuid()) {}

absl::Status ScratchSchemas::Ensure(const std::string& connection,
                                    const ConnectionParameters& parameters,
                                    const std::string& schema, const CheckContext& context) {
  // Made before and destroyed after the lock is held: its callback takes the lock.
  const shared::Cancellation::Registration wake(context.cancellation, [this] {
    shared::MutexLock lock(&mutex_);
    changed_.NotifyAll();
  });
  bool cancelled = false;
  {
    shared::MutexLock lock(&mutex_);
    for (;;) {
      const auto it = schemas_.find(connection);
      if (it != schemas_.end() && it->second.made) return absl::OkStatus();
      cancelled = context.cancellation->cancelled();
      if (cancelled || !busy_) break;
      if (!changed_.WaitUntil(&mutex_, context.deadline) && busy_ &&
          std::chrono::steady_clock::now() >= context.deadline) {
        return absl::DeadlineExceededError(
            absl::StrCat("the scratch schema ", Quoted(schema), " on ", TargetOf(parameters),
                         " was not ready in time: another step was still making it"));
      }
    }
    if (!cancelled) busy_ = true;
  }
  // Asked without the lock: whoever cancels holds that one and wants ours.
  if (cancelled) return absl::CancelledError(context.cancellation->reason());
  const absl::Status made = Make(connection, parameters, schema, context);
  shared::MutexLock lock(&mutex_);
  busy_ = false;
  changed_.NotifyAll();
  return made;
}

absl::Status ScratchSchemas::Make(const std::string& connection,
                                  const ConnectionParameters& parameters, const std::string& schema,
                                  const CheckContext& context) {
  ASSIGN_OR_RETURN(const std::unique_ptr<PqxxConnection> session,
                   PqxxConnection::Open(parameters, guard_, context));
  const std::string what =
      absl::StrCat("cannot make the scratch schema ", Quoted(schema), " on ", TargetOf(parameters));
  ASSIGN_OR_RETURN(
      const StatementResult there,
      session->Execute("SELECT obj_description(oid, 'pg_namespace') = $2 FROM pg_namespace WHERE "
                       "nspname = $1",
                       {schema, mark_}, context));
  if (!there.first_row.empty()) {
    if (there.first_row[0] == "t") {
      shared::MutexLock lock(&mutex_);
      schemas_[connection] = {parameters, schema, Schema::Kind::kShared, true};
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(LimitLockWaits(*session, context));
    RETURN_IF_ERROR(EndBackends(*session, kLockHolders, schema, context));
    RETURN_IF_ERROR(Run(*session,
                        absl::StrCat("DROP SCHEMA IF EXISTS ", Quoted(schema), " CASCADE"), {},
                        context, what,
                        "it is left of an earlier run, and somebody holds it or another role owns "
                        "it"));
  }
  {
    // Before the answer: a schema whose making was not confirmed may exist.
    shared::MutexLock lock(&mutex_);
    schemas_[connection] = {parameters, schema, Schema::Kind::kOurs, false};
  }
  ASSIGN_OR_RETURN(const StatementResult made,
                   session->Execute(absl::StrCat("CREATE SCHEMA ", Quoted(schema)), {}, context));
  if (made.sqlstate != "00000") {
    // The server said no: there is nothing to drop.
    shared::MutexLock lock(&mutex_);
    schemas_.erase(connection);
    return Refused(what, made,
                   made.sqlstate == "42501" ? "the user needs CREATE on the database" : "");
  }
  RETURN_IF_ERROR(Run(*session,
                      absl::StrCat("COMMENT ON SCHEMA ", Quoted(schema), " IS '", mark_, "'"), {},
                      context, what, ""));
  shared::MutexLock lock(&mutex_);
  schemas_[connection].made = true;
  return absl::OkStatus();
}

void ScratchSchemas::NoteLeftBehind(const std::string& connection, int backend_pid) {
  shared::MutexLock lock(&mutex_);
  left_[connection].push_back(backend_pid);
}

absl::Status ScratchSchemas::Remove(const std::string& connection,
                                    const ConnectionParameters& parameters,
                                    const std::string& schema, const CheckContext& context) {
  if (!IsScratchSchemaName(schema)) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quoted(schema), " is not the name of a scratch schema: smokemesh drops no other"));
  }
  {
    shared::MutexLock lock(&mutex_);
    if (schemas_.contains(connection)) return absl::OkStatus();  // DropAll will
  }
  auto session = PqxxConnection::Open(parameters, guard_, context);
  if (!session.ok()) return MayBeLeft(schema, parameters, session.status());
  const auto may_drop = (*session)->Execute(
      "SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = "
      "$1",
      {schema}, context);
  if (!may_drop.ok()) return MayBeLeft(schema, parameters, may_drop.status());
  if (may_drop->first_row.empty()) return absl::OkStatus();  // not there
  if (may_drop->first_row[0] != "t") {
    shared::MutexLock lock(&mutex_);
    schemas_[connection] = {parameters, schema, Schema::Kind::kForeign, true};
    return absl::OkStatus();
  }
  const auto drop = [&]() -> absl::Status {
    RETURN_IF_ERROR(LimitLockWaits(**session, context));
    RETURN_IF_ERROR(EndBackends(**session, kLockHolders, schema, context));
    return Drop(**session, schema, context);
  };
  return MayBeLeft(schema, parameters, drop());
}

absl::Status ScratchSchemas::DropAll(const CheckContext& context) {
  Schemas schemas;
  Backends left;
  {
    shared::MutexLock lock(&mutex_);
    schemas.swap(schemas_);
    left.swap(left_);
  }
  using Kind = Schema::Kind;
  // What other roles' sessions left behind may be in the way of the owner.
  for (const auto& [connection, schema] : schemas) {
    if (schema.kind != Kind::kShared) continue;
    EndBackendsOn(schema.parameters, guard_, left[connection], context).IgnoreError();
  }
  std::vector<std::string> problems;
  absl::StatusCode code = absl::StatusCode::kOk;
  Schemas remaining;
  for (const Kind kind : {Kind::kOurs, Kind::kForeign}) {
    for (const auto& [connection, schema] : schemas) {
      if (schema.kind != kind) continue;
      const absl::Status status = MayBeLeft(
          schema.name, schema.parameters,
          kind == Kind::kOurs
              ? DropOurs(schema.parameters, guard_, schema.name, left[connection], context)
              : MustBeGone(schema.parameters, guard_, schema.name, context));
      if (status.ok()) continue;
      remaining.emplace(connection, schema);
      code = status.code();
      problems.push_back(std::string(status.message()));
    }
  }
  if (remaining.empty()) return absl::OkStatus();
  // For the next call; whoever shares what is left has to ask again.
  shared::MutexLock lock(&mutex_);
  for (auto& [connection, schema] : remaining) schema.made = false;
  schemas_ = std::move(remaining);
  left_ = std::move(left);
  return absl::Status(code, absl::StrJoin(problems, "; "));
}

}  // namespace smokemesh::agent
