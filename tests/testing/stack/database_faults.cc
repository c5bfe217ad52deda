// Faults of PostgreSQL.

#include <chrono>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "tests/testing/stack/fault_actions.h"

namespace smokemesh::testing {
namespace {

absl::Status OldDatabasePassword(PlatformStack& stack, const std::string& switch_name) {
  stack.service("identity")
      .Set("DATABASE_URL",
           stack.postgres().Url("aura_app", "old-password", PlatformStack::kDatabase));
  return stack.RestartWithSwitch("identity", switch_name);
}

}  // namespace

std::vector<Fault> DatabaseFaults() {
  return {
      {"database_stopped", "PostgreSQL is not running", "PostgreSQL",
       [](PlatformStack& stack) {
         stack.postgres().Stop();
         return absl::OkStatus();
       }},
      {"database_frozen", "PostgreSQL accepts connections and never answers", "PostgreSQL",
       [](PlatformStack& stack) {
         stack.postgres().Pause();
         return absl::OkStatus();
       }},
      {"database_delay", "300 ms more for each round trip to PostgreSQL", "TCP proxy",
       [](PlatformStack& stack) { return stack.DelayDatabase(std::chrono::milliseconds(150)); }},
      {"database_version_old", "the server is a PostgreSQL 14", "TCP proxy",
       [](PlatformStack& stack) { return stack.PretendDatabaseVersion(14); }},
      {"database_read_only", "every transaction is read-only, as on a standby", "PostgreSQL",
       Setting("default_transaction_read_only", "on")},
      {"database_connections_exhausted", "no connection is left for anybody new", "PostgreSQL",
       [](PlatformStack& stack) { return stack.ExhaustConnections(); }},
      {"durability_off", "commits do not wait for the disk", "PostgreSQL",
       Setting("synchronous_commit", "off")},
      {"full_page_writes_off", "a crash can tear pages", "PostgreSQL",
       Setting("full_page_writes", "off")},
      {"smoke_role_locked_out", "the checks' role may not log in", "PostgreSQL",
       Sql("ALTER ROLE aura_smoke NOLOGIN")},
      {"check_constraint_dropped", "CHECK engagements_name_length_check is gone", "PostgreSQL",
       Sql("ALTER TABLE atlas.engagements DROP CONSTRAINT engagements_name_length_check")},
      {"fiscal_year_check_dropped", "CHECK engagements_fiscal_year_check is gone", "PostgreSQL",
       Sql("ALTER TABLE atlas.engagements DROP CONSTRAINT engagements_fiscal_year_check")},
      {"status_check_dropped", "CHECK engagements_status_check is gone", "PostgreSQL",
       Sql("ALTER TABLE atlas.engagements DROP CONSTRAINT engagements_status_check")},
      {"check_constraint_not_valid", "CHECK engagements_name_length_check was never validated",
       "PostgreSQL",
       Sql("ALTER TABLE atlas.engagements DROP CONSTRAINT engagements_name_length_check;"
           "ALTER TABLE atlas.engagements ADD CONSTRAINT engagements_name_length_check"
           " CHECK (length(name) BETWEEN 1 AND 500) NOT VALID")},
      {"unique_email_dropped", "UNIQUE users_email_key is gone", "PostgreSQL",
       Sql("ALTER TABLE atlas.users DROP CONSTRAINT users_email_key")},
      {"team_unique_dropped", "UNIQUE of the team table is gone", "PostgreSQL",
       Sql("ALTER TABLE atlas.engagement_team_members"
           " DROP CONSTRAINT engagement_team_members_engagement_id_user_id_key")},
      {"foreign_key_dropped", "foreign keys of the team table are gone", "PostgreSQL",
       Sql("ALTER TABLE atlas.engagement_team_members"
           " DROP CONSTRAINT engagement_team_members_engagement_id_fkey,"
           " DROP CONSTRAINT engagement_team_members_user_id_fkey")},
      {"not_null_dropped", "users.full_name and engagements.client_id may be NULL", "PostgreSQL",
       Sql("ALTER TABLE atlas.users ALTER full_name DROP NOT NULL;"
           "ALTER TABLE atlas.engagements ALTER client_id DROP NOT NULL")},
      {"rls_disabled", "row-level security is disabled on engagements and teams", "PostgreSQL",
       Sql("ALTER TABLE atlas.engagements DISABLE ROW LEVEL SECURITY;"
           "ALTER TABLE atlas.engagement_team_members DISABLE ROW LEVEL SECURITY;"
           "ALTER TABLE atlas.workpapers DISABLE ROW LEVEL SECURITY")},
      {"rls_policy_always_true", "the policy on engagements lets everybody see all", "PostgreSQL",
       Sql("ALTER POLICY engagements_isolation ON atlas.engagements"
           " USING (true) WITH CHECK (true)")},
      {"rls_policy_dropped", "engagements have no policy: nobody sees anything", "PostgreSQL",
       Sql("DROP POLICY engagements_isolation ON atlas.engagements")},
      {"app_role_superuser", "the services' role is a superuser: no policy applies", "PostgreSQL",
       Sql("ALTER ROLE aura_app SUPERUSER")},
      {"app_role_bypasses_rls", "the services' role bypasses row-level security", "PostgreSQL",
       Sql("ALTER ROLE aura_app BYPASSRLS")},
      {"jsonb_became_text", "workpapers.content is text", "PostgreSQL",
       Sql("ALTER TABLE atlas.workpapers DROP CONSTRAINT workpapers_content_check;"
           "DROP INDEX atlas.workpapers_content_idx;"
           "ALTER TABLE atlas.workpapers ALTER content DROP DEFAULT,"
           " ALTER content TYPE text USING content::text")},
      {"jsonb_index_dropped", "the GIN index on workpapers.content is gone", "PostgreSQL",
       Sql("DROP INDEX atlas.workpapers_content_idx")},
      {"table_missing", "a migration did not run: atlas.login_audit_log is absent", "PostgreSQL",
       Sql("ALTER TABLE atlas.login_audit_log RENAME TO login_audit_log_old")},
      {"workpapers_table_missing", "a migration did not run: atlas.workpapers is absent",
       "PostgreSQL", Sql("ALTER TABLE atlas.workpapers RENAME TO workpapers_old")},
      {"fsync_off", "a power cut loses what was committed", "PostgreSQL", Setting("fsync", "off")},
      {"commits_hang", "commits wait for a standby that is gone", "PostgreSQL",
       Setting("synchronous_standby_names", "'gone'")},
      {"foreign_keys_asleep", "triggers and foreign keys were left off after a restore",
       "PostgreSQL", SqlAndRestart("ALTER DATABASE aura SET session_replication_role = replica")},
      {"rls_write_check_lost", "the policy on engagements lets everybody write for others",
       "PostgreSQL",
       Sql("ALTER POLICY engagements_isolation ON atlas.engagements WITH CHECK (true)")},
      {"rls_owner_exempt", "the services' role owns engagements, and policies are not forced",
       "PostgreSQL",
       Sql("ALTER TABLE atlas.engagements NO FORCE ROW LEVEL SECURITY;"
           "ALTER TABLE atlas.engagements OWNER TO aura_app")},
      {"rls_disabled_on_workpapers", "row-level security is disabled on workpapers only",
       "PostgreSQL", Sql("ALTER TABLE atlas.workpapers DISABLE ROW LEVEL SECURITY")},
      {"grants_missing", "the services may read engagements and not write them", "PostgreSQL",
       Sql("REVOKE INSERT, UPDATE, DELETE ON atlas.engagements FROM aura_app")},
      {"jsonb_became_json", "workpapers.content is json: no index, no operators", "PostgreSQL",
       Sql("ALTER TABLE atlas.workpapers DROP CONSTRAINT workpapers_content_check;"
           "DROP INDEX atlas.workpapers_content_idx;"
           "ALTER TABLE atlas.workpapers ALTER content TYPE json USING content::json")},
      {"jsonb_index_invalid", "building the index on workpapers.content failed half-way",
       "PostgreSQL",
       Sql("UPDATE pg_index SET indisvalid = false"
           " WHERE indexrelid = 'atlas.workpapers_content_idx'::regclass")},
      {"search_path_lost", "the services' role does not look into the schema atlas", "PostgreSQL",
       SqlAndRestart("ALTER ROLE aura_app IN DATABASE aura RESET search_path")},
      {"role_connection_limit", "the checks' role may open 15 connections", "PostgreSQL",
       Sql("ALTER ROLE aura_smoke CONNECTION LIMIT 15")},
      {"connections_nearly_exhausted", "78 of 100 connections are in use before anybody asks",
       "PostgreSQL", [](PlatformStack& stack) { return stack.HoldConnections(78); }},
      {"migration_holds_lock", "a migration that hangs has locked engagements", "PostgreSQL",
       [](PlatformStack& stack) {
         return stack.HoldTransaction("LOCK TABLE atlas.engagements IN ACCESS EXCLUSIVE MODE");
       }},
      {"isolation_changed", "the default isolation is serializable: writers fail", "PostgreSQL",
       SqlAndRestart("ALTER DATABASE aura SET default_transaction_isolation = serializable")},
      {"lock_timeout_low", "who waits for a lock gives up after 1 ms", "PostgreSQL",
       SqlAndRestart("ALTER DATABASE aura SET lock_timeout = 1")},
      {"identity_database_password_wrong", "identity's password for PostgreSQL is an old one",
       "identity", [](PlatformStack& stack) { return OldDatabasePassword(stack, ""); }},
      {"identity_health_lies", "identity has no database, and its /health says healthy", "identity",
       [](PlatformStack& stack) { return OldDatabasePassword(stack, "health_static"); }},
  };
}

}  // namespace smokemesh::testing
