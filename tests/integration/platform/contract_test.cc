// The HTTP contract of the reference platform on real servers.

#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "shared/uuid.h"
#include "tests/integration/platform/stack_fixture.h"
#include "tests/platform/jwt.h"

namespace smokemesh::testing {
namespace {

using nlohmann::json;

constexpr char kEngagements[] = "/api/engagement/engagements";

std::string Of(const std::string& id, const std::string& rest = "") {
  return std::string(kEngagements) + "/" + id + rest;
}

std::set<std::string> Ids(const Answer& list) {
  std::set<std::string> ids;
  for (const json& item : list.json) ids.insert(item["id"].get<std::string>());
  return ids;
}

class PlatformContract : public SharedStackTest {};

TEST_F(PlatformContract, EveryServiceTellsItsNameItsVersionAndThatItsDependenciesAreUp) {
  const Answer own = gateway().Get("/health");
  EXPECT_EQ(own.status, 200);
  EXPECT_EQ(own.json["status"], "healthy");
  EXPECT_EQ(own.json["service"], "api-gateway");
  for (const std::string name : {"identity", "engagement", "ingestion", "normalize"}) {
    const Answer answer = gateway().Get("/api/" + name + "/health");
    EXPECT_EQ(answer.status, 200) << name;
    EXPECT_EQ(answer.json["service"], name);
    EXPECT_EQ(answer.json["version"], "1.0.0");
    EXPECT_EQ(answer.Header("X-Service-Version"), "1.0.0");
  }
  EXPECT_EQ(gateway().Get("/api/engagement/health").json["dependencies"],
            (json{{"database", "up"}, {"redis", "up"}}));
  EXPECT_EQ(gateway().Get("/health/services").json["overall_status"], "healthy");
}

TEST_F(PlatformContract, RegistersOnceAndRefusesTheSameAddressAgain) {
  const std::string email = "smoke-" + shared::RandomUuid() + "@example.com";
  const Answer first = gateway().Register(email);
  EXPECT_EQ(first.status, 201) << first.text;
  EXPECT_EQ(first.json["email"], email);
  EXPECT_EQ(first.json["is_active"], true);
  EXPECT_FALSE(first.json.contains("hashed_password"));
  const Answer second = gateway().Register(email);
  EXPECT_EQ(second.status, 400);
  EXPECT_EQ(second.json["detail"], "Email already registered");
}

TEST_F(PlatformContract, PasswordsAreStoredAsBcryptHashes) {
  const User user = gateway().NewUser();
  const auto hash =
      stack().Sql("SELECT hashed_password FROM atlas.users WHERE email = '" + user.email + "'");
  ASSERT_TRUE(hash.ok());
  EXPECT_EQ(hash->substr(0, 7), "$2b$04$");
  EXPECT_EQ(hash->size(), 60u);
}

TEST_F(PlatformContract, LogsInByJsonAndByForm) {
  const User user = gateway().NewUser();
  EXPECT_FALSE(user.token.empty());
  const Answer form = gateway().Call("POST", "/api/identity/auth/login", "",
                                     "username=" + user.email + "&password=" + ApiClient::kPassword,
                                     {{"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(form.status, 200) << form.text;
  EXPECT_EQ(form.json["token_type"], "bearer");
  EXPECT_EQ(form.json["expires_in"], 28800);
}

TEST_F(PlatformContract, WrongPasswordAndUnknownAccountGetTheSame401) {
  const User user = gateway().NewUser();
  for (const std::string& email : {user.email, std::string("nobody@example.com")}) {
    const Answer answer = gateway().Login(email, "Wrong-Horse-7");
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.json["detail"], "Incorrect email or password");
    EXPECT_EQ(answer.Header("WWW-Authenticate"), "Bearer");
  }
}

TEST_F(PlatformContract, TokensTellWhoAndForHowLong) {
  const User user = gateway().NewUser();
  const size_t dot = user.token.find('.');
  // Signed with a secret that we do not have here: read it as a client would.
  const auto claims = platform::VerifyToken(user.token, "", std::chrono::system_clock::now(),
                                            {.signature = false, .expiry = true});
  ASSERT_TRUE(claims.ok()) << claims.status().message();
  EXPECT_EQ(claims->sub, user.id);
  EXPECT_EQ(claims->email, user.email);
  EXPECT_EQ(claims->exp - claims->iat, 28800);
  EXPECT_EQ(claims->type, "access");
  EXPECT_EQ(user.token.substr(0, dot), "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9");
  EXPECT_EQ(gateway().Get("/api/identity/auth/me", user.token).json["id"], user.id);
}

TEST_F(PlatformContract, EveryProtectedRouteRefusesRequestsWithoutAToken) {
  const std::string id = shared::RandomUuid();
  const std::vector<std::pair<std::string, std::string>> routes = {
      {"GET", "/api/identity/auth/me"},
      {"DELETE", "/api/identity/auth/me"},
      {"GET", kEngagements},
      {"POST", kEngagements},
      {"GET", Of(id)},
      {"PATCH", Of(id)},
      {"DELETE", Of(id)},
      {"POST", Of(id, "/transition?new_status=planning")},
      {"GET", Of(id, "/team")},
      {"POST", Of(id, "/team")},
      {"GET", Of(id, "/activity")}};
  for (const auto& [method, target] : routes) {
    const Answer answer = gateway().Call(method, target);
    EXPECT_EQ(answer.status, 401) << method << " " << target;
    EXPECT_EQ(answer.Header("WWW-Authenticate"), "Bearer") << method << " " << target;
  }
}

TEST_F(PlatformContract, ForgedExpiredUnsignedAndGarbageTokensAreRefused) {
  const User user = gateway().NewUser();
  const auto environment = stack().Environment();
  const std::string stolen = user.token.substr(0, user.token.rfind('.') + 1);
  const std::vector<std::string> tokens = {environment.at("SMOKE_EXPIRED_TOKEN"),
                                           environment.at("SMOKE_FORGED_TOKEN"),
                                           environment.at("SMOKE_UNSIGNED_TOKEN"),
                                           stolen,
                                           stolen + "AAAA",
                                           "garbage",
                                           "a.b.c"};
  for (const std::string& token : tokens) {
    for (const char* target : {kEngagements, "/api/identity/auth/me"}) {
      EXPECT_EQ(gateway().Get(target, token).status, 401) << target << " " << token;
    }
  }
}

TEST_F(PlatformContract, AnEngagementIsCreatedReadListedChangedAndDeleted) {
  const User user = gateway().NewUser();
  const Answer created = gateway().Post(kEngagements, user.token, ApiClient::EngagementBody());
  ASSERT_EQ(created.status, 201) << created.text;
  EXPECT_EQ(created.json["status"], "draft");
  EXPECT_EQ(created.json["created_by"], user.id);
  // uuid5(NAMESPACE_DNS, "acme") of Python.
  EXPECT_EQ(created.json["client_id"], "38394337-9aff-503a-b737-e711338283d4");
  const std::string id = created.json["id"].get<std::string>();
  EXPECT_EQ(gateway().Get(Of(id), user.token).json, created.json);
  EXPECT_EQ(Ids(gateway().Get(kEngagements, user.token)), std::set<std::string>{id});

  const Answer changed = gateway().Call("PATCH", Of(id), user.token,
                                        {{"name", "Renamed"}, {"start_date", "2025-01-02"}});
  EXPECT_EQ(changed.status, 200) << changed.text;
  const Answer read = gateway().Get(Of(id), user.token);
  EXPECT_EQ(read.json["name"], "Renamed");
  EXPECT_EQ(read.json["start_date"], "2025-01-02");
  EXPECT_EQ(read.json["fiscal_year_end"], "2024-12-31");

  EXPECT_EQ(gateway().Call("DELETE", Of(id), user.token).status, 204);
  EXPECT_EQ(gateway().Get(Of(id), user.token).status, 404);
}

TEST_F(PlatformContract, ListsNewestFirstAndKeepsToSkipAndLimit) {
  const User user = gateway().NewUser();
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(gateway().NewEngagement(user));
  const Answer page =
      gateway().Get(std::string(kEngagements) + "?skip=1&limit=1&status=draft", user.token);
  ASSERT_EQ(page.json.size(), 1u) << page.text;
  EXPECT_EQ(page.json[0]["id"], ids[1]);
  EXPECT_EQ(gateway().Get(std::string(kEngagements) + "?status=review", user.token).json,
            json::array());
  for (const char* bad : {"?limit=0", "?limit=-1", "?limit=x", "?skip=-1", "?status=gone"}) {
    EXPECT_EQ(gateway().Get(std::string(kEngagements) + bad, user.token).status, 422) << bad;
  }
}

TEST_F(PlatformContract, UnknownAndMalformedIdsAre404And422) {
  const User user = gateway().NewUser();
  const Answer unknown = gateway().Get(Of(shared::RandomUuid()), user.token);
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.json["detail"], "Engagement not found or access denied");
  EXPECT_EQ(gateway().Get(Of("not-a-uuid"), user.token).status, 422);
}

TEST_F(PlatformContract, EachFieldRuleIsNamedInA422) {
  const User user = gateway().NewUser();
  const std::vector<std::pair<json, std::string>> wrong = {
      {{{"name", ""}}, "name"},
      {{{"name", std::string(501, 'x')}}, "name"},
      {{{"name", 7}}, "name"},
      {{{"engagement_type", "party"}}, "engagement_type"},
      {{{"fiscal_year_end", "2024-13-01"}}, "fiscal_year_end"},
      {{{"fiscal_year_end", "2023-02-29"}}, "fiscal_year_end"},
      {{{"client_id", "x"}}, "client_id"}};
  for (const auto& [change, field] : wrong) {
    json body = ApiClient::EngagementBody();
    body.update(change);
    const Answer answer = gateway().Post(kEngagements, user.token, body);
    ASSERT_EQ(answer.status, 422) << change;
    ASSERT_EQ(answer.json["detail"].size(), 1u) << answer.text;
    EXPECT_EQ(answer.json["detail"][0]["loc"], (json{"body", field}));
    EXPECT_TRUE(answer.json["detail"][0].contains("type"));
    EXPECT_TRUE(answer.json["detail"][0].contains("msg"));
  }
  const Answer empty = gateway().Post(kEngagements, user.token, json::object());
  EXPECT_EQ(empty.json["detail"].size(), 3u) << empty.text;
  EXPECT_EQ(gateway().Call("POST", kEngagements, user.token, "{not json").status, 422);
  // Only the database knows this one.
  json late = ApiClient::EngagementBody();
  late["start_date"] = "2025-02-01";
  late["expected_completion_date"] = "2025-01-01";
  EXPECT_EQ(gateway().Post(kEngagements, user.token, late).status, 422);
}

TEST_F(PlatformContract, WeakPasswordsAndBadAddressesAreRefused) {
  for (const char* password : {"Sh0rt", "alllower1", "ALLUPPER1", "NoDigitsHere"}) {
    const Answer answer =
        gateway().Post("/api/identity/auth/register", "",
                       {{"email", "weak@example.com"}, {"full_name", "W"}, {"password", password}});
    EXPECT_EQ(answer.status, 422) << password;
  }
  for (const char* email : {"x", "@example.com", "a@b", "a b@example.com"}) {
    EXPECT_EQ(gateway().Register(email).status, 422) << email;
  }
}

TEST_F(PlatformContract, StatesChangeOnlyAlongTheAllowedWay) {
  const User user = gateway().NewUser();
  const std::string id = gateway().NewEngagement(user);
  const auto go = [&](const std::string& status) {
    return gateway().Call("POST", Of(id, "/transition?new_status=" + status), user.token).status;
  };
  EXPECT_EQ(go("review"), 400);
  EXPECT_EQ(go("nonsense"), 422);
  EXPECT_EQ(gateway().Call("POST", Of(id, "/transition"), user.token).status, 422);
  EXPECT_EQ(go("planning"), 200);
  EXPECT_EQ(gateway().Get(Of(id), user.token).json["status"], "planning");
  EXPECT_EQ(go("fieldwork"), 200);
  EXPECT_EQ(go("planning"), 200);
  EXPECT_EQ(go("fieldwork"), 200);
  EXPECT_EQ(go("review"), 200);
  EXPECT_EQ(go("finalized"), 400) << "no approved workpaper, no partner";
  ASSERT_TRUE(stack()
                  .Sql("INSERT INTO atlas.workpapers (engagement_id, title, status) VALUES ('" +
                       id + "', 'Cash', 'approved')")
                  .ok());
  gateway().Call("PATCH", Of(id), user.token, {{"partner_id", user.id}});
  EXPECT_EQ(go("finalized"), 200);
  EXPECT_EQ(gateway().Get(Of(id), user.token).json["locked_by"], user.id);
}

TEST_F(PlatformContract, ATeamGrowsByOneAndRefusesTheSameMemberTwice) {
  const User owner = gateway().NewUser();
  const User member = gateway().NewUser();
  const std::string id = gateway().NewEngagement(owner);
  EXPECT_EQ(gateway().Get(Of(id, "/team"), owner.token).json.size(), 1u);
  const json body = {{"user_id", member.id}, {"role", "senior"}};
  EXPECT_EQ(gateway().Post(Of(id, "/team"), owner.token, body).status, 200);
  EXPECT_EQ(gateway().Post(Of(id, "/team"), owner.token, body).status, 400);
  const Answer team = gateway().Get(Of(id, "/team"), owner.token);
  ASSERT_EQ(team.json.size(), 2u);
  EXPECT_EQ(team.json[1]["user_id"], member.id);
  EXPECT_EQ(team.json[1]["assigned_by"], owner.id);
  EXPECT_EQ(gateway().Get(Of(id), member.token).status, 200) << "a member sees the engagement";
  EXPECT_EQ(gateway().Get(Of(id, "/team"), member.token).json.size(), 2u);
  EXPECT_EQ(gateway().Post(Of(id, "/team"), owner.token, {{"role", "senior"}}).status, 422);
  EXPECT_EQ(gateway()
                .Post(Of(id, "/team"), owner.token,
                      {{"user_id", shared::RandomUuid()}, {"role", "senior"}})
                .status,
            404);
}

TEST_F(PlatformContract, TenantsNeitherSeeNorChangeEachOthersEngagements) {
  const User alice = gateway().NewUser();
  const User bob = gateway().NewUser();
  const std::string id = gateway().NewEngagement(alice);
  EXPECT_EQ(gateway().Get(Of(id), bob.token).status, 404);
  EXPECT_EQ(gateway().Get(kEngagements, bob.token).json, json::array());
  EXPECT_EQ(gateway().Call("PATCH", Of(id), bob.token, {{"name", "Mine"}}).status, 404);
  EXPECT_EQ(gateway().Call("DELETE", Of(id), bob.token).status, 404);
  EXPECT_EQ(
      gateway().Post(Of(id, "/team"), bob.token, {{"user_id", bob.id}, {"role", "partner"}}).status,
      404);
  EXPECT_EQ(gateway().Get(Of(id), alice.token).json["name"], "FY 2024");
}

TEST_F(PlatformContract, TheServicesRolesCannotBypassRowLevelSecurity) {
  EXPECT_EQ(*stack().Sql("SELECT count(*) FROM pg_roles WHERE rolname IN ('aura_app',"
                         " 'aura_smoke') AND (rolsuper OR rolbypassrls)"),
            "0");
  EXPECT_EQ(*stack().Sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'atlas'::regnamespace"
                         " AND relrowsecurity AND relforcerowsecurity"),
            "5");
}

TEST_F(PlatformContract, CorsAnswersPreflightsAndRefusesForeignOrigins) {
  const auto preflight = [&](const std::string& origin) {
    return gateway().Call("OPTIONS", kEngagements, "", nullptr,
                          {{"Origin", origin}, {"Access-Control-Request-Method", "POST"}});
  };
  const Answer good = preflight("http://localhost:3000");
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.Header("Access-Control-Allow-Origin"), "http://localhost:3000");
  EXPECT_EQ(good.Header("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(good.Header("Access-Control-Max-Age"), "600");
  const Answer foreign = preflight("https://evil.example");
  EXPECT_EQ(foreign.status, 400);
  EXPECT_EQ(foreign.Header("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(gateway().Call("OPTIONS", kEngagements).status, 405);
  const Answer simple =
      gateway().Call("GET", "/health", "", nullptr, {{"Origin", "http://localhost:3000"}});
  EXPECT_EQ(simple.Header("Access-Control-Allow-Origin"), "http://localhost:3000");
}

TEST_F(PlatformContract, TheRateLimitIsPerTokenAndSparesHealth) {
  const User alice = gateway().NewUser();
  const User bob = gateway().NewUser();
  int accepted = 0;
  Answer last;
  for (int i = 0; i < 121; ++i) {
    last = gateway().Get("/api/engagement/health", alice.token);
    accepted += last.status == 200 ? 1 : 0;
  }
  EXPECT_EQ(accepted, 120);
  EXPECT_EQ(last.status, 429);
  EXPECT_EQ(last.json["detail"], "Rate limit exceeded");
  EXPECT_GE(std::stoi(last.Header("Retry-After")), 1);
  EXPECT_EQ(gateway().Get(kEngagements, bob.token).status, 200);
  EXPECT_EQ(gateway().Get("/health", alice.token).status, 200);
}

TEST_F(PlatformContract, TenRequestsAtOnceAreAllAnswered) {
  const User user = gateway().NewUser();
  std::vector<std::thread> threads;
  std::vector<int> statuses(10);
  for (size_t i = 0; i < statuses.size(); ++i) {
    threads.emplace_back([&, i] { statuses[i] = gateway().Get(kEngagements, user.token).status; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(statuses, std::vector<int>(10, 200));
}

TEST_F(PlatformContract, UnknownPathsAndMethodsAreJsonErrors) {
  const Answer unknown = gateway().Get("/api/payroll/health");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.json["detail"], "No service found for path: /api/payroll/health");
  EXPECT_EQ(gateway().Get("/api/identityx/health").status, 404) << "a prefix is a whole segment";
  EXPECT_EQ(gateway().Get("/api/identity/nothing").status, 404);
  const Answer method = gateway().Call("PUT", "/api/identity/auth/login");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.json["detail"], "Method Not Allowed");
  EXPECT_EQ(gateway().Get("/" + std::string(3000, 'x')).status, 414);
}

TEST_F(PlatformContract, AnAccountLeavesWithAllItsData) {
  const User user = gateway().NewUser();
  const std::string id = gateway().NewEngagement(user);
  EXPECT_EQ(gateway().Call("DELETE", Of(id), user.token).status, 204);
  EXPECT_EQ(gateway().Call("DELETE", "/api/identity/auth/me", user.token).status, 204);
  EXPECT_EQ(gateway().Get("/api/identity/auth/me", user.token).status, 401);
  EXPECT_EQ(gateway().Post(kEngagements, user.token, ApiClient::EngagementBody()).status, 401);
  EXPECT_EQ(*stack().Sql("SELECT count(*) FROM atlas.users WHERE id = '" + user.id + "'"), "0");
}

}  // namespace
}  // namespace smokemesh::testing
