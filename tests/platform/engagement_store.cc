#include "tests/platform/engagement_store.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::platform {
namespace {

constexpr char kColumns[] =
    "id, client_id, name, engagement_type, status, fiscal_year_end, start_date,"
    " expected_completion_date, partner_id, manager_id, created_by,"
    " to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS created_at,"
    " to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS updated_at,"
    " to_char(locked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS locked_at,"
    " locked_by";

constexpr char kMemberColumns[] =
    "id, engagement_id, user_id, role,"
    " to_char(assigned_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS assigned_at,"
    " assigned_by";

// Which states may follow a state.
const std::map<std::string, std::set<std::string>>& Transitions() {
  static const auto* transitions =
      new std::map<std::string, std::set<std::string>>{{"draft", {"planning"}},
                                                       {"planning", {"fieldwork"}},
                                                       {"fieldwork", {"planning", "review"}},
                                                       {"review", {"fieldwork", "finalized"}},
                                                       {"finalized", {}}};
  return *transitions;
}

absl::StatusOr<Row> One(absl::StatusOr<Rows> rows) {
  if (!rows.ok()) return rows.status();
  if (rows->rows.empty()) return absl::NotFoundError("no such engagement for this user");
  return std::move(rows->rows.front());
}

absl::StatusOr<Row> Select(Transaction& transaction, const std::string& id, const char* lock = "") {
  return One(transaction.Run(
      absl::StrCat("SELECT ", kColumns, " FROM atlas.engagements WHERE id = $1::uuid", lock),
      {id}));
}

// Whether every active quality rule holds.
absl::Status CheckQuality(Transaction& transaction, const Row& engagement) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      transaction.Run(
          "SELECT code FROM atlas.qc_policies WHERE is_active AND CASE code"
          "  WHEN 'partner_assigned' THEN $2::uuid IS NULL"
          "  ELSE (SELECT count(*) < (config->>'least')::int OR count(*) FILTER (WHERE status <>"
          "        'approved') > 0 FROM atlas.workpapers WHERE engagement_id = $1::uuid) END",
          {engagement.at("id"), engagement.at("partner_id")}));
  if (rows.rows.empty()) return absl::OkStatus();
  std::string open;
  for (const Row& row : rows.rows) absl::StrAppend(&open, " ", row.at("code").value_or(""));
  return absl::InvalidArgumentError("Cannot finalize: open quality rules:" + open);
}

}  // namespace

EngagementStore::EngagementStore(const Config& config)
    : config_(config),
      database_({.url = config.database_url,
                 .application_name = "aura-engagement",
                 .session_context = config.Has(Switch::kSessionContext)}) {}

const char* EngagementStore::Seen() const {
  return config_.Has(Switch::kReplicaLags)
             ? " AND atlas.engagements.updated_at < clock_timestamp() - interval '1 s'"
             : "";
}

absl::StatusOr<Row> EngagementStore::Create(const std::string& user, const NewEngagement& in) {
  Row row;
  const absl::Status done = database_.Run(user, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(
        row, One(transaction.Run(
                 absl::StrCat("INSERT INTO atlas.engagements (client_id, name, engagement_type,"
                              " fiscal_year_end, start_date, expected_completion_date, partner_id,"
                              " manager_id, created_by) VALUES ($1::uuid, $2, $3, $4::date,"
                              " $5::date, $6::date, $7::uuid, $8::uuid, $9::uuid) RETURNING ",
                              kColumns),
                 {in.client_id, in.name, in.engagement_type, in.fiscal_year_end, in.start_date,
                  in.expected_completion_date, in.partner_id, in.manager_id, user})));
    RETURN_IF_ERROR(transaction
                        .Run("INSERT INTO atlas.engagement_team_members (engagement_id, user_id,"
                             " role, assigned_by) VALUES ($1::uuid, $2::uuid, 'manager', $2::uuid)",
                             {row.at("id"), user})
                        .status());
    RETURN_IF_ERROR(transaction
                        .Run("INSERT INTO atlas.binder_nodes (engagement_id, node_type, title)"
                             " VALUES ($1::uuid, 'ROOT', $2)",
                             {row.at("id"), in.name})
                        .status());
    if (config_.Has(Switch::kCommitNotDone)) transaction.Discard();
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return row;
}

absl::StatusOr<Row> EngagementStore::Get(const std::string& user, const std::string& id) {
  Row row;
  const absl::Status done = database_.Run(user, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(row, One(transaction.Run(absl::StrCat("SELECT ", kColumns,
                                                           " FROM atlas.engagements WHERE"
                                                           " id = $1::uuid",
                                                           Seen()),
                                              {id})));
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return row;
}

absl::StatusOr<std::vector<Row>> EngagementStore::List(const std::string& user,
                                                       const std::optional<std::string>& status,
                                                       int64_t skip, int64_t limit) {
  Rows rows;
  const absl::Status done = database_.Run(user, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(rows,
                     transaction.Run(absl::StrCat("SELECT ", kColumns,
                                                  " FROM atlas.engagements WHERE ($1::text IS NULL",
                                                  " OR status = $1)", Seen(),
                                                  " ORDER BY atlas.engagements.created_at DESC, id",
                                                  " OFFSET $2::bigint LIMIT $3::bigint"),
                                     {status, absl::StrCat(skip), absl::StrCat(limit)}));
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return std::move(rows.rows);
}

absl::StatusOr<Row> EngagementStore::Update(
    const std::string& user, const std::string& id,
    const std::vector<std::pair<std::string, std::optional<std::string>>>& columns) {
  std::string sets = "updated_at = now()";
  std::vector<std::optional<std::string>> params = {id};
  for (const auto& [column, value] : columns) {
    params.push_back(value);
    const char* type = column == "name" ? "text" : column.ends_with("_date") ? "date" : "uuid";
    absl::StrAppend(&sets, ", ", column, " = $", params.size(), "::", type);
  }
  Row row;
  const absl::Status done = database_.Run(user, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(row,
                     One(transaction.Run(absl::StrCat("UPDATE atlas.engagements SET ", sets,
                                                      " WHERE id = $1::uuid RETURNING ", kColumns),
                                         params)));
    if (config_.Has(Switch::kUpdateNotStored)) transaction.Discard();
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return row;
}

absl::StatusOr<Row> EngagementStore::Transition(const std::string& user, const std::string& id,
                                                const std::string& new_status) {
  Row row;
  const absl::Status done = database_.Run(user, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(row, Select(transaction, id, " FOR UPDATE"));
    const std::string old_status = row.at("status").value_or("");
    if (!config_.Has(Switch::kForbiddenTransitionAllowed)) {
      if (!Transitions().at(old_status).contains(new_status)) {
        return absl::InvalidArgumentError(
            absl::StrCat("Cannot transition from ", old_status, " to ", new_status));
      }
      if (new_status == "finalized") RETURN_IF_ERROR(CheckQuality(transaction, row));
    }
    const char* lock =
        new_status == "finalized" ? ", locked_at = now(), locked_by = atlas.current_user_id()" : "";
    ASSIGN_OR_RETURN(
        row, One(transaction.Run(
                 absl::StrCat("UPDATE atlas.engagements SET status = $2,", " updated_at = now()",
                              lock, " WHERE id = $1::uuid RETURNING ", kColumns),
                 {id, new_status})));
    if (config_.Has(Switch::kTransitionNotStored)) transaction.Discard();
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return row;
}

absl::Status EngagementStore::Delete(const std::string& user, const std::string& id) {
  return database_.Run(user, [&](Transaction& transaction) -> absl::Status {
    return One(transaction.Run("DELETE FROM atlas.engagements WHERE id = $1::uuid RETURNING id",
                               {id}))
        .status();
  });
}

absl::StatusOr<std::vector<Row>> EngagementStore::Team(const std::string& user,
                                                       const std::string& id) {
  Rows rows;
  const absl::Status done = database_.Run(user, [&](Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(Select(transaction, id).status());
    ASSIGN_OR_RETURN(rows,
                     transaction.Run(absl::StrCat("SELECT ", kMemberColumns,
                                                  " FROM atlas.engagement_team_members WHERE"
                                                  " engagement_id = $1::uuid ORDER BY"
                                                  " atlas.engagement_team_members.assigned_at, id"),
                                     {id}));
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return std::move(rows.rows);
}

absl::StatusOr<Row> EngagementStore::AddMember(const std::string& user, const std::string& id,
                                               const std::string& member, const std::string& role) {
  Row row;
  const absl::Status done = database_.Run(user, [&](Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(Select(transaction, id).status());
    ASSIGN_OR_RETURN(
        row, One(transaction.Run(
                 absl::StrCat("INSERT INTO atlas.engagement_team_members (engagement_id, user_id,"
                              " role, assigned_by) VALUES ($1::uuid, $2::uuid, $3, $4::uuid)"
                              " RETURNING ",
                              kMemberColumns),
                 {id, member, role, user})));
    if (config_.Has(Switch::kTeamNotStored)) transaction.Discard();
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return row;
}

absl::StatusOr<std::vector<Row>> EngagementStore::Activity(const std::string& user,
                                                           const std::string& id) {
  Rows rows;
  const absl::Status done = database_.Run(user, [&](Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(Select(transaction, id).status());
    ASSIGN_OR_RETURN(
        rows, transaction.Run("SELECT event_id, event_type, service, retry_count,"
                              " to_char(recorded_at AT TIME ZONE 'UTC',"
                              " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS recorded_at"
                              " FROM atlas.engagement_activity WHERE engagement_id = $1::uuid"
                              " ORDER BY atlas.engagement_activity.recorded_at, event_id",
                              {id}));
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return std::move(rows.rows);
}

}  // namespace smokemesh::platform
