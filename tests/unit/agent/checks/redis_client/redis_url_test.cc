#include "agent/checks/redis_client/redis_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ParseRedisUrl, ReadsEveryPart) {
  const auto url = ParseRedisUrl("rediss://bob:p%40ss%2f@cache.example:7000/3");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->user, "bob");
  EXPECT_EQ(url->password, "p@ss/");
  EXPECT_EQ(url->host, "cache.example");
  EXPECT_EQ(url->port, 7000);
  EXPECT_EQ(url->database, 3);
}

TEST(ParseRedisUrl, FillsWhatIsLeftOut) {
  const auto url = ParseRedisUrl("redis://cache");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_FALSE(url->tls);
  EXPECT_EQ(url->user, "");
  EXPECT_EQ(url->password, "");
  EXPECT_EQ(url->port, 6379);
  EXPECT_EQ(url->database, 0);
}

TEST(ParseRedisUrl, ReadsAPasswordWithoutAUserAndIpv6) {
  const auto url = ParseRedisUrl("redis://:secret@[::1]:7000/");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->password, "secret");
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 7000);
  EXPECT_EQ(ParseRedisUrl("redis://[::1]")->host, "::1");
}

TEST(ParseRedisUrl, RefusesWhatItCannotReadAndNeverQuotesIt) {
  for (const char* bad :
       {"", "canary", "http://canary", "redis://", "redis://bob:can%zzary@h",
        "redis://bob:canary%4", "redis://bob:can@ary@h", "redis://bob:canary/x@h:1",
        "redis://h:canary", "redis://h:0", "redis://h:65536", "redis://h/canary", "redis://h/-1",
        "redis://h/0?x=canary", "redis://canary@h", "redis://[::1", "redis://[::1]x"}) {
    const auto url = ParseRedisUrl(bad);
    EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(url.status().message()), Not(HasSubstr("canary"))) << bad;
  }
}

}  // namespace
}  // namespace smokemesh::agent
