#include "agent/session/coordinator_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;

TEST(ParseCoordinatorAddressTest, KnowsThisMachine) {
  for (const char* text :
       {"localhost:7443", "LOCALHOST:1", "127.0.0.1:7443", "127.1.2.3:65535", "[::1]:7443"}) {
    const auto address = ParseCoordinatorAddress(text);
    ASSERT_TRUE(address.ok()) << text << ": " << address.status();
    EXPECT_EQ(address->target, text);
    EXPECT_TRUE(address->loopback) << text;
  }
}

TEST(ParseCoordinatorAddressesTest, ReadsReplicas) {
  const auto addresses = ParseCoordinatorAddresses("127.0.0.1:1,[::1]:2,a.example:3");
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  ASSERT_EQ(addresses->size(), 3u);
  EXPECT_EQ((*addresses)[1].target, "[::1]:2");
  EXPECT_TRUE((*addresses)[1].loopback);
  EXPECT_FALSE((*addresses)[2].loopback);
  for (const char* text : {"", ",", "127.0.0.1:1,", ",127.0.0.1:1", "127.0.0.1:1,b"}) {
    EXPECT_FALSE(ParseCoordinatorAddresses(text).ok()) << text;
  }
}

TEST(ParseCoordinatorAddressTest, TakesNothingElseForThisMachine) {
  for (const char* text :
       {"10.0.0.5:7443", "coordinator.mesh.svc:7443", "127.evil.example:7443",
        "localhost.example.org:7443", "[::]:7443", "0.0.0.0:7443", "[fe80::1%eth0]:7443"}) {
    const auto address = ParseCoordinatorAddress(text);
    ASSERT_TRUE(address.ok()) << text << ": " << address.status();
    EXPECT_FALSE(address->loopback) << text;
  }
}

TEST(ParseCoordinatorAddressTest, SaysWhatIsWrong) {
  const struct {
    const char* text;
    const char* what;
  } kCases[] = {
      {"", "has no port"},
      {"coordinator", "has no port"},
      {":7443", "has no host"},
      {"[]:7443", "has no host"},
      {"host:", "no number from 1 to 65535"},
      {"host:0", "no number from 1 to 65535"},
      {"host:65536", "no number from 1 to 65535"},
      {"host:7443x", "no number from 1 to 65535"},
      {"::1:7443", "IPv6 host without brackets"},
      {"http://host:7443", "is a URL"},
      {"ho st:7443", "characters that no host name has"},
      {"user@host:7443", "characters that no host name has"},
  };
  for (const auto& c : kCases) {
    const auto address = ParseCoordinatorAddress(c.text);
    ASSERT_FALSE(address.ok()) << c.text;
    EXPECT_THAT(std::string(address.status().message()), HasSubstr(c.what));
    EXPECT_THAT(std::string(address.status().message()), HasSubstr("expected HOST:PORT"));
  }
}

}  // namespace
}  // namespace smokemesh::agent
