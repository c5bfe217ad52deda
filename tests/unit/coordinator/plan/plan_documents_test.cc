#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "shared/expectation/expectation.h"
#include "tests/unit/coordinator/plan/plan_text.h"

namespace smokemesh::coordinator {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const std::string& path) {
  std::ifstream in(fs::path(SMOKEMESH_SOURCE_DIR) / path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// What stands around an example that is only a part of a plan. Its lines are indented to fit.
const std::map<std::string, std::string>& Frames() {
  static const std::string& connections = *new std::string(
      "connections: {db: {postgres: \"${DB}\"}, bus: {redis: \"${BUS}\"}, api: {http: "
      "\"${API}\"}}\n");
  static const std::string& check = *new std::string(
      "checks: [{name: any, tags: [smoke, critical, database, transaction, service], "
      "http: {steps: [{request: {url: \"https://example.com/\"}}]}}]\n");
  // Parts of plans do without tags.
  static const std::string& policy = *new std::string(
      "policy: {rollback: [{rule: any, select: smoke or not smoke, not_passed_at_least: 1}]}\n");
  static const auto& frames = *new std::map<std::string, std::string>{
      {"plan", ""},
      {"checks", "name: example\n" + policy + connections + "checks:\n"},
      {"recipe",
       "name: example\n" + policy +
           "connections: {db: {postgres: \"${DB}\"}, bus: {redis: \"${BUS}\"}}\nchecks:\n"},
      {"fields", "name: example\n" + check},
      {"postgres",
       "name: example\n" + policy + connections + "checks:\n- name: a\n  postgres:\n    steps:\n"},
      {"redis",
       "name: example\n" + policy + connections + "checks:\n- name: a\n  redis:\n    steps:\n"},
      {"http",
       "name: example\n" + policy + connections + "checks:\n- name: a\n  http:\n    steps:\n"},
  };
  return frames;
}

std::string Indented(const std::string& text, size_t spaces) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) out += std::string(spaces, ' ') + line + "\n";
  return out;
}

TEST(PlanDocumentsTest, EveryExampleOfThePlanReferenceIsAGoodPlan) {
  std::istringstream lines(ReadFile("docs/plans.md"));
  const std::string fence = "```yaml ";
  int examples = 0;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.rfind("```yaml", 0) != 0) continue;
    const int start = number;
    const std::string frame = line.size() > fence.size() ? line.substr(fence.size()) : "";
    ASSERT_TRUE(Frames().count(frame) > 0)
        << "docs/plans.md:" << start
        << ": write ```yaml and one of plan, checks, recipe, fields, postgres, redis, http";
    std::string example;
    while (std::getline(lines, line) && line != "```") {
      ++number;
      example += line + "\n";
    }
    ++number;
    ++examples;
    const bool is_step = frame == "postgres" || frame == "redis" || frame == "http";
    const std::string plan = Frames().at(frame) + Indented(example, is_step ? 4 : 0);
    EXPECT_EQ(Lint(plan), "") << "docs/plans.md:" << start << "\n" << plan;
  }
  EXPECT_GE(examples, 25);
}

TEST(PlanDocumentsTest, ThePlanReferenceNamesEveryField) {
  const std::string text = ReadFile("docs/plans.md");
  for (const auto* type : {v1::Plan::descriptor(),
                           v1::Defaults::descriptor(),
                           v1::Connection::descriptor(),
                           v1::TlsOptions::descriptor(),
                           v1::Suite::descriptor(),
                           v1::Check::descriptor(),
                           v1::Selector::descriptor(),
                           v1::Flow::descriptor(),
                           v1::FlowRole::descriptor(),
                           v1::Edges::descriptor(),
                           v1::Edge::descriptor(),
                           v1::Retry::descriptor(),
                           v1::Capture::descriptor(),
                           v1::PostgresStep::descriptor(),
                           v1::RedisStep::descriptor(),
                           v1::Receive::descriptor(),
                           v1::Repeat::descriptor(),
                           v1::Until::descriptor(),
                           v1::EventBusFormat::descriptor(),
                           v1::EventBusStep::descriptor(),
                           v1::EventPublication::descriptor(),
                           v1::EventReference::descriptor(),
                           v1::EventList::descriptor(),
                           v1::HttpStep::descriptor(),
                           v1::HttpRequest::descriptor(),
                           v1::Policy::descriptor(),
                           v1::Rule::descriptor(),
                           v1::Rounds::descriptor(),
                           v1::Tolerance::descriptor()}) {
    for (int i = 0; i < type->field_count(); ++i) {
      if (type->field(i)->options().GetExtension(v1::output_only)) continue;
      EXPECT_NE(text.find("`" + type->field(i)->name() + "`"), std::string::npos)
          << type->name() << "." << type->field(i)->name();
    }
  }
}

TEST(PlanDocumentsTest, ThePlanReferenceNamesEveryQuery) {
  const std::string text = ReadFile("docs/plans.md");
  for (const char* kind : {"postgres", "redis", "http", "event_bus", "message"}) {
    for (const shared::Query& query : shared::QueriesOf(kind)) {
      EXPECT_TRUE(text.find("`" + query.name + "`") != std::string::npos ||
                  text.find("`" + query.name + " ") != std::string::npos)
          << kind << " " << query.name;
    }
  }
}

TEST(PlanDocumentsTest, EveryPlanThatIsShippedIsGood) {
  int plans = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(SMOKEMESH_SOURCE_DIR) / "deploy/plans")) {
    if (entry.path().extension() != ".yaml") continue;
    ++plans;
    const std::string file = fs::relative(entry.path(), SMOKEMESH_SOURCE_DIR).string();
    EXPECT_EQ(Lint(ReadFile(file), file), "");
  }
  EXPECT_GE(plans, 1);
}

// The names that the platform's runbook and dashboards use.
TEST(PlanDocumentsTest, TheAuraPlanHasTheChecksOfTheRunbook) {
  const v1::Plan plan = LoadPlan(ReadFile("deploy/plans/aura.yaml"), "aura.yaml").plan;
  std::map<std::string, std::set<std::string>> names;
  std::map<std::string, std::set<std::string>> tags;
  for (const v1::Check& check : plan.checks()) {
    names[check.suite()].insert(check.name());
    tags[check.name()].insert(check.tags().begin(), check.tags().end());
    EXPECT_TRUE(tags[check.name()].count("smoke") > 0) << check.name();
    EXPECT_FALSE(check.impact().empty()) << check.name();
    EXPECT_TRUE(check.has_on()) << check.name();
  }
  const std::map<std::string, std::set<std::string>> expected = {
      {"database",
       {"database_connectivity", "database_version", "pgvector_extension", "transaction_commit",
        "transaction_rollback", "concurrent_transactions", "constraint_enforcement",
        "connection_pool", "row_level_security_context", "database_performance", "json_support"}},
      {"event_bus",
       {"redis_connectivity", "redis_pub_sub", "event_bus_connection", "event_publishing",
        "event_subscription_and_handling", "multiple_subscribers_same_channel", "event_persistence",
        "event_history_retrieval", "handler_error_and_retry", "dead_letter_queue",
        "event_bus_disconnect_and_reconnect", "concurrent_event_publishing", "event_ttl_expiration",
        "service_to_service_event_flow"}},
      {"services",
       {"gateway_health",
        "identity_service_health",
        "engagement_service_health",
        "user_registration_and_authentication",
        "authenticated_engagement_creation",
        "engagement_retrieval",
        "engagement_list_pagination",
        "unauthorized_access_blocked",
        "invalid_token_rejected",
        "engagement_update",
        "engagement_team_management",
        "engagement_state_transition",
        "not_found_error_handling",
        "validation_error_handling",
        "service_response_time",
        "concurrent_service_requests",
        "gateway_routing_to_multiple_services",
        "cors_headers",
        "rate_limiting",
        "service_error_responses",
        "json_response_format",
        "service_version_headers"}}};
  EXPECT_EQ(names, expected);
  EXPECT_EQ(plan.checks_size(), 47);
  EXPECT_TRUE(tags["constraint_enforcement"].count("database") > 0);
  EXPECT_TRUE(tags["constraint_enforcement"].count("transaction") > 0);
  EXPECT_TRUE(tags["constraint_enforcement"].count("critical") > 0);
}

// Whoever creates something over the API removes it.
TEST(PlanDocumentsTest, EveryAuraCheckThatRegistersUsersRemovesThem) {
  const v1::Plan plan = LoadPlan(ReadFile("deploy/plans/aura.yaml"), "aura.yaml").plan;
  int registering = 0;
  for (const v1::Check& check : plan.checks()) {
    const std::string text = check.ShortDebugString();
    if (text.find("/auth/register") == std::string::npos) continue;
    ++registering;
    EXPECT_THAT(text, testing::HasSubstr("DELETE FROM {{app_schema}}.users")) << check.name();
  }
  EXPECT_GE(registering, 4);
}

}  // namespace
}  // namespace smokemesh::coordinator
