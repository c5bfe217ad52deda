// The plan that a new team copies, and the recipes of the plan reference, on plain servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/mesh_fixture.h"
#include "tests/e2e/run_document.h"
#include "tests/testing/local_postgres.h"
#include "tests/testing/local_redis.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const char kStarter[] = SMOKEMESH_SOURCE_DIR "/deploy/plans/starter.yaml";
const char kReference[] = SMOKEMESH_SOURCE_DIR "/docs/plans.md";
constexpr char kPassword[] = "app-canary-2093";

// A service as plain as they come: its health, and a 404 for everything else. Stops at the end of
// its life.
class PlainService {
 public:
  PlainService() {
    server_.Get("/health", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(R"({"status": "ok", "version": "1.2.3"})", "application/json");
    });
    server_.set_error_handler([](const httplib::Request&, httplib::Response& response) {
      response.set_content(R"({"detail": "Not Found"})", "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // A server that does not listen yet cannot be stopped.
    EXPECT_TRUE(httplib::Client("127.0.0.1", port_).Get("/health"));
  }
  ~PlainService() {
    server_.stop();
    thread_.join();
  }
  PlainService(const PlainService&) = delete;
  PlainService& operator=(const PlainService&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

class StarterPlanTest : public MeshTest {
 protected:
  void SetUp() override {
    auto postgres = LocalPostgres::Start();
    ASSERT_TRUE(postgres.ok()) << postgres.status();
    postgres_ = *std::move(postgres);
    // What the head of the plan asks for, and no more.
    Sql("CREATE ROLE app LOGIN PASSWORD '" + std::string(kPassword) + "'");
    Sql("CREATE DATABASE app");
    Sql("GRANT CREATE ON DATABASE app TO app");
    auto redis = LocalRedis::Start();
    ASSERT_TRUE(redis.ok()) << redis.status();
    redis_ = *std::move(redis);
    service_ = std::make_unique<PlainService>();
    environment_ = {{"DATABASE_URL", postgres_->Url("app", kPassword, "app")},
                    {"REDIS_URL", redis_->Url()},
                    {"SERVICE_URL", service_->url()}};
  }

  std::string Sql(const std::string& statement, const std::string& database = "postgres") {
    const auto value = postgres_->Exec(statement, database);
    EXPECT_TRUE(value.ok()) << statement << ": " << value.status();
    return value.value_or("");
  }

  struct Report {
    int exit_code = -1;
    RunDocument document;
    std::string text;
  };

  Report RunPlan(const std::string& plan) {
    const Finished run = Run({"run", plan, "--output", "json"}, environment_);
    return {run.exit_code, RunDocument(run.out), run.out + run.err};
  }

  void ExpectRollback(const Report& report, const std::set<std::string>& red) {
    EXPECT_EQ(report.exit_code, 1) << report.text;
    EXPECT_EQ(report.document.decision(), "ROLLBACK");
    EXPECT_EQ(report.document.Outcomes().size(), 10u);
    EXPECT_EQ(report.document.NotPassed(), red) << report.text;
  }

  void ExpectNothingLeftBehind() {
    EXPECT_EQ(Sql("SELECT count(*) FROM pg_namespace WHERE nspname NOT LIKE 'pg_%' AND nspname NOT "
                  "IN ('public', 'information_schema')",
                  "app"),
              "0");
    const auto keys = redis_->Command({"DBSIZE"});
    ASSERT_TRUE(keys.ok()) << keys.status();
    EXPECT_EQ(*keys, "0");
  }

  std::unique_ptr<LocalPostgres> postgres_;
  std::unique_ptr<LocalRedis> redis_;
  std::unique_ptr<PlainService> service_;
  std::map<std::string, std::string> environment_;
};

TEST_F(StarterPlanTest, PlainServersPromoteAndKeepNothing) {
  const Report report = RunPlan(kStarter);
  EXPECT_EQ(report.exit_code, 0) << report.text;
  EXPECT_EQ(report.document.decision(), "PROMOTE");
  EXPECT_EQ(report.document.Outcomes().size(), 10u);
  EXPECT_THAT(report.document.NotPassed(), IsEmpty()) << report.text;
  ExpectNothingLeftBehind();
}

TEST_F(StarterPlanTest, AStoppedDatabaseRollsBack) {
  postgres_->Stop();
  ExpectRollback(RunPlan(kStarter), {"database_connectivity", "database_transactions",
                                     "database_connections", "database_latency"});
}

TEST_F(StarterPlanTest, AStoppedRedisRollsBack) {
  redis_->Stop();
  ExpectRollback(RunPlan(kStarter), {"redis_read_write", "redis_pub_sub", "redis_state"});
}

TEST_F(StarterPlanTest, AStoppedServiceRollsBack) {
  service_.reset();
  ExpectRollback(RunPlan(kStarter),
                 {"service_health", "service_response_time", "service_not_found"});
}

TEST_F(StarterPlanTest, ADatabaseThatOnlyReadsRollsBack) {
  Sql("ALTER DATABASE app SET default_transaction_read_only = on");
  ExpectRollback(RunPlan(kStarter), {"database_connectivity", "database_transactions"});
}

TEST_F(StarterPlanTest, ADatabaseWithoutHeadRoomIsNamed) {
  Sql("ALTER ROLE app CONNECTION LIMIT 3");
  const Report report = RunPlan(kStarter);
  EXPECT_NE(report.exit_code, 0);
  EXPECT_EQ(report.document.Outcome("database_connections"), "FAILED") << report.text;
  EXPECT_THAT(report.text, HasSubstr("too many connections"));
}

TEST_F(StarterPlanTest, ARedisWithoutMemoryIsNamed) {
  ASSERT_TRUE(redis_->Command({"CONFIG", "SET", "maxmemory", "1"}).ok());
  ASSERT_TRUE(redis_->Command({"CONFIG", "SET", "maxmemory-policy", "noeviction"}).ok());
  const Report report = RunPlan(kStarter);
  ExpectRollback(report, {"redis_read_write", "redis_state"});
  EXPECT_THAT(report.text, HasSubstr("OOM"));
}

TEST_F(StarterPlanTest, LooksAtTheVersionWhenItIsAskedTo) {
  std::string text = ReadFile(kStarter);
  const std::string off = "check_version: \"false\"";
  const size_t at = text.find(off);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, off.size(), "check_version: \"true\"");
  const std::string plan = dir().Write("version.yaml", text).string();

  environment_["SERVICE_VERSION"] = "1.2.3";
  EXPECT_EQ(RunPlan(plan).document.decision(), "PROMOTE");
  environment_["SERVICE_VERSION"] = "1.2.4";
  const Report other = RunPlan(plan);
  ExpectRollback(other, {"service_health", "service_response_time"});
  EXPECT_THAT(other.text, HasSubstr("1.2.4"));
}

TEST_F(StarterPlanTest, TheRecipesOfTheReferenceWorkOnAPlainServer) {
  std::string plan =
      "name: recipes\nconnections: {db: {postgres: \"${DATABASE_URL}\"}, bus: {redis: "
      "\"${REDIS_URL}\"}}\npolicy: {rollback: [{rule: any, select: smoke or not smoke, "
      "not_passed_at_least: 1}]}\nchecks:\n";
  std::istringstream lines(ReadFile(kReference));
  size_t recipes = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line != "```yaml recipe") continue;
    ++recipes;
    while (std::getline(lines, line) && line != "```") plan += line + "\n";
  }
  ASSERT_GE(recipes, 8u);

  const bool has_vectors = LocalPostgres::HasExtension("vector");
  if (has_vectors) Sql("CREATE EXTENSION vector", "app");
  const Report report = RunPlan(dir().Write("recipes.yaml", plan).string());
  EXPECT_EQ(report.document.decision(), "PROMOTE") << report.text;
  EXPECT_EQ(report.document.Outcomes().size(), recipes);
  std::set<std::string> skipped;
  if (!has_vectors) skipped.insert("vectors");
  EXPECT_EQ(report.document.NotPassed(), skipped) << report.text;
  EXPECT_EQ(report.document.Count("skipped"), static_cast<int>(skipped.size()));
  ExpectNothingLeftBehind();
}

}  // namespace
}  // namespace smokemesh::testing
