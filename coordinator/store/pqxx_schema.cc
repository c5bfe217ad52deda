#include "coordinator/store/pqxx_schema.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

// Statements that lead from one version to the next, the first from nothing. Replicas of two
// releases run side by side during an upgrade: a step only adds what the older one can ignore.
//
// Keys are compared byte by byte: the order of a locale may change with the system's libraries.
// `epoch` is the key of `lease`, so that only taking the lease, not renewing it, waits for
// transactions that hold it FOR KEY SHARE. Texts are written by ToPqxxText.
const std::vector<std::vector<const char*>>& Steps() {
  static const auto& steps = *new std::vector<std::vector<const char*>>{
      {"CREATE TABLE schema_version (version integer NOT NULL)",
       "INSERT INTO schema_version VALUES (0)",
       "CREATE TABLE lease ("
       " epoch bigint PRIMARY KEY,"
       " one boolean NOT NULL DEFAULT true UNIQUE CHECK (one),"
       " holder text NOT NULL,"
       " address text NOT NULL,"
       " valid_until timestamptz NOT NULL)",
       "INSERT INTO lease (epoch, holder, address, valid_until) VALUES (0, '', '', 'epoch')",
       "CREATE TABLE run ("
       " number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
       " run_id text COLLATE \"C\" NOT NULL UNIQUE,"
       " request_id text COLLATE \"C\" NOT NULL UNIQUE,"
       " plan_name text COLLATE \"C\" NOT NULL,"
       " create_time bigint NOT NULL,"
       " request bytea NOT NULL,"
       " manifest bytea,"
       " cancel_reason text NOT NULL,"
       " final_run bytea,"
       " decision integer NOT NULL,"
       " summary text NOT NULL,"
       " clean_up boolean NOT NULL,"
       " bake_id text COLLATE \"C\" NOT NULL,"
       " round integer NOT NULL)",
       "CREATE INDEX run_plan ON run (plan_name, decision, number)",
       "CREATE INDEX run_bake ON run (bake_id, round, number) WHERE bake_id <> ''",
       "CREATE INDEX run_open ON run (number) WHERE final_run IS NULL",
       "CREATE TABLE result ("
       " number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
       " run bigint NOT NULL REFERENCES run (number),"
       " check_name text COLLATE \"C\" NOT NULL,"
       " agent text COLLATE \"C\" NOT NULL,"
       " attempt integer NOT NULL,"
       " result bytea NOT NULL,"
       " UNIQUE (run, check_name, agent, attempt))",
       "CREATE TABLE outline ("
       " run bigint PRIMARY KEY REFERENCES run (number),"
       " outline bytea NOT NULL)"}};
  return steps;
}

int NewestVersion() { return static_cast<int>(Steps().size()); }

// Anything that no other program takes by chance: "SmMh".
constexpr char kLockSchema[] = "SELECT pg_advisory_xact_lock(1399672168)";

struct Found {
  bool schema = false;
  int tables = 0;
  std::optional<int> version;  // none: there is no table that says it
};

absl::StatusOr<Found> Look(PqxxConnection* connection, const PqxxTarget& target) {
  ASSIGN_OR_RETURN(
      const PqxxRows rows,
      connection->Execute("SELECT n.oid, count(c.oid), count(c.oid) FILTER"
                          " (WHERE c.relname = 'schema_version')"
                          " FROM (SELECT 1) AS one LEFT JOIN pg_namespace n ON n.nspname = $1"
                          " LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r'"
                          " GROUP BY n.oid",
                          {target.schema}));
  Found found;
  int versions = 0;
  if (rows.size() != 1 || !absl::SimpleAtoi(rows[0][1].value_or(""), &found.tables) ||
      !absl::SimpleAtoi(rows[0][2].value_or(""), &versions)) {
    return absl::InternalError(absl::StrCat("store ", target.name, ": its catalog is unreadable"));
  }
  found.schema = rows[0][0].has_value();
  if (versions == 0) return found;
  ASSIGN_OR_RETURN(const PqxxRows version,
                   connection->Execute("SELECT version FROM schema_version"));
  int number = 0;
  if (version.size() == 1 && absl::SimpleAtoi(version[0][0].value_or(""), &number)) {
    found.version = number;
  }
  return found;
}

absl::Status Refuse(const PqxxTarget& target, const std::string& what) {
  return absl::FailedPreconditionError(
      absl::StrCat("the schema \"", target.schema, "\" of the store ", target.name, " ", what));
}

// What both uses refuse.
absl::Status CheckFound(const Found& found, const PqxxTarget& target) {
  if (found.tables > 0 && !found.version.has_value()) {
    return Refuse(target, "holds tables of another program: choose another with ?schema=NAME");
  }
  if (found.version.value_or(0) > NewestVersion()) {
    return Refuse(target, absl::StrCat("was written by a newer smokemesh (version ", *found.version,
                                       ", this one knows ", NewestVersion(),
                                       "): use that one, or another schema"));
  }
  return absl::OkStatus();
}

absl::Status Change(PqxxConnection* connection, const PqxxTarget& target) {
  RETURN_IF_ERROR(connection->Execute("BEGIN").status());
  RETURN_IF_ERROR(connection->Execute(kLockSchema).status());
  // Another process may have done it while we waited.
  ASSIGN_OR_RETURN(const Found found, Look(connection, target));
  RETURN_IF_ERROR(CheckFound(found, target));
  if (!found.schema) {
    RETURN_IF_ERROR(
        connection->Execute(absl::StrCat("CREATE SCHEMA \"", target.schema, "\"")).status());
  }
  for (int version = found.version.value_or(0); version < NewestVersion(); ++version) {
    for (const char* statement : Steps()[static_cast<size_t>(version)]) {
      RETURN_IF_ERROR(connection->Execute(statement).status());
    }
  }
  RETURN_IF_ERROR(connection
                      ->Execute("UPDATE schema_version SET version = $1::integer",
                                {absl::StrCat(NewestVersion())})
                      .status());
  const absl::Status committed = connection->Commit();
  // Whether it was done is looked at again with the next connection.
  return absl::IsUnknown(committed) ? absl::UnavailableError(committed.message()) : committed;
}

}  // namespace

absl::Status PreparePqxxSchema(PqxxConnection* connection, const PqxxTarget& target) {
  ASSIGN_OR_RETURN(const Found found, Look(connection, target));
  RETURN_IF_ERROR(CheckFound(found, target));
  if (found.version == NewestVersion()) return absl::OkStatus();
  const absl::Status changed = Change(connection, target);
  if (!absl::IsPermissionDenied(changed)) return changed;
  return absl::PermissionDeniedError(
      absl::StrCat(changed.message(),
                   "; the store's role must own the schema: let an administrator run CREATE "
                   "SCHEMA \"",
                   target.schema, "\" AUTHORIZATION the role"));
}

absl::Status CheckPqxxSchema(PqxxConnection* connection, const PqxxTarget& target) {
  ASSIGN_OR_RETURN(const Found found, Look(connection, target));
  if (found.tables == 0) {
    return absl::NotFoundError(absl::StrCat("there is no schema \"", target.schema,
                                            "\" of smokemesh in the store ", target.name,
                                            ": no coordinator has used it yet"));
  }
  RETURN_IF_ERROR(CheckFound(found, target));
  if (found.version == NewestVersion()) return absl::OkStatus();
  return Refuse(target, absl::StrCat("was written by an older smokemesh (version ", *found.version,
                                     ", this one reads ", NewestVersion(),
                                     "): start a coordinator of this version on it, or read it "
                                     "with the version that wrote it"));
}

}  // namespace smokemesh::coordinator
