// Faults of the schema's rights, indexes and defaults, and of the table with vectors, really change
// what can be seen.

#include <chrono>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/platform/stack_fixture.h"
#include "tests/platform/database.h"

namespace smokemesh::testing {
namespace {

constexpr char kEngagements[] = "/api/engagement/engagements";

class SchemaFault : public OwnStackTest {
 protected:
  // The first value, or the error's text, of statements on a new connection of the checks' role.
  std::string Ask(const std::string& sql, const char* variable = "SMOKE_TEST_DATABASE_URL") {
    try {
      pqxx::connection connection(stack().Environment().at(variable));
      pqxx::nontransaction session(connection);
      const pqxx::result result = session.exec(sql);
      return result.empty() ? "" : std::string(result[0][0].c_str());
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  static bool Has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_F(SchemaFault, SettingsOfTheDatabaseReachNewSessions) {
  EXPECT_EQ(Ask("SHOW fsync"), "on");
  Break("fsync_off");
  EXPECT_EQ(Ask("SHOW fsync"), "off");
  Break("isolation_changed");
  EXPECT_EQ(Ask("SHOW transaction_isolation"), "serializable");
  Break("lock_timeout_low");
  EXPECT_EQ(Ask("SHOW lock_timeout"), "1ms");
  Break("foreign_keys_asleep");
  const std::string orphan =
      "BEGIN; INSERT INTO atlas.login_audit_log (user_id, email, success)"
      " VALUES (gen_random_uuid(), 'x', true); ROLLBACK; SELECT 'accepted'";
  EXPECT_EQ(Ask(orphan), "accepted");
}

TEST_F(SchemaFault, TheServerSaysThatItIsOld) {
  const std::string number = "SELECT current_setting('server_version_num')";
  const std::string real = Ask(number);
  Break("database_version_old");
  EXPECT_EQ(Ask(number), "14" + real.substr(2));
  EXPECT_EQ(*stack().Sql(number), real) << "the others are not told";
}

TEST_F(SchemaFault, WorkersInsertsNeedTheSearchPath) {
  const User user = gateway().NewUser();
  const auto recorded = [&](const std::string& id) {
    return *stack().Sql("SELECT count(*) FROM atlas.engagement_activity WHERE engagement_id = '" +
                        id + "'") == "1";
  };
  const std::string before = gateway().NewEngagement(user);
  EXPECT_TRUE(Eventually([&] { return recorded(before); }));
  Break("search_path_lost");
  const std::string after = gateway().NewEngagement(user);
  ASSERT_NE(after, "") << "the others name the schema";
  EXPECT_TRUE(Eventually([&] {
    return Has(stack().service("worker").Log(), "relation \"engagement_activity\" does not exist");
  })) << stack().service("worker").Log();
  EXPECT_FALSE(recorded(after));
}

TEST_F(SchemaFault, RightsAndPoliciesAreLost) {
  const User alice = gateway().NewUser();
  const User bob = gateway().NewUser();
  const std::string id = gateway().NewEngagement(alice);
  const std::string forge =
      "BEGIN; SELECT set_config('app.current_user_id', '" + bob.id +
      "', true); INSERT INTO atlas.engagements (client_id, name, engagement_type, fiscal_year_end,"
      " created_by) VALUES (gen_random_uuid(), 'E', 'audit', '2024-12-31', '" +
      alice.id + "'); ROLLBACK; SELECT 'accepted'";
  EXPECT_TRUE(Has(Ask(forge), "row-level security"));
  Break("rls_write_check_lost");
  EXPECT_EQ(Ask(forge), "accepted");
  EXPECT_EQ(gateway().Get(kEngagements + ("/" + id), bob.token).status, 404);
  Break("rls_owner_exempt");
  EXPECT_EQ(gateway().Get(kEngagements + ("/" + id), bob.token).status, 200);
  Break("rls_disabled_on_workpapers");
  EXPECT_EQ(Ask("SELECT relrowsecurity FROM pg_class WHERE oid = 'atlas.workpapers'::regclass"),
            "f");
  // The owner keeps its rights: take the table away from the role first.
  ASSERT_TRUE(stack().Sql("ALTER TABLE atlas.engagements OWNER TO aura_owner").ok());
  Break("grants_missing");
  EXPECT_EQ(gateway().NewEngagement(alice), "");
}

TEST_F(SchemaFault, JsonColumnsAndIndexes) {
  Break("jsonb_index_invalid");
  EXPECT_EQ(Ask("SELECT indisvalid FROM pg_index WHERE indexrelid ="
                " 'atlas.workpapers_content_idx'::regclass"),
            "f");
  Break("jsonb_became_json");
  EXPECT_EQ(Ask("SELECT pg_typeof(content) FROM (SELECT content FROM atlas.workpapers UNION ALL"
                " SELECT NULL) t"),
            "json");
}

TEST_F(SchemaFault, ConnectionsAreFew) {
  platform::Database check(
      {.url = stack().Environment().at("SMOKE_TEST_DATABASE_URL"), .application_name = "check"});
  Break("connections_nearly_exhausted");
  // Who asked before may still be on its way out.
  EXPECT_TRUE(Eventually([this] {
    return *stack().Sql(
               "SELECT count(*) FROM pg_stat_activity WHERE backend_type ="
               " 'client backend' AND pid <> pg_backend_pid()") == "78";
  }));
  EXPECT_TRUE(check.Ping().ok());
  ASSERT_TRUE(stack().WakeServers().ok());
  Break("role_connection_limit");
  std::vector<std::unique_ptr<pqxx::connection>> connections;
  for (int i = 0; i < 14; ++i) {
    connections.push_back(
        std::make_unique<pqxx::connection>(stack().Environment().at("SMOKE_TEST_DATABASE_URL")));
  }
  EXPECT_TRUE(Has(Ask("SELECT 1"), "too many connections for role")) << "with the pool's one";
}

TEST_F(SchemaFault, AStuckMigrationAndAMissingStandbyStopWriters) {
  const User user = gateway().NewUser();
  EXPECT_EQ(gateway().Get(kEngagements, user.token).status, 200);
  Break("migration_holds_lock");
  EXPECT_TRUE(Has(Ask("SET lock_timeout = '100ms'; SELECT count(*) FROM atlas.engagements"),
                  "lock timeout"));
  ASSERT_TRUE(stack().WakeServers().ok());
  EXPECT_EQ(Ask("SELECT count(*) FROM atlas.engagements"), "0");
  Break("commits_hang");
  pqxx::connection writer(stack().Environment().at("SMOKE_TEST_DATABASE_URL"));
  const std::string process = std::to_string(writer.backendpid());
  std::thread other([&writer] {
    try {
      pqxx::nontransaction session(writer);
      session.exec("CREATE SCHEMA smoke_hangs");
    } catch (const std::exception&) {
      // Ended from outside, below.
    }
  });
  EXPECT_TRUE(Eventually([&] {
    return *stack().Sql("SELECT wait_event FROM pg_stat_activity WHERE pid = " + process) ==
           "SyncRep";
  }));
  ASSERT_TRUE(stack().Sql("SELECT pg_terminate_backend(" + process + ")").ok());
  other.join();
}

TEST_F(SchemaFault, IdentityWithoutItsDatabaseSaysSoOrLies) {
  const ApiClient identity(stack().service("identity").url());
  Break("identity_database_password_wrong");
  EXPECT_EQ(identity.Get("/health").status, 503);
  Break("identity_health_lies");
  EXPECT_EQ(identity.Get("/health").status, 200);
  EXPECT_EQ(identity.Get("/health").json["dependencies"]["database"], "up");
  EXPECT_EQ(gateway().Register("smoke@example.com").status, 503);
}

// With the table that needs pgvector, which the other tests here do without.
class VectorFault : public SchemaFault {
 protected:
  bool WithVectors() const override { return true; }

  std::string AskVectors(const std::string& sql) {
    return Ask(sql, "SMOKE_TEST_VECTOR_DATABASE_URL");
  }
  std::string Nearest() {
    return AskVectors(
        "SELECT content FROM atlas.knowledge_chunks ORDER BY embedding <=> (SELECT embedding FROM"
        " atlas.knowledge_chunks WHERE content LIKE 'A going concern%') LIMIT 1");
  }
};

TEST_F(VectorFault, NeighboursAreFoundUntilTheRoleMayNotLook) {
  EXPECT_EQ(Nearest(), "A going concern is assessed for at least twelve months.");
  Break("vector_index_for_other_distance");
  EXPECT_TRUE(Has(AskVectors("SELECT indexdef FROM pg_indexes WHERE indexname ="
                             " 'knowledge_chunks_embedding_idx'"),
                  "vector_l2_ops"));
  Break("vector_index_missing");
  EXPECT_EQ(AskVectors("SELECT count(*) FROM pg_indexes WHERE indexname ="
                       " 'knowledge_chunks_embedding_idx'"),
            "0");
  EXPECT_EQ(Nearest(), "A going concern is assessed for at least twelve months.");
  Break("vector_table_closed");
  EXPECT_TRUE(Has(Nearest(), "permission denied")) << Nearest();
  EXPECT_EQ(*stack().Leftovers(), std::vector<std::string>());
}

TEST_F(VectorFault, TheExtensionMovesAndGoes) {
  Break("vector_dimension_wrong");
  EXPECT_EQ(AskVectors("SELECT vector_dims(embedding) FROM atlas.knowledge_chunks LIMIT 1"), "768");
  Break("vector_not_on_search_path");
  EXPECT_TRUE(Has(Nearest(), "operator does not exist")) << Nearest();
  Break("vector_extension_missing");
  EXPECT_EQ(AskVectors("SELECT count(*) FROM pg_extension WHERE extname = 'vector'"), "0");
  EXPECT_TRUE(Has(Nearest(), "column \"embedding\" does not exist")) << Nearest();
}

}  // namespace
}  // namespace smokemesh::testing
