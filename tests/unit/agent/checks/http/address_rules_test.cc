#include "agent/checks/http/address_rules.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace smokemesh::agent {
namespace {

bool IsForbidden(const std::string& text) {
  if (text.find(':') == std::string::npos) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    EXPECT_EQ(inet_pton(AF_INET, text.c_str(), &address.sin_addr), 1) << text;
    return IsForbiddenAddress(reinterpret_cast<const sockaddr*>(&address));
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &address.sin6_addr), 1) << text;
  return IsForbiddenAddress(reinterpret_cast<const sockaddr*>(&address));
}

TEST(AddressRules, ForbidsLinkLocalAndMetadataAddresses) {
  for (const char* address :
       {"169.254.169.254", "169.254.0.1", "100.100.100.200", "fe80::1", "febf::1",
        "::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::169.254.169.254",
        "::ffff:100.100.100.200", "fd00:ec2::254"}) {
    EXPECT_TRUE(IsForbidden(address)) << address;
  }
}

TEST(AddressRules, AllowsAllOthers) {
  for (const char* address : {"127.0.0.1", "10.0.0.1", "192.168.1.1", "169.253.0.1", "8.8.8.8",
                              "::1", "fd00::1", "fec0::1", "2001:db8::1", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(IsForbidden(address)) << address;
  }
}

TEST(AddressRules, ForbidsOtherFamilies) {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  EXPECT_TRUE(IsForbiddenAddress(&address));
}

}  // namespace
}  // namespace smokemesh::agent
