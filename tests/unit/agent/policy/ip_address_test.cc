#include "agent/policy/ip_address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace smokemesh::agent {
namespace {

bool IsMetadata(const std::string& text) {
  const auto address = IpAddress::Parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.has_value() && IsMetadataAddress(*address);
}

TEST(IsMetadataAddress, HoldsForLinkLocalAndMetadataAddressesHoweverWritten) {
  for (const char* address :
       {"169.254.169.254", "169.254.0.1", "169.254.255.255", "100.100.100.200", "168.63.129.16",
        "192.0.0.192", "fe80::1", "febf::1", "fe80::a9fe:a9fe", "fd00:ec2::254", "fd00:ec2::23",
        "fd20:ce::254", "fd00:42::42", "fd00:c1::a9fe:a9fe",
        // The same IPv4 address in every IPv6 form that leads to one.
        "::ffff:169.254.169.254", "::169.254.169.254", "::ffff:0:169.254.169.254",
        "64:ff9b::169.254.169.254", "64:ff9b:1::169.254.169.254", "64:ff9b:1:a9fe:a9:fe00::",
        "2002:a9fe:a9fe::1", "2001:0:a9fe:a9fe::", "2001::5601:5601", "fe90::5efe:a9fe:a9fe",
        "2001:db8::5efe:a9fe:a9fe", "2001:db8::200:5efe:a9fe:a9fe", "::ffff:100.100.100.200"}) {
    EXPECT_TRUE(IsMetadata(address)) << address;
  }
}

TEST(IsMetadataAddress, HoldsForNoOther) {
  for (const char* address :
       {"127.0.0.1", "10.0.0.1", "192.168.1.1", "169.253.255.255", "169.255.0.0", "8.8.8.8",
        "100.100.100.201", "::1", "::", "fd00::1", "fec0::1", "2001:db8::1", "::ffff:127.0.0.1",
        "64:ff9b::10.0.0.1", "2002:7f00:1::1", "2001:db8:a9fe:a9fe::"}) {
    EXPECT_FALSE(IsMetadata(address)) << address;
  }
}

TEST(IpAddress, ReadsOneSpellingOnly) {
  for (const char* text : {"", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518",
                           "010.0.0.1", "1.2.3", "1.2.3.4.5", "[::1]", "::1%lo", "a", "1.2.3.4 "}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
  EXPECT_EQ(IpAddress::Parse("::ffff:10.0.0.1")->ToString(), "10.0.0.1");
  EXPECT_EQ(IpAddress::Parse("FD00::0001")->ToString(), "fd00::1");
}

TEST(IpAddress, HasNoOtherFamilies) {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  EXPECT_FALSE(IpAddress::From(&address).has_value());
}

bool Holds(const std::string& network, const std::string& address) {
  const auto parsed = IpNetwork::Parse(network);
  EXPECT_TRUE(parsed.has_value()) << network;
  return parsed.has_value() && parsed->Contains(*IpAddress::Parse(address));
}

TEST(IpNetwork, HoldsItsAddresses) {
  EXPECT_TRUE(Holds("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(Holds("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(Holds("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(Holds("10.1.2.3", "10.1.2.3"));
  EXPECT_FALSE(Holds("10.1.2.3", "10.1.2.4"));
  EXPECT_TRUE(Holds("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(Holds("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(Holds("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(Holds("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(Holds("fd00::/8", "fdff::1"));
  EXPECT_FALSE(Holds("fd00::/8", "fe00::1"));
}

TEST(IpNetwork, IsNotReadFromAnythingElse) {
  for (const char* text : {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "fd00::/129", "fd00::1/8",
                           "host/8", "10.0.0.0/ 8", "10.0.0.0/-1", "10.0.0.0/8/8", "10/8"}) {
    EXPECT_FALSE(IpNetwork::Parse(text).has_value()) << text;
  }
}

TEST(IpNetwork, IsOneOfMetadataAddressesOnlyWhenAllOfItIs) {
  EXPECT_TRUE(IsMetadataNetwork(*IpNetwork::Parse("169.254.169.254")));
  EXPECT_TRUE(IsMetadataNetwork(*IpNetwork::Parse("169.254.169.0/24")));
  EXPECT_FALSE(IsMetadataNetwork(*IpNetwork::Parse("169.0.0.0/8")));
  EXPECT_FALSE(IsMetadataNetwork(*IpNetwork::Parse("10.0.0.0/8")));
}

}  // namespace
}  // namespace smokemesh::agent
