#include "coordinator/cli/address.h"

#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

TEST(ParseAddress, TakesHostAndPortApart) {
  const auto address = ParseAddress("gateway.internal:7070");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->host, "gateway.internal");
  EXPECT_EQ(address->port, 7070);
}

TEST(ParseAddress, TakesTheBracketsOffAnIpv6Address) {
  const auto address = ParseAddress("[::1]:0");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->host, "::1");
  EXPECT_EQ(FormatAddress(*address), "[::1]:0");
}

TEST(ParseAddress, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "localhost", ":7070", "localhost:", "localhost:x", "localhost:65536",
                           "localhost:-1", "localhost:+1", "::1:7070", "http://a/b:80"}) {
    EXPECT_FALSE(ParseAddress(text).ok()) << text;
  }
}

TEST(IsLoopback, KnowsThisMachineOnly) {
  for (const char* text : {"127.0.0.1:1", "127.8.9.10:1", "localhost:1", "[::1]:1"}) {
    EXPECT_TRUE(IsLoopback(*ParseAddress(text))) << text;
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "127.0.0.1.evil.example:1",
                           "example.com:1", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_FALSE(IsLoopback(*ParseAddress(text))) << text;
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
