#include "agent/checks/postgres/pqxx_connect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ParseConnectionString, ReadsUriAndKeyValueForm) {
  const auto uri =
      ParseConnectionString("postgresql://bob:pw@db.example:6000/shop?sslmode=require");
  ASSERT_TRUE(uri.ok()) << uri.status();
  EXPECT_EQ(uri->at("user"), "bob");
  EXPECT_EQ(uri->at("password"), "pw");
  EXPECT_EQ(uri->at("dbname"), "shop");
  EXPECT_EQ(uri->at("sslmode"), "require");
  EXPECT_EQ(TargetOf(*uri), "db.example:6000");
  const auto pairs = ParseConnectionString("host=/run/pg user=bob dbname=shop");
  ASSERT_TRUE(pairs.ok()) << pairs.status();
  EXPECT_EQ(TargetOf(*pairs), "/run/pg");
}

TEST(ParseConnectionString, IgnoresTheDriverOfTheScheme) {
  for (const char* scheme : {"postgresql+asyncpg", "postgres+psycopg2", "postgresql"}) {
    const auto parsed = ParseConnectionString(std::string(scheme) + "://bob:p+w@db/shop");
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->at("host"), "db");
    EXPECT_EQ(parsed->at("password"), "p+w");
  }
}

TEST(ParseConnectionString, ReadsSslOfAsyncDriversAsSslmode) {
  const auto parsed = ParseConnectionString("postgresql+asyncpg://bob@db/shop?a=b&ssl=require");
  EXPECT_FALSE(parsed.ok());  // `a` is no parameter
  const auto good =
      ParseConnectionString("postgresql+asyncpg://bob@db/shop?application_name=x&ssl=require");
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ(good->at("sslmode"), "require");
}

TEST(ParseConnectionString, NeverQuotesWhatItCannotRead) {
  for (const char* bad :
       {"canary", "mysql://bob:canary@db/shop", "postgresql://bob:can@ary@db/shop",
        "postgresql://bob@db/shop?canary=canary", "service=canary", ""}) {
    const auto parsed = ParseConnectionString(bad);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(parsed.status().message()), Not(HasSubstr("canary"))) << bad;
  }
}

TEST(Connect, RefusesAPortThatIsPartOfAPassword) {
  const auto parsed = ParseConnectionString("postgresql://bob:canary/x@db/shop");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  shared::Cancellation cancellation;
  const CheckContext context{std::chrono::steady_clock::now() + std::chrono::seconds(5),
                             &cancellation};
  const auto connection = Connect(*parsed, TargetGuard(Policy::Default(), "postgres"), context);
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(connection.status().message()), Not(HasSubstr("canary")));
}

TEST(TargetOf, ShowsEveryHostOfAList) {
  const auto parsed = ParseConnectionString("postgresql://bob:pw@a:1,b:2,c/shop");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(TargetOf(*parsed), "a:1,b:2,c:5432");
}

}  // namespace
}  // namespace smokemesh::agent
