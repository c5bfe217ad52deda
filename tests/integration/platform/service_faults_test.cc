// Each fault of a service really changes what it answers.

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/platform/stack_fixture.h"
#include "tests/platform/jwt.h"

namespace smokemesh::testing {
namespace {

using nlohmann::json;

constexpr char kEngagements[] = "/api/engagement/engagements";

std::string Of(const std::string& id, const std::string& rest = "") {
  return std::string(kEngagements) + "/" + id + rest;
}

constexpr char kUnknown[] = "00000000-0000-4000-8000-000000000000";

class ServiceFault : public OwnStackTest {
 protected:
  std::string Variable(const char* name) { return stack().Environment().at(name); }
};

TEST_F(ServiceFault, StoppedServicesAreGone) {
  Break("engagement_stopped");
  const Answer answer = gateway().Get("/api/engagement/health");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.json["detail"], "Service engagement unavailable");
  EXPECT_EQ(gateway().Get("/api/identity/health").status, 200);
  Break("identity_stopped");
  EXPECT_EQ(gateway().Get("/api/identity/health").status, 503);
  EXPECT_EQ(gateway().Get("/health").status, 200);
  EXPECT_EQ(gateway().Get("/health/services").json["overall_status"], "degraded");
  Break("gateway_stopped");
  EXPECT_EQ(gateway().Get("/health").status, 0);
}

TEST_F(ServiceFault, AFrozenBackendIsAGatewayTimeout) {
  stack().service("gateway").Set("BACKEND_TIMEOUT_SECONDS", "0.3");
  ASSERT_TRUE(stack().service("gateway").Restart().ok());
  for (const std::string name : {"engagement", "identity"}) {
    Break(name + "_frozen");
    const Answer answer = gateway().Get("/api/" + name + "/health");
    EXPECT_EQ(answer.status, 504);
    EXPECT_EQ(answer.json["detail"], "Service " + name + " timeout");
    stack().service(name).Resume();
  }
}

TEST_F(ServiceFault, SlowServicesAnswerLater) {
  for (const std::string name : {"engagement", "identity", "gateway"}) {
    Break(name + "_slow");
    const ApiClient direct(stack().service(name).url());
    const auto start = std::chrono::steady_clock::now();
    direct.Get("/nothing");
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(300)) << name;
  }
}

TEST_F(ServiceFault, TheGatewayRoutesWrongly) {
  Break("gateway_routes_swapped");
  EXPECT_EQ(gateway().Get("/api/identity/health").json["service"], "engagement");
  EXPECT_EQ(gateway().Get("/api/engagement/health").json["service"], "identity");
  Break("gateway_prefix_not_stripped");
  EXPECT_EQ(gateway().Get("/api/identity/health").status, 404);
  Break("gateway_unhealthy");
  EXPECT_EQ(gateway().Get("/health").status, 503);
}

TEST_F(ServiceFault, TheGatewayDropsTheToken) {
  const User user = gateway().NewUser();
  Break("gateway_drops_authorization");
  EXPECT_EQ(gateway().Get(kEngagements, user.token).status, 401);
}

TEST_F(ServiceFault, SecretsDiffer) {
  const User user = gateway().NewUser();
  Break("secrets_differ");
  EXPECT_EQ(gateway().Get("/api/identity/auth/me", user.token).status, 200);
  EXPECT_EQ(gateway().Get(kEngagements, user.token).status, 401);
}

TEST_F(ServiceFault, SignaturesAreNotVerified) {
  Break("token_signature_not_verified");
  for (const char* token : {"SMOKE_FORGED_TOKEN", "SMOKE_UNSIGNED_TOKEN"}) {
    EXPECT_EQ(gateway().Get(kEngagements, Variable(token)).status, 200) << token;
  }
  EXPECT_EQ(gateway().Get(kEngagements, Variable("SMOKE_EXPIRED_TOKEN")).status, 401);
}

TEST_F(ServiceFault, ExpiredTokensAreAccepted) {
  Break("expired_token_accepted");
  EXPECT_EQ(gateway().Get(kEngagements, Variable("SMOKE_EXPIRED_TOKEN")).status, 200);
  EXPECT_EQ(gateway().Get(kEngagements, Variable("SMOKE_FORGED_TOKEN")).status, 401);
}

TEST_F(ServiceFault, PasswordsAreNotChecked) {
  const User user = gateway().NewUser();
  Break("any_password_accepted");
  EXPECT_EQ(gateway().Login(user.email, "Wrong-Horse-7").status, 200);
  Break("weak_password_accepted");
  EXPECT_EQ(gateway()
                .Post("/api/identity/auth/register", "",
                      {{"email", "weak@example.com"}, {"full_name", "W"}, {"password", "x"}})
                .status,
            201);
  Break("duplicate_email_as_ok");
  EXPECT_EQ(gateway().Register(user.email).status, 201);
  Break("form_login_refused");
  EXPECT_EQ(gateway()
                .Call("POST", "/api/identity/auth/login", "",
                      "username=" + user.email + "&password=" + ApiClient::kPassword,
                      {{"Content-Type", "application/x-www-form-urlencoded"}})
                .status,
            422);
}

TEST_F(ServiceFault, TokensLiveTooLongAndTellTooLittle) {
  Break("token_lifetime_long");
  Break("token_claims_missing");
  const User user = gateway().NewUser();
  const auto claims = platform::VerifyToken(user.token, "", std::chrono::system_clock::now(),
                                            {.signature = false, .expiry = true});
  ASSERT_TRUE(claims.ok());
  EXPECT_EQ(claims->exp - claims->iat, 30 * 86400);
  EXPECT_EQ(claims->email, "");
}

TEST_F(ServiceFault, RefusalsAreOfTheWrongKind) {
  Break("challenge_missing");
  const Answer bare = gateway().Get(kEngagements);
  EXPECT_EQ(bare.status, 401);
  EXPECT_EQ(bare.Header("WWW-Authenticate"), "");
  Break("unauthorized_as_403");
  EXPECT_EQ(gateway().Get(kEngagements).status, 403);
}

TEST_F(ServiceFault, RoutesHaveLostTheirProtection) {
  Break("auth_missing_on_list");
  EXPECT_EQ(gateway().Get(kEngagements).status, 200);
  EXPECT_EQ(gateway().Get(Of(kUnknown)).status, 401);
  Break("auth_missing_on_get");
  EXPECT_EQ(gateway().Get(Of(kUnknown)).status, 404);
}

TEST_F(ServiceFault, ErrorsAreOfTheWrongKind) {
  const User user = gateway().NewUser();
  Break("not_found_as_200");
  EXPECT_EQ(gateway().Get(Of(kUnknown), user.token).status, 200);
  Break("validation_as_500");
  EXPECT_EQ(gateway().Post(kEngagements, user.token, json::object()).status, 500);
}

TEST_F(ServiceFault, FieldRulesAreLostAndErrorsAreHtml) {
  const User user = gateway().NewUser();
  json body = ApiClient::EngagementBody();
  body["name"] = "";
  Break("field_rules_lost");
  EXPECT_EQ(gateway().Post(kEngagements, user.token, body).status, 500);
  EXPECT_EQ(gateway().Post(kEngagements, user.token, json::object()).status, 422);
  Break("errors_as_html");
  const Answer answer = gateway().Get(Of(kUnknown), user.token);
  EXPECT_EQ(answer.status, 404);
  EXPECT_TRUE(answer.json.is_discarded());
  EXPECT_EQ(answer.Header("Content-Type"), "text/html");
}

TEST_F(ServiceFault, VersionsAreStaleOrMissing) {
  Break("stale_version");
  EXPECT_EQ(gateway().Get("/api/engagement/health").json["version"], "0.9.3");
  Break("version_missing");
  EXPECT_FALSE(gateway().Get("/api/engagement/health").json.contains("version"));
}

TEST_F(ServiceFault, ChangesAreAnsweredAndNotStored) {
  const User user = gateway().NewUser();
  const User other = gateway().NewUser();
  const std::string id = gateway().NewEngagement(user);
  Break("update_not_stored");
  EXPECT_EQ(gateway().Call("PATCH", Of(id), user.token, {{"name", "New"}}).json["name"], "New");
  EXPECT_EQ(gateway().Get(Of(id), user.token).json["name"], "FY 2024");
  Break("transition_not_stored");
  EXPECT_EQ(gateway().Call("POST", Of(id, "/transition?new_status=planning"), user.token).status,
            200);
  EXPECT_EQ(gateway().Get(Of(id), user.token).json["status"], "draft");
  Break("team_not_stored");
  EXPECT_EQ(gateway()
                .Post(Of(id, "/team"), user.token, {{"user_id", other.id}, {"role", "staff"}})
                .status,
            200);
  EXPECT_EQ(gateway().Get(Of(id, "/team"), user.token).json.size(), 1u);
  Break("commit_not_done");
  const std::string lost = gateway().NewEngagement(user);
  EXPECT_NE(lost, "");
  EXPECT_EQ(gateway().Get(Of(lost), user.token).status, 404);
}

TEST_F(ServiceFault, EveryTransitionIsAllowed) {
  const User user = gateway().NewUser();
  const std::string id = gateway().NewEngagement(user);
  Break("forbidden_transition_allowed");
  EXPECT_EQ(gateway().Call("POST", Of(id, "/transition?new_status=finalized"), user.token).status,
            200);
}

TEST_F(ServiceFault, ACacheMixesTenants) {
  Break("tenants_mixed");
  const User alice = gateway().NewUser();
  const User bob = gateway().NewUser();
  const std::string id = gateway().NewEngagement(alice);
  EXPECT_EQ(gateway().Get(Of(id), bob.token).json["created_by"], alice.id);
}

TEST_F(ServiceFault, TheTenantOfAPooledConnectionLeaksToTheNext) {
  Break("context_leaks");
  const User alice = gateway().NewUser();
  const User bob = gateway().NewUser();
  const std::string id = gateway().NewEngagement(alice);
  EXPECT_EQ(gateway().Get(Of(id), bob.token).status, 200);
}

TEST_F(ServiceFault, ListsAreEmptyOrUnbounded) {
  const User user = gateway().NewUser();
  for (int i = 0; i < 2; ++i) gateway().NewEngagement(user);
  Break("list_unbounded");
  EXPECT_EQ(gateway().Get(std::string(kEngagements) + "?limit=1", user.token).json.size(), 2u);
  Break("list_empty");
  EXPECT_EQ(gateway().Get(kEngagements, user.token).json, json::array());
}

// Requests of one token that are accepted out of 125.
int Accepted(const ApiClient& gateway, const std::string& token) {
  int accepted = 0;
  for (int i = 0; i < 125; ++i) {
    accepted += gateway.Get("/api/identity/auth/me", token).status == 200 ? 1 : 0;
  }
  return accepted;
}

TEST_F(ServiceFault, TheRateLimitIsLowOrMissing) {
  const User user = gateway().NewUser();
  Break("rate_limit_low");
  EXPECT_EQ(Accepted(gateway(), user.token), 20);
  Break("rate_limit_off");
  EXPECT_EQ(Accepted(gateway(), user.token), 125);
}

TEST_F(ServiceFault, AllUsersShareOneRateLimitAndAreNotToldWhenToComeBack) {
  const User alice = gateway().NewUser();
  const User bob = gateway().NewUser();
  Break("rate_limit_no_headers");
  Break("rate_limit_shared");
  EXPECT_EQ(Accepted(gateway(), alice.token), 120);
  const Answer answer = gateway().Get(kEngagements, bob.token);
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.Header("Retry-After"), "");
}

TEST_F(ServiceFault, CorsIsTooWideOrTooNarrow) {
  const auto preflight = [&](const std::string& origin) {
    return gateway().Call("OPTIONS", kEngagements, "", nullptr,
                          {{"Origin", origin}, {"Access-Control-Request-Method", "POST"}});
  };
  Break("cors_no_credentials");
  EXPECT_EQ(preflight("http://localhost:3000").Header("Access-Control-Allow-Credentials"), "");
  Break("cors_any_origin");
  EXPECT_EQ(preflight("https://evil.example").Header("Access-Control-Allow-Origin"),
            "https://evil.example");
}

TEST_F(ServiceFault, TheFrontendsOriginIsMissing) {
  Break("cors_origin_missing");
  EXPECT_EQ(
      gateway()
          .Call("OPTIONS", kEngagements, "", nullptr,
                {{"Origin", "http://localhost:3000"}, {"Access-Control-Request-Method", "POST"}})
          .status,
      400);
}

TEST_F(ServiceFault, ErrorsTellTooMuchTooLittleOrTheWrongThing) {
  const User user = gateway().NewUser();
  Break("validation_without_place");
  const Answer invalid = gateway().Post(kEngagements, user.token, json::object());
  EXPECT_EQ(invalid.status, 422);
  EXPECT_TRUE(invalid.json["detail"].is_string());
  Break("method_not_allowed_as_200");
  EXPECT_EQ(gateway().Call("DELETE", kEngagements, user.token).status, 200);
  Break("stack_traces");
  EXPECT_NE(gateway().Get(Of(kUnknown), user.token).text.find("Traceback"), std::string::npos);
  Break("json_as_text");
  EXPECT_EQ(gateway().Get(kEngagements, user.token).Header("Content-Type"),
            "text/plain; charset=utf-8");
  Break("not_found_as_500");
  EXPECT_EQ(gateway().Get(Of(kUnknown), user.token).status, 500);
}

TEST_F(ServiceFault, MoreRoutesHaveLostTheirProtection) {
  Break("auth_missing_on_team");
  EXPECT_EQ(gateway().Get(Of(kUnknown, "/team")).status, 404);
  EXPECT_EQ(gateway().Call("PATCH", Of(kUnknown), "", {{"name", "x"}}).status, 401);
  Break("auth_missing_on_update");
  EXPECT_EQ(gateway().Call("PATCH", Of(kUnknown), "", {{"name", "x"}}).status, 404);
}

TEST_F(ServiceFault, TokensAreTakenOrMadeWrongly) {
  EXPECT_EQ(gateway().Get(kEngagements, "garbage").status, 401);
  Break("unsigned_token_accepted");
  EXPECT_EQ(gateway().Get(kEngagements, Variable("SMOKE_UNSIGNED_TOKEN")).status, 200);
  EXPECT_EQ(gateway().Get(kEngagements, Variable("SMOKE_FORGED_TOKEN")).status, 401);
  Break("invalid_token_as_500");
  EXPECT_EQ(gateway().Get(kEngagements, "garbage").status, 500);
  Break("clock_behind");
  const User user = gateway().NewUser();
  ASSERT_NE(user.token, "");
  EXPECT_NE(gateway().Get(kEngagements, user.token).status, 200);
}

TEST_F(ServiceFault, IdentityIsOldAndFailsForDuplicates) {
  const User user = gateway().NewUser();
  EXPECT_EQ(gateway().Register(user.email).status, 400);
  Break("duplicate_email_as_500");
  EXPECT_EQ(gateway().Register(user.email).status, 500);
  Break("identity_stale_version");
  EXPECT_EQ(gateway().Get("/api/identity/health").json["version"], "0.9.3");
}

TEST_F(ServiceFault, PagesAndMembersRepeat) {
  const User user = gateway().NewUser();
  const User other = gateway().NewUser();
  const std::string first = gateway().NewEngagement(user);
  gateway().NewEngagement(user);
  const auto page = [&](const char* skip) {
    return gateway()
        .Get(std::string(kEngagements) + "?limit=1&skip=" + skip, user.token)
        .json[0]["id"];
  };
  EXPECT_NE(page("0"), page("1"));
  Break("list_skip_ignored");
  EXPECT_EQ(page("0"), page("1"));
  const json member = {{"user_id", other.id}, {"role", "staff"}};
  EXPECT_EQ(gateway().Post(Of(first, "/team"), user.token, member).status, 200);
  EXPECT_EQ(gateway().Post(Of(first, "/team"), user.token, member).status, 400);
  Break("duplicate_member_as_ok");
  EXPECT_EQ(gateway().Post(Of(first, "/team"), user.token, member).status, 200);
}

TEST_F(ServiceFault, ReadingIsASecondBehind) {
  const User user = gateway().NewUser();
  Break("replica_lags");
  const std::string path = "/engagements/" + gateway().NewEngagement(user);
  const ApiClient direct(stack().service("engagement").url());  // which has no rate limit
  EXPECT_EQ(direct.Get(path, user.token).status, 404);
  EXPECT_TRUE(Eventually([&] { return direct.Get(path, user.token).status == 200; }));
}

TEST_F(ServiceFault, OneOfTwoReplicasIsOldAndEveryTenthRequestFails) {
  Break("stale_replica");
  const auto version = [&] {
    return gateway().Get("/api/engagement/health").json["version"].get<std::string>();
  };
  EXPECT_NE(version(), version());
  Break("every_tenth_fails");
  int failed = 0;
  for (int i = 0; i < 20; ++i) failed += gateway().Get(kEngagements).status == 502 ? 1 : 0;
  EXPECT_EQ(failed, 2);
}

TEST_F(ServiceFault, RequestsAtOnceWaitForEachOther) {
  const User user = gateway().NewUser();
  Break("slow_under_load");
  const ApiClient direct(stack().service("engagement").url());
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_EQ(direct.Get("/engagements", user.token).status, 200); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(150));
}

}  // namespace
}  // namespace smokemesh::testing
