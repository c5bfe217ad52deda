// Each fault of the gateway really changes what it answers.

#include <chrono>
#include <string>
#include <thread>

#include "tests/integration/platform/stack_fixture.h"

namespace smokemesh::testing {
namespace {

constexpr char kEngagements[] = "/api/engagement/engagements";

std::string Of(const std::string& id, const std::string& rest = "") {
  return std::string(kEngagements) + "/" + id + rest;
}

class GatewayFault : public OwnStackTest {};

TEST_F(GatewayFault, ErrorsAreOfTheWrongKind) {
  const std::string unknown = "/api/nothing/here";
  EXPECT_EQ(gateway().Get(unknown).json["detail"], "No service found for path: " + unknown);
  EXPECT_EQ(gateway().Call("DELETE", "/health").status, 405);
  Break("gateway_method_not_allowed_as_200");
  EXPECT_EQ(gateway().Call("DELETE", "/health").status, 200);
  Break("gateway_errors_as_html");
  EXPECT_EQ(gateway().Get(unknown).status, 404);
  EXPECT_EQ(gateway().Get(unknown).Header("Content-Type"), "text/html");
  Break("gateway_page_for_unknown_path");
  EXPECT_EQ(gateway().Get(unknown).status, 200);
}

TEST_F(GatewayFault, WhatPassesThroughIsLost) {
  const User user = gateway().NewUser();
  for (int i = 0; i < 2; ++i) gateway().NewEngagement(user);
  const std::string one = std::string(kEngagements) + "?limit=1";
  EXPECT_EQ(gateway().Get(one, user.token).json.size(), 1u);
  Break("gateway_drops_query");
  EXPECT_EQ(gateway().Get(one, user.token).json.size(), 2u);
  EXPECT_EQ(gateway().Get(kEngagements).Header("WWW-Authenticate"), "Bearer");
  Break("gateway_drops_answer_headers");
  EXPECT_EQ(gateway().Get(kEngagements).status, 401);
  EXPECT_EQ(gateway().Get(kEngagements).Header("WWW-Authenticate"), "");
  EXPECT_EQ(gateway().Get(kEngagements).Header("X-Service-Version"), "");
}

TEST_F(GatewayFault, TheCorrelationIdChangesOnTheWay) {
  const User user = gateway().NewUser();
  const auto stored = [&] {
    const Answer answer =
        gateway().Call("POST", kEngagements, user.token, ApiClient::EngagementBody(),
                       {{"X-Correlation-ID", "trace-4711"}});
    EXPECT_EQ(answer.status, 201);
    return *stack().redis().Command({"GET", *stack().redis().Command({"KEYS", "events:*"})});
  };
  EXPECT_NE(stored().find("\"correlation_id\": \"trace-4711\""), std::string::npos);
  ASSERT_TRUE(stack().redis().Command({"FLUSHALL"}).ok());
  Break("gateway_drops_correlation");
  EXPECT_EQ(stored().find("trace-4711"), std::string::npos);
}

TEST_F(GatewayFault, AnswersComeFromACache) {
  const User user = gateway().NewUser();
  const std::string id = gateway().NewEngagement(user);
  Break("gateway_caches_answers");
  EXPECT_EQ(gateway().Get(Of(id), user.token).json["name"], "FY 2024");
  EXPECT_EQ(gateway().Call("PATCH", Of(id), user.token, {{"name", "New"}}).status, 200);
  EXPECT_EQ(gateway().Get(Of(id), user.token).json["name"], "FY 2024");
}

TEST_F(GatewayFault, BackendsAreMissedOrGivenUp) {
  EXPECT_EQ(gateway().Get("/api/ingestion/health").json["service"], "ingestion");
  Break("gateway_routes_normalize_to_ingestion");
  EXPECT_EQ(gateway().Get("/api/normalize/health").json["service"], "ingestion");
  Break("gateway_routes_ingestion_nowhere");
  EXPECT_EQ(gateway().Get("/api/ingestion/health").status, 503);
  Break("gateway_stale_version");
  EXPECT_EQ(gateway().Get("/health").json["version"], "0.9.3");
  Break("gateway_impatient");
  EXPECT_EQ(gateway()
                .Post("/api/identity/auth/register", "",
                      {{"email", "slow@example.com"},
                       {"full_name", "S"},
                       {"password", ApiClient::kPassword}})
                .status,
            504);
}

TEST_F(GatewayFault, HealthCountsForTheRateLimit) {
  Break("rate_limit_low");
  Break("rate_limit_counts_health");
  int accepted = 0;
  for (int i = 0; i < 25; ++i) accepted += gateway().Get("/health").status == 200 ? 1 : 0;
  EXPECT_EQ(accepted, 20);
}

TEST_F(GatewayFault, TheRateLimitNeverRestores) {
  const User user = gateway().NewUser();
  stack().service("gateway").Set("RATE_WINDOW_SECONDS", "0.2");
  Break("rate_limit_low");
  const auto reach = [&] {
    for (int i = 0; i < 20; ++i) gateway().Get(kEngagements, user.token);
  };
  reach();
  EXPECT_TRUE(Eventually([&] { return gateway().Get(kEngagements, user.token).status == 200; }));
  Break("rate_limit_never_restores");
  reach();
  const Answer refused = gateway().Get(kEngagements, user.token);
  EXPECT_EQ(refused.status, 429);
  EXPECT_GT(std::stol(refused.Header("Retry-After")), 1000);
}

TEST_F(GatewayFault, OnlyThePreflightHasCorsHeaders) {
  const auto origin = [&](const std::string& method, platform::HttpHeaders headers) {
    headers.emplace_back("Origin", "http://localhost:3000");
    return gateway()
        .Call(method, "/health", "", nullptr, headers)
        .Header("Access-Control-Allow-Origin");
  };
  EXPECT_EQ(origin("GET", {}), "http://localhost:3000");
  Break("cors_preflight_only");
  EXPECT_EQ(origin("GET", {}), "");
  EXPECT_EQ(origin("OPTIONS", {{"Access-Control-Request-Method", "GET"}}), "http://localhost:3000");
}

}  // namespace
}  // namespace smokemesh::testing
