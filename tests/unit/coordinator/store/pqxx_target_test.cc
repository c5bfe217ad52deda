#include "coordinator/store/pqxx_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace smokemesh::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

PqxxTarget Parse(const std::string& url) {
  const auto target = ParsePostgresUrl(url, PqxxAccess::kReadAndWrite);
  EXPECT_TRUE(target.ok()) << target.status();
  return target.ok() ? *target : PqxxTarget();
}

TEST(ParsePostgresUrlTest, TakesTheSchemaOutAndHidesThePassword) {
  const PqxxTarget plain = Parse("postgresql://u:canary@h:6432/db");
  EXPECT_EQ(plain.schema, "smokemesh");
  EXPECT_EQ(plain.name, "postgresql://u:***@h:6432/db");
  ASSERT_EQ(plain.servers.size(), 1u);
  EXPECT_EQ(plain.servers[0].at("password"), "canary");
  EXPECT_EQ(plain.servers[0].at("port"), "6432");
  const PqxxTarget other =
      Parse("postgres://h/db?sslmode=require&schema=team_1&application_name=x");
  EXPECT_EQ(other.schema, "team_1");
  EXPECT_EQ(other.servers[0].at("sslmode"), "require");
  EXPECT_EQ(other.servers[0].at("application_name"), "x");
  EXPECT_THAT(other.name, Not(HasSubstr("schema")));
}

TEST(ParsePostgresUrlTest, ADeadServerIsNoticed) {
  const PqxxTarget target = Parse("postgresql://h/db");
  const auto& server = target.servers[0];
  EXPECT_EQ(server.at("tcp_user_timeout"), "5000");
  EXPECT_EQ(server.at("keepalives_idle"), "5");
  EXPECT_EQ(server.at("target_session_attrs"), "read-write");
  const auto reader = ParsePostgresUrl("postgresql://h/db", PqxxAccess::kRead);
  EXPECT_EQ(reader->servers[0].at("target_session_attrs"), "any");
}

TEST(ParsePostgresUrlTest, EachServerIsTriedByItself) {
  const PqxxTarget target = Parse("postgresql://u@a:1,b:2,c:3/db");
  ASSERT_EQ(target.servers.size(), 3u);
  EXPECT_EQ(target.servers[1].at("host"), "b");
  EXPECT_EQ(target.servers[1].at("port"), "2");
  const PqxxTarget one_port =
      Parse("postgresql://u@/db?host=a,b&hostaddr=127.0.0.1,127.0.0.2&port=7");
  ASSERT_EQ(one_port.servers.size(), 2u);
  EXPECT_EQ(one_port.servers[1].at("host"), "b");
  EXPECT_EQ(one_port.servers[1].at("hostaddr"), "127.0.0.2");
  EXPECT_EQ(one_port.servers[1].at("port"), "7");
}

TEST(ParsePostgresUrlTest, NoErrorShowsTheText) {
  for (const char* url :
       {"postgresql://u:can@nary@h/db", "postgresql://u:canary@h/db?canary=1",
        "postgresql://u:canary@h/db?schema=", "postgresql://u:canary@h/db?schema=a.b",
        "postgresql://u:canary@h/db?schema=1a", "postgresql://u:%zzcanary@h/db"}) {
    const auto target = ParsePostgresUrl(url, PqxxAccess::kRead);
    EXPECT_TRUE(absl::IsInvalidArgument(target.status())) << url;
    EXPECT_THAT(std::string(target.status().message()), Not(HasSubstr("nary"))) << url;
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
