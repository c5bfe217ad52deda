#include "agent/policy/policy.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>
#include <string>

#include "agent/policy/policy_file.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Policy> Read(const std::string& yaml) {
  ParsedPolicy parsed = ParsePolicy(yaml, "policy.yaml");
  EXPECT_THAT(shared::FormatProblems(parsed.problems), "");
  return parsed.policy == nullptr ? Policy::Default() : parsed.policy;
}

absl::Status Connect(const Policy& policy, const std::string& kind, const std::string& host,
                     const std::string& ip, int port) {
  sockaddr_storage storage = {};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, ip.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<uint16_t>(port));
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, ip.c_str(), &v6->sin6_addr), 1) << ip;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<uint16_t>(port));
  }
  return policy.MayConnect(kind, host, reinterpret_cast<const sockaddr*>(&storage));
}

// Every refusal must say that it is one, or the step would count as evidence.
bool Ok(const absl::Status& status) {
  EXPECT_EQ(IsForbidden(status), !status.ok()) << status;
  return status.ok();
}

TEST(Policy, WithoutAFileAllowsAllButWhatNoPlanMayDo) {
  const Policy& policy = *Policy::Default();
  for (const char* kind : {"http", "postgres", "redis", "event_bus"}) {
    EXPECT_TRUE(Ok(policy.MayRun(kind)));
    EXPECT_TRUE(Ok(policy.MayAsk(kind, "anything.example", 1)));
    EXPECT_TRUE(Ok(Connect(policy, kind, "anything.example", "10.0.0.1", 1)));
    EXPECT_FALSE(Ok(Connect(policy, kind, "anything.example", "169.254.169.254", 80)));
    EXPECT_FALSE(Ok(Connect(policy, kind, "anything.example", "::ffff:169.254.169.254", 80)));
  }
  EXPECT_TRUE(Ok(policy.MayUseSocket("postgres", "/run/postgresql", 5432)));
  EXPECT_TRUE(Ok(policy.MayRead("SECRET")));
  EXPECT_TRUE(Ok(policy.MayLogInAs("app")));
  EXPECT_FALSE(policy.allows_superuser());
  EXPECT_TRUE(Ok(policy.MaySend({"GET", "k"})));
  EXPECT_FALSE(Ok(policy.MaySend({"FLUSHALL"})));
}

TEST(Policy, AllowsTheKindsThatItLists) {
  const auto policy = Read("variables: [A]\nkinds: [http, redis]\n");
  EXPECT_TRUE(Ok(policy->MayRun("http")));
  EXPECT_TRUE(Ok(policy->MayRun("redis")));
  const absl::Status refused = policy->MayRun("postgres");
  EXPECT_FALSE(Ok(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("policy.yaml:2:1: "));
  EXPECT_FALSE(Ok(policy->MayRun("event_bus")));
}

TEST(Policy, ComparesNamesAsThePlanWritesThem) {
  const auto policy = Read("targets: [{host: API.example.com}, {host: \"*.svc.local\"}]\n");
  for (const char* host :
       {"api.example.com", "Api.Example.COM", "api.example.com.", "a.svc.local", "a.b.svc.local"}) {
    EXPECT_TRUE(Ok(policy->MayAsk("http", host, 80))) << host;
    EXPECT_TRUE(Ok(Connect(*policy, "http", host, "10.1.1.1", 80))) << host;
  }
  for (const char* host :
       {"example.com", "xapi.example.com", "api.example.com.evil.test", "svc.local", ".svc.local",
        "evilsvc.local", "10.1.1.1", "", "*.svc.local.evil"}) {
    EXPECT_FALSE(Ok(policy->MayAsk("http", host, 80))) << host;
    EXPECT_FALSE(Ok(Connect(*policy, "http", host, "10.1.1.1", 80))) << host;
  }
}

TEST(Policy, ComparesAddressesAndNetworksWithWhatANameResolvesTo) {
  const auto policy = Read("targets: [{host: 10.0.0.0/8}, {host: \"::1\"}]\n");
  EXPECT_TRUE(Ok(policy->MayAsk("redis", "any.name", 6379)));  // only its addresses can tell
  EXPECT_TRUE(Ok(Connect(*policy, "redis", "any.name", "10.9.9.9", 6379)));
  EXPECT_TRUE(Ok(Connect(*policy, "redis", "any.name", "::ffff:10.9.9.9", 6379)));
  EXPECT_TRUE(Ok(Connect(*policy, "redis", "::1", "::1", 6379)));
  const absl::Status refused = Connect(*policy, "redis", "any.name", "192.168.0.1", 6379);
  EXPECT_FALSE(Ok(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("192.168.0.1:6379 (any.name)"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("policy.yaml:1:1: "));
  EXPECT_FALSE(Ok(Connect(*policy, "redis", "any.name", "::2", 6379)));
}

TEST(Policy, WantsAllOfATargetToHold) {
  const auto policy =
      Read("targets: [{host: db, ports: [5432, 5433], kinds: [postgres]}, {host: web}]\n");
  EXPECT_TRUE(Ok(policy->MayAsk("postgres", "db", 5433)));
  EXPECT_FALSE(Ok(policy->MayAsk("postgres", "db", 5434)));
  EXPECT_FALSE(Ok(policy->MayAsk("http", "db", 5432)));
  EXPECT_FALSE(Ok(Connect(*policy, "http", "db", "10.0.0.1", 5432)));
  EXPECT_FALSE(Ok(Connect(*policy, "postgres", "db", "10.0.0.1", 5434)));
  EXPECT_TRUE(Ok(Connect(*policy, "http", "web", "10.0.0.1", 9)));
}

TEST(Policy, LetsNoTargetReachAMetadataAddressUnlessItSaysSo) {
  const auto policy = Read(R"(targets:
  - host: metadata.example
  - {host: 0.0.0.0/0}
  - {host: 169.254.169.254, ports: [80], kinds: [http], allow_metadata_address: true}
)");
  EXPECT_TRUE(Ok(Connect(*policy, "http", "metadata.example", "10.0.0.1", 80)));
  EXPECT_TRUE(Ok(Connect(*policy, "http", "169.254.169.254", "169.254.169.254", 80)));
  const absl::Status other_port = Connect(*policy, "http", "metadata.example", "169.254.0.9", 81);
  EXPECT_FALSE(Ok(other_port));
  EXPECT_THAT(std::string(other_port.message()), HasSubstr("policy.yaml:3:"));
  EXPECT_FALSE(Ok(Connect(*policy, "redis", "x", "169.254.169.254", 80)));
  EXPECT_FALSE(Ok(Connect(*policy, "http", "x", "64:ff9b::a9fe:a9fe", 80)));
}

TEST(Policy, NamesUnixSocketsByTheirDirectory) {
  const auto policy = Read("targets: [{host: /run/postgresql}, {host: db}]\n");
  EXPECT_TRUE(Ok(policy->MayUseSocket("postgres", "/run/postgresql", 5432)));
  EXPECT_FALSE(Ok(policy->MayUseSocket("postgres", "/tmp", 5432)));
  EXPECT_FALSE(Ok(policy->MayUseSocket("postgres", "", 5432)));
  EXPECT_FALSE(Ok(policy->MayUseSocket("postgres", "db", 5433)) &&
               Ok(policy->MayUseSocket("postgres", "/db", 5433)));
  EXPECT_FALSE(Ok(policy->MayAsk("postgres", "/run/postgresql", 5432)));
}

TEST(Policy, AllowsVariablesByNameAndBeginning) {
  const auto policy = Read("variables: [DATABASE_URL, SMOKE_*]\n");
  for (const char* name : {"DATABASE_URL", "SMOKE_", "SMOKE_TOKEN"}) {
    EXPECT_TRUE(Ok(policy->MayRead(name))) << name;
  }
  for (const char* name : {"DATABASE_URL2", "DATABASE", "database_url", "XSMOKE_A", "SMOKE", ""}) {
    EXPECT_FALSE(Ok(policy->MayRead(name))) << name;
  }
  EXPECT_THAT(std::string(policy->MayRead("AWS_KEY").message()),
              HasSubstr("policy.yaml:1:1: this agent's policy does not let plans read ${AWS_KEY}"));
}

TEST(Policy, AllowsRolesByName) {
  const auto policy = Read("postgres: {roles: [app], allow_superuser: true}\n");
  EXPECT_TRUE(Ok(policy->MayLogInAs("app")));
  EXPECT_FALSE(Ok(policy->MayLogInAs("App")));
  EXPECT_FALSE(Ok(policy->MayLogInAs("postgres")));
  EXPECT_TRUE(policy->allows_superuser());
}

TEST(Policy, AllowsFurtherRedisCommands) {
  const auto policy = Read("redis: {more_commands: [flushdb, CONFIG SET, JSON.GET]}\n");
  EXPECT_TRUE(Ok(policy->MaySend({"FLUSHDB"})));
  EXPECT_TRUE(Ok(policy->MaySend({"FlushDb", "ASYNC"})));
  EXPECT_TRUE(Ok(policy->MaySend({"config", "set", "a", "b"})));
  EXPECT_TRUE(Ok(policy->MaySend({"json.get", "k"})));
  EXPECT_TRUE(Ok(policy->MaySend({"GET", "k"})));
  EXPECT_FALSE(Ok(policy->MaySend({"FLUSHALL"})));
  EXPECT_FALSE(Ok(policy->MaySend({"CONFIG", "REWRITE"})));
  EXPECT_FALSE(Ok(policy->MaySend({"CONFIG", "GET", "requirepass"})));
}

TEST(Policy, AllowsOtherRedisCommandsInstead) {
  const auto policy = Read("redis: {commands: [GET, CLIENT ID]}\n");
  EXPECT_TRUE(Ok(policy->MaySend({"get", "k"})));
  EXPECT_TRUE(Ok(policy->MaySend({"CLIENT", "id"})));
  EXPECT_FALSE(Ok(policy->MaySend({"SET", "k", "v"})));
  const absl::Status refused = policy->MaySend({"CLIENT", "LIST"});
  EXPECT_FALSE(Ok(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("policy.yaml:1:9: "));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("CLIENT LIST"));
  EXPECT_FALSE(Ok(policy->MaySend({"CLIENT"})));
  EXPECT_FALSE(Ok(policy->MaySend({"GETDEL", "k"})));
}

TEST(Policy, NeverAllowsWhatBreaksASession) {
  const auto policy = Read("redis: {commands: [CLIENT, CONFIG, GET]}\n");
  EXPECT_TRUE(Ok(policy->MaySend({"CLIENT", "KILL", "x"})));
  EXPECT_FALSE(Ok(policy->MaySend({"CLIENT", "REPLY", "OFF"})));
  EXPECT_FALSE(Ok(policy->MaySend({"CONFIG", "GET", "*"})));
  EXPECT_FALSE(Ok(policy->MaySend({"HELLO", "3"})));
  EXPECT_EQ(policy->MaySend({}).code(), absl::StatusCode::kInvalidArgument);
}

TEST(Policy, HostileTextCannotForgeALine) {
  const auto policy = Read("targets: [{host: a}]\nkinds: [http]\n");
  for (const absl::Status& status :
       {policy->MayRun("x\ny"), policy->MayAsk("http", "x\r\nlevel=info ok", 80),
        policy->MayUseSocket("http", "/x\n", 1)}) {
    EXPECT_EQ(status.message().find('\n'), absl::string_view::npos) << status;
  }
}

TEST(TargetGuard, AsksForItsKind) {
  const auto policy = Read("targets: [{host: a, kinds: [redis]}]\n");
  EXPECT_TRUE(Ok(TargetGuard(policy, "redis").MayAsk("a", 1)));
  EXPECT_FALSE(Ok(TargetGuard(policy, "http").MayAsk("a", 1)));
}

}  // namespace
}  // namespace smokemesh::agent
