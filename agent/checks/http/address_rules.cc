#include "agent/checks/http/address_rules.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace smokemesh::agent {
namespace {

using V4 = std::array<uint8_t, 4>;
using V6 = std::array<uint8_t, 16>;

constexpr V4 kAlibabaMetadata = {100, 100, 100, 200};
constexpr V6 kAmazonMetadata = {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54};
// 96-bit prefixes that an IPv4 address follows: IPv4-mapped, IPv4-compatible, NAT64.
constexpr std::array<uint8_t, 12> kV4Prefixes[] = {
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0},
};

bool IsForbidden(const V4& address) {
  return (address[0] == 169 && address[1] == 254) || address == kAlibabaMetadata;
}

bool IsForbidden(const V6& address) {
  if (address[0] == 0xfe && (address[1] & 0xc0) == 0x80) return true;  // fe80::/10
  if (address == kAmazonMetadata) return true;
  return std::any_of(std::begin(kV4Prefixes), std::end(kV4Prefixes), [&](const auto& prefix) {
    return std::equal(prefix.begin(), prefix.end(), address.begin()) &&
           IsForbidden(V4{address[12], address[13], address[14], address[15]});
  });
}

}  // namespace

bool IsForbiddenAddress(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    V4 bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(address)->sin_addr,
                bytes.size());
    return IsForbidden(bytes);
  }
  if (address->sa_family == AF_INET6) {
    V6 bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr,
                bytes.size());
    return IsForbidden(bytes);
  }
  return true;  // no other family is an HTTP server
}

}  // namespace smokemesh::agent
