#include "tests/testing/stack/faults.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "shared/text.h"
#include "tests/testing/stack/platform_stack.h"

namespace smokemesh::testing {
namespace {

using Apply = std::function<absl::Status(PlatformStack&)>;
using Command = std::vector<std::string>;

// Statements as superuser.
Apply Sql(std::string statements) {
  return [statements = std::move(statements)](PlatformStack& stack) {
    return stack.Sql(statements).status();
  };
}

// A server setting, for sessions that exist, too.
Apply Setting(const std::string& name, const std::string& value) {
  return [name, value](PlatformStack& stack) -> absl::Status {
    RETURN_IF_ERROR(
        stack.postgres().Exec(absl::StrCat("ALTER SYSTEM SET ", name, " = ", value)).status());
    return stack.postgres().Exec("SELECT pg_reload_conf(), pg_sleep(0.2)").status();
  };
}

Apply Redis(std::vector<Command> commands) {
  return [commands = std::move(commands)](PlatformStack& stack) -> absl::Status {
    for (const Command& command : commands)
      RETURN_IF_ERROR(stack.redis().Command(command).status());
    return absl::OkStatus();
  };
}

// A process of the platform that was built or configured wrongly.
Apply Switch(const std::string& service, const std::string& name) {
  return [service, name](PlatformStack& stack) { return stack.RestartWithSwitch(service, name); };
}

Apply Switches(std::vector<std::pair<std::string, std::string>> switches) {
  return [switches = std::move(switches)](PlatformStack& stack) -> absl::Status {
    for (const auto& [service, name] : switches) {
      RETURN_IF_ERROR(stack.RestartWithSwitch(service, name));
    }
    return absl::OkStatus();
  };
}

// A process with another value of a variable.
Apply Variable(const std::string& service, const std::string& name, const std::string& value) {
  return [=](PlatformStack& stack) {
    stack.service(service).Set(name, value);
    return stack.service(service).Restart();
  };
}

Apply Stopped(const std::string& service) {
  return [service](PlatformStack& stack) {
    stack.service(service).Stop();
    return absl::OkStatus();
  };
}

Apply Frozen(const std::string& service) {
  return [service](PlatformStack& stack) {
    stack.service(service).Pause();
    return absl::OkStatus();
  };
}

absl::Status SwapRoutes(PlatformStack& stack) {
  ServiceProcess& gateway = stack.service("gateway");
  gateway.Set("IDENTITY_URL", stack.service("engagement").url());
  gateway.Set("ENGAGEMENT_URL", stack.service("identity").url());
  return gateway.Restart();
}

absl::Status WrongRedisDatabase(PlatformStack& stack) {
  for (const char* service : {"engagement", "worker"}) {
    stack.service(service).Set("REDIS_URL", stack.RedisUrl(3));
    RETURN_IF_ERROR(stack.service(service).Restart());
  }
  return absl::OkStatus();
}

std::vector<Fault> MakeDatabaseFaults() {
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
  };
}

std::vector<Fault> MakeEventFaults() {
  return {
      {"redis_stopped", "Redis is not running", "Redis",
       [](PlatformStack& stack) {
         stack.redis().Stop();
         return absl::OkStatus();
       }},
      {"redis_frozen", "Redis accepts connections and never answers", "Redis",
       [](PlatformStack& stack) {
         stack.redis().Pause();
         return absl::OkStatus();
       }},
      {"redis_read_only", "Redis is the replica of a dead master", "Redis",
       Redis({{"REPLICAOF", "127.0.0.1", "1"}})},
      {"redis_full", "Redis has no memory left and evicts nothing", "Redis",
       Redis({{"CONFIG", "SET", "maxmemory-policy", "noeviction"},
              {"CONFIG", "SET", "maxmemory", "1"}})},
      {"redis_not_persistent", "Redis keeps nothing over a restart", "Redis",
       Redis({{"CONFIG", "SET", "appendonly", "no"}})},
      {"redis_database_wrong", "the services use database 3, everybody else 0", "services",
       WrongRedisDatabase},
      {"pubsub_denied", "the default user may not use any channel", "Redis",
       Redis({{"ACL", "SETUSER", "default", "resetchannels"}})},
      {"production_channels_denied", "the default user may use channels smoke* only", "Redis",
       Redis({{"ACL", "SETUSER", "default", "resetchannels", "&smoke*"}})},
      {"events_not_published", "creating an engagement tells nobody", "engagement",
       Switch("engagement", "events_not_published")},
      {"events_not_persisted", "events are delivered, not stored", "engagement",
       Switch("engagement", "events_not_persisted")},
      {"event_stored_differs", "the stored text is not the delivered one", "engagement",
       Switch("engagement", "event_stored_differs")},
      {"event_channel_wrong", "events go to channel events.engagement.created", "engagement",
       Switch("engagement", "event_channel_wrong")},
      {"event_ttl_missing", "stored events live for ever", "engagement",
       Switch("engagement", "event_ttl_missing")},
      {"event_ttl_short", "stored events live 60 s instead of 7 days", "engagement",
       Switch("engagement", "event_ttl_short")},
      {"worker_stopped", "nobody consumes events", "worker", Stopped("worker")},
      {"worker_ignores_events", "the consumer is subscribed and handles nothing", "worker",
       Switch("worker", "events_ignored")},
      {"retries_never_happen", "a failing event is given up at once", "worker",
       Switch("worker", "retries_never")},
      {"backoff_missing", "retries follow at once", "worker", Switch("worker", "backoff_missing")},
      {"dlq_never_written", "an event that keeps failing is lost", "worker",
       Switch("worker", "dead_letters_never")},
      {"dlq_without_event", "dead letters do not hold the event", "worker",
       Switch("worker", "dead_letter_without_event")},
  };
}

std::vector<Fault> MakeServiceFaults() {
  return {
      {"gateway_stopped", "the gateway is not running", "gateway", Stopped("gateway")},
      {"gateway_frozen", "the gateway accepts connections and never answers", "gateway",
       Frozen("gateway")},
      {"gateway_routes_swapped", "identity's path goes to engagement and back", "gateway",
       SwapRoutes},
      {"gateway_prefix_not_stripped", "/api/... reaches the services as it is", "gateway",
       Switch("gateway", "prefix_not_stripped")},
      {"gateway_drops_authorization", "the Authorization header does not pass", "gateway",
       Switch("gateway", "authorization_dropped")},
      {"gateway_slow", "300 ms more for each request", "gateway", Switch("gateway", "slow")},
      {"gateway_unhealthy", "the gateway's /health says 503", "gateway",
       Switch("gateway", "health_unhealthy")},
      {"rate_limit_off", "the gateway limits nobody", "gateway",
       Switch("gateway", "rate_limit_off")},
      {"rate_limit_low", "the gateway accepts 20 requests a minute", "gateway",
       Variable("gateway", "RATE_LIMIT", "20")},
      {"rate_limit_shared", "all users share one bucket: the key is cut", "gateway",
       Switch("gateway", "rate_limit_shared_key")},
      {"rate_limit_no_headers", "429 does not say when to come back", "gateway",
       Switch("gateway", "rate_limit_no_headers")},
      {"cors_any_origin", "every origin is allowed, with credentials", "gateway",
       Switch("gateway", "cors_any_origin")},
      {"cors_origin_missing", "the frontend's origin is not on the list", "gateway",
       Variable("gateway", "CORS_ORIGINS", "https://elsewhere.example")},
      {"cors_no_credentials", "CORS without credentials", "gateway",
       Switch("gateway", "cors_no_credentials")},
      {"identity_stopped", "identity is not running", "identity", Stopped("identity")},
      {"identity_frozen", "identity accepts connections and never answers", "identity",
       Frozen("identity")},
      {"identity_slow", "300 ms more for each request", "identity", Switch("identity", "slow")},
      {"any_password_accepted", "passwords are not compared", "identity",
       Switch("identity", "any_password_accepted")},
      {"weak_password_accepted", "the rules for passwords are lost", "identity",
       Switch("identity", "weak_password_accepted")},
      {"duplicate_email_as_ok", "registering twice answers 201", "identity",
       Switch("identity", "duplicate_email_as_ok")},
      {"token_lifetime_long", "tokens live 30 days instead of 8 hours", "identity",
       Switch("identity", "token_lifetime_long")},
      {"token_claims_missing", "tokens do not tell the email", "identity",
       Switch("identity", "token_claims_missing")},
      {"form_login_refused", "login takes JSON only", "identity",
       Switch("identity", "form_login_refused")},
      {"engagement_stopped", "engagement is not running", "engagement", Stopped("engagement")},
      {"engagement_frozen", "engagement accepts connections and never answers", "engagement",
       Frozen("engagement")},
      {"engagement_slow", "300 ms more for each request", "engagement",
       Switch("engagement", "slow")},
      {"token_signature_not_verified", "tokens are decoded, not verified", "identity, engagement",
       Switches(
           {{"identity", "signature_not_verified"}, {"engagement", "signature_not_verified"}})},
      {"expired_token_accepted", "expired tokens are good for ever", "identity, engagement",
       Switches({{"identity", "expiry_not_verified"}, {"engagement", "expiry_not_verified"}})},
      {"secrets_differ", "engagement verifies tokens with another secret", "engagement",
       Variable("engagement", "JWT_SECRET", "another-secret-than-identity-signs-with")},
      {"unauthorized_as_403", "403 where 401 is promised", "identity, engagement",
       Switches({{"identity", "unauthorized_as_forbidden"},
                 {"engagement", "unauthorized_as_forbidden"}})},
      {"challenge_missing", "401 without WWW-Authenticate", "identity, engagement",
       Switches({{"identity", "challenge_missing"}, {"engagement", "challenge_missing"}})},
      {"auth_missing_on_list", "anybody may ask for the list", "engagement",
       Switch("engagement", "auth_missing_on_list")},
      {"auth_missing_on_get", "anybody may ask for an engagement", "engagement",
       Switch("engagement", "auth_missing_on_get")},
      {"not_found_as_200", "404 is answered with status 200", "engagement",
       Switch("engagement", "not_found_as_200")},
      {"validation_as_500", "422 is answered as 500", "engagement",
       Switch("engagement", "validation_as_500")},
      {"field_rules_lost", "fields are required, their values are not checked", "engagement",
       Switch("engagement", "field_rules_lost")},
      {"errors_as_html", "errors are HTML pages", "engagement",
       Switch("engagement", "errors_as_html")},
      {"stale_version", "version 0.9.3 is still running", "engagement",
       Switch("engagement", "stale_version")},
      {"version_missing", "engagement does not tell its version", "engagement",
       Switch("engagement", "version_missing")},
      {"commit_not_done", "creating answers 201, the transaction is rolled back", "engagement",
       Switch("engagement", "commit_not_done")},
      {"update_not_stored", "PATCH answers with the new values and stores nothing", "engagement",
       Switch("engagement", "update_not_stored")},
      {"transition_not_stored", "a transition answers 200 and stores nothing", "engagement",
       Switch("engagement", "transition_not_stored")},
      {"forbidden_transition_allowed", "every transition is allowed", "engagement",
       Switch("engagement", "forbidden_transition_allowed")},
      {"team_not_stored", "adding a member answers 200 and stores nothing", "engagement",
       Switch("engagement", "team_not_stored")},
      {"tenants_mixed", "a cache answers with another tenant's engagement", "engagement",
       Switch("engagement", "tenants_mixed")},
      {"context_leaks", "the tenant is set for the session on pooled connections", "engagement",
       Switch("engagement", "session_context")},
      {"list_empty", "the list is always empty", "engagement", Switch("engagement", "list_empty")},
      {"list_unbounded", "skip and limit of the list are ignored", "engagement",
       Switch("engagement", "list_unbounded")},
  };
}

}  // namespace

const std::vector<Fault>& Faults() {
  static const auto* all = [] {
    auto* faults = new std::vector<Fault>(MakeDatabaseFaults());
    for (auto& family : {MakeEventFaults(), MakeServiceFaults()}) {
      faults->insert(faults->end(), family.begin(), family.end());
    }
    return faults;
  }();
  return *all;
}

const Fault* FindFault(std::string_view name) {
  for (const Fault& fault : Faults()) {
    if (fault.name == name) return &fault;
  }
  return nullptr;
}

std::string ListFaults() {
  size_t name_width = 0;
  size_t place_width = 0;
  for (const Fault& fault : Faults()) {
    name_width = std::max(name_width, fault.name.size());
    place_width = std::max(place_width, fault.place.size());
  }
  std::string text;
  for (const Fault& fault : Faults()) {
    absl::StrAppend(&text, fault.name, std::string(name_width - fault.name.size() + 2, ' '),
                    fault.place, std::string(place_width - fault.place.size() + 2, ' '),
                    fault.description, "\n");
  }
  return text;
}

std::string UnknownFault(std::string_view name) {
  std::vector<std::string> names;
  for (const Fault& fault : Faults()) names.push_back(fault.name);
  return absl::StrCat("unknown fault \"", std::string(name), "\"", shared::DidYouMean(name, names));
}

}  // namespace smokemesh::testing
