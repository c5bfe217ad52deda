// Each fault of the database really changes what can be seen.

#include <chrono>
#include <string>

#include "shared/uuid.h"
#include "tests/integration/platform/stack_fixture.h"
#include "tests/platform/database.h"

namespace smokemesh::testing {
namespace {

using nlohmann::json;

constexpr char kEngagements[] = "/api/engagement/engagements";

class DatabaseFault : public OwnStackTest {
 protected:
  // Runs a statement of the checks' role, as a tenant, in a transaction that is rolled back.
  // Returns the error's text, or an empty string when the statement is accepted.
  std::string Refusal(const std::string& statement) {
    const auto result = stack().Sql(
        "BEGIN; SET LOCAL ROLE aura_smoke;"
        "INSERT INTO atlas.users (id, email, full_name, hashed_password) VALUES"
        " ('00000000-0000-4000-8000-000000000001', 'a@example.com', 'A', 'x'),"
        " ('00000000-0000-4000-8000-000000000002', 'b@example.com', 'B', 'x');"
        "SET LOCAL app.current_user_id = '00000000-0000-4000-8000-000000000001';"
        "INSERT INTO atlas.engagements (id, client_id, name, engagement_type, fiscal_year_end,"
        " created_by) VALUES ('00000000-0000-4000-8000-00000000000e',"
        " '00000000-0000-4000-8000-00000000000c', 'E', 'audit', '2024-12-31',"
        " '00000000-0000-4000-8000-000000000001');" +
        statement + "; ROLLBACK");
    return result.ok() ? "" : std::string(result.status().message());
  }

  static std::string Insert(const std::string& name, const std::string& status = "draft",
                            const std::string& year = "2024-12-31") {
    return "INSERT INTO atlas.engagements (client_id, name, engagement_type, status,"
           " fiscal_year_end, created_by) VALUES ('00000000-0000-4000-8000-00000000000c', '" +
           name + "', 'audit', '" + status + "', '" + year +
           "', '00000000-0000-4000-8000-000000000001')";
  }

  // Whether the fault lets a statement through that is refused by `constraint` without it.
  void ExpectLetsThrough(const std::string& fault, const std::string& constraint,
                         const std::string& statement) {
    SCOPED_TRACE(fault);
    EXPECT_NE(Refusal(statement).find(constraint), std::string::npos) << Refusal(statement);
    Break(fault);
    EXPECT_EQ(Refusal(statement), "");
  }
};

TEST_F(DatabaseFault, DroppedConstraintsLetBadRowsIn) {
  ExpectLetsThrough("check_constraint_dropped", "engagements_name_length_check", Insert(""));
  ExpectLetsThrough("status_check_dropped", "engagements_status_check", Insert("E", "gone"));
  ExpectLetsThrough("fiscal_year_check_dropped", "engagements_fiscal_year_check",
                    Insert("E", "draft", "1812-06-24"));
  ExpectLetsThrough("unique_email_dropped", "users_email_key",
                    "INSERT INTO atlas.users (email, full_name, hashed_password)"
                    " VALUES ('a@example.com', 'A', 'x')");
  ExpectLetsThrough("not_null_dropped", "full_name",
                    "UPDATE atlas.users SET full_name = NULL WHERE email = 'a@example.com'");
  ExpectLetsThrough("team_unique_dropped", "engagement_team_members_engagement_id_user_id_key",
                    "INSERT INTO atlas.engagement_team_members (engagement_id, user_id, role)"
                    " SELECT '00000000-0000-4000-8000-00000000000e',"
                    " '00000000-0000-4000-8000-000000000001', 'staff' FROM generate_series(1, 2)");
  ExpectLetsThrough("foreign_key_dropped", "engagement_team_members_user_id_fkey",
                    "INSERT INTO atlas.engagement_team_members (engagement_id, user_id, role)"
                    " VALUES ('00000000-0000-4000-8000-00000000000e',"
                    " '00000000-0000-4000-8000-000000000009', 'staff')");
}

TEST_F(DatabaseFault, AConstraintThatWasNeverValidatedIsMarkedSo) {
  Break("check_constraint_not_valid");
  EXPECT_EQ(*stack().Sql("SELECT convalidated FROM pg_constraint WHERE conname ="
                         " 'engagements_name_length_check'"),
            "f");
}

TEST_F(DatabaseFault, DuplicateAddressesRegisterWithoutTheUniqueConstraint) {
  const User user = gateway().NewUser();
  Break("unique_email_dropped");
  EXPECT_EQ(gateway().Register(user.email).status, 201);
}

// Every way of losing row-level security ends with one tenant seeing another's data.
class TenantFault : public DatabaseFault, public ::testing::WithParamInterface<const char*> {};

TEST_P(TenantFault, ShowsOneTenantTheEngagementsOfAnother) {
  const User alice = gateway().NewUser();
  const User bob = gateway().NewUser();
  const std::string id = gateway().NewEngagement(alice);
  EXPECT_EQ(gateway().Get(kEngagements + ("/" + id), bob.token).status, 404);
  Break(GetParam());
  EXPECT_EQ(gateway().Get(kEngagements + ("/" + id), bob.token).status, 200);
  EXPECT_EQ(gateway().Get(kEngagements, bob.token).json.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(RowLevelSecurity, TenantFault,
                         ::testing::Values("rls_disabled", "rls_policy_always_true",
                                           "app_role_superuser", "app_role_bypasses_rls"),
                         [](const auto& test) { return std::string(test.param); });

TEST_F(DatabaseFault, WithoutItsPolicyATableIsEmptyForEverybody) {
  const User alice = gateway().NewUser();
  const std::string id = gateway().NewEngagement(alice);
  Break("rls_policy_dropped");
  EXPECT_EQ(gateway().Get(kEngagements + ("/" + id), alice.token).status, 404);
}

TEST_F(DatabaseFault, AStoppedDatabaseMakesItsServicesUnhealthyAndTheyRecover) {
  Break("database_stopped");
  for (const std::string name : {"identity", "engagement"}) {
    const Answer answer = gateway().Get("/api/" + name + "/health");
    EXPECT_EQ(answer.status, 503) << name;
    EXPECT_EQ(answer.json["status"], "degraded");
    EXPECT_EQ(answer.json["dependencies"]["database"], "down");
  }
  EXPECT_EQ(gateway().Register("smoke@example.com").status, 503);
  ASSERT_TRUE(stack().postgres().StartAgain().ok());
  EXPECT_EQ(gateway().Get("/api/engagement/health").status, 200);
  EXPECT_EQ(gateway().Register("smoke@example.com").status, 201);
}

TEST_F(DatabaseFault, AFrozenDatabaseCostsABoundedTime) {
  Break("database_frozen");
  const auto start = std::chrono::steady_clock::now();
  const Answer answer = gateway().Get("/api/identity/health");
  EXPECT_TRUE(answer.status == 503 || answer.status == 504) << answer.status;
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(9));
  stack().postgres().Resume();
  EXPECT_TRUE(Eventually([&] { return gateway().Get("/api/identity/health").status == 200; }));
}

TEST_F(DatabaseFault, AReadOnlyDatabaseRefusesToStore) {
  const User user = gateway().NewUser();
  Break("database_read_only");
  EXPECT_EQ(gateway().Get(kEngagements, user.token).status, 200);
  EXPECT_EQ(gateway().NewEngagement(user), "");
}

TEST_F(DatabaseFault, ADelayedDatabaseIsSlowForServicesAndChecks) {
  const User user = gateway().NewUser();
  Break("database_delay");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(gateway().Get(kEngagements, user.token).status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(900))
      << "three round trips at the least";
  EXPECT_EQ(stack()
                .Environment()
                .at("SMOKE_TEST_DATABASE_URL")
                .find(":" + std::to_string(stack().postgres().port()) + "/"),
            std::string::npos);
}

TEST_F(DatabaseFault, WithoutConnectionsNobodyNewGetsIn) {
  platform::Database check(
      {.url = stack().Environment().at("SMOKE_TEST_DATABASE_URL"), .application_name = "check"});
  Break("database_connections_exhausted");
  const absl::Status status = check.Ping();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(gateway().Get("/api/identity/health").status, 200) << "services keep what they have";
}

TEST_F(DatabaseFault, SettingsForDurabilityAreOnAndCanBeLost) {
  const std::string settings =
      "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN"
      " ('fsync', 'full_page_writes', 'synchronous_commit')";
  EXPECT_EQ(*stack().Sql(settings), "on on on");
  Break("durability_off");
  Break("full_page_writes_off");
  EXPECT_EQ(*stack().Sql(settings), "on off off");
}

TEST_F(DatabaseFault, MissingTablesAndChangedColumnsAreReal) {
  const User user = gateway().NewUser();
  Break("table_missing");
  EXPECT_EQ(gateway().Login(user.email, ApiClient::kPassword).status, 500);
  Break("jsonb_index_dropped");
  EXPECT_EQ(*stack().Sql("SELECT count(*) FROM pg_indexes WHERE indexname ="
                         " 'workpapers_content_idx'"),
            "0");
  ASSERT_TRUE(stack()
                  .Sql("CREATE INDEX workpapers_content_idx ON atlas.workpapers USING gin"
                       " (content)")
                  .ok());
  Break("jsonb_became_text");
  EXPECT_EQ(*stack().Sql("SELECT data_type FROM information_schema.columns WHERE table_name ="
                         " 'workpapers' AND column_name = 'content'"),
            "text");
  Break("workpapers_table_missing");
  EXPECT_FALSE(stack().Sql("SELECT 1 FROM atlas.workpapers").ok());
  Break("smoke_role_locked_out");
  EXPECT_EQ(*stack().Sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'aura_smoke'"), "f");
}

}  // namespace
}  // namespace smokemesh::testing
