#include "agent/policy/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "absl/strings/numbers.h"

namespace smokemesh::agent {
namespace {

using Bytes = std::array<uint8_t, 16>;

constexpr size_t kV4Bytes = 4;

constexpr const char* kMetadataNetworks[] = {
    "169.254.0.0/16",   // link-local: AWS, Azure, Google, Oracle, DigitalOcean, Hetzner, OpenStack
    "fe80::/10",        // link-local: OpenStack (fe80::a9fe:a9fe)
    "100.100.100.200",  // Alibaba
    "168.63.129.16",    // Azure's own agent (WireServer)
    "192.0.0.192",      // Oracle Cloud Classic
    "fd00:ec2::/32",    // AWS: metadata (::254), EKS pod identity (::23)
    "fd20:ce::254",     // Google
    "fd00:42::42",      // Scaleway
    "fd00:c1::a9fe:a9fe"  // Oracle
};

const std::vector<IpNetwork>& MetadataNetworks() {
  static const auto& networks = *new auto([] {
    std::vector<IpNetwork> parsed;
    for (const char* text : kMetadataNetworks) parsed.push_back(*IpNetwork::Parse(text));
    return parsed;
  }());
  return networks;
}

bool StartsWith(const Bytes& bytes, std::initializer_list<uint8_t> prefix, size_t at = 0) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin() + static_cast<ptrdiff_t>(at));
}

IpAddress V4At(const Bytes& bytes, size_t at, uint8_t mask = 0) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  uint8_t v4[kV4Bytes];
  for (size_t i = 0; i < kV4Bytes; ++i) v4[i] = bytes[at + i] ^ mask;
  std::memcpy(&address.sin_addr, v4, kV4Bytes);
  return *IpAddress::From(reinterpret_cast<const sockaddr*>(&address));
}

// The IPv4 addresses to which an IPv6 address may lead.
std::vector<IpAddress> Embedded(const Bytes& b) {
  std::vector<IpAddress> found;
  constexpr size_t kLast = 12;
  // ::a.b.c.d, compatible (RFC 4291).
  if (StartsWith(b, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) found.push_back(V4At(b, kLast));
  // ::ffff:0:a.b.c.d, SIIT (RFC 2765).
  if (StartsWith(b, {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0})) found.push_back(V4At(b, kLast));
  // 64:ff9b::/96, NAT64, and 64:ff9b:1::/48, local NAT64, where the address may also stand at bits
  // 48 to 63 and 72 to 87 (RFC 6052, RFC 8215).
  if (StartsWith(b, {0, 0x64, 0xff, 0x9b})) {
    found.push_back(V4At(b, kLast));
    Bytes joined{};
    std::copy_n(b.begin() + 6, 2, joined.begin());
    std::copy_n(b.begin() + 9, 2, joined.begin() + 2);
    found.push_back(V4At(joined, 0));
  }
  // 2002:a.b.c.d::/48, 6to4 (RFC 3056).
  if (StartsWith(b, {0x20, 0x02})) found.push_back(V4At(b, 2));
  // 2001::/32, Teredo: server, and client in complement (RFC 4380).
  if (StartsWith(b, {0x20, 0x01, 0, 0})) {
    found.push_back(V4At(b, 4));
    found.push_back(V4At(b, kLast, 0xff));
  }
  // …:0:5efe:a.b.c.d and …:200:5efe:a.b.c.d, ISATAP (RFC 5214).
  if (StartsWith(b, {0, 0, 0x5e, 0xfe}, 8) || StartsWith(b, {2, 0, 0x5e, 0xfe}, 8)) {
    found.push_back(V4At(b, kLast));
  }
  return found;
}

bool IsListed(const IpAddress& address) {
  return std::any_of(MetadataNetworks().begin(), MetadataNetworks().end(),
                     [&](const IpNetwork& network) { return network.Contains(address); });
}

}  // namespace

IpAddress::IpAddress(bool is_v4, const void* bytes) : is_v4_(is_v4) {
  std::memcpy(bytes_.data(), bytes, is_v4 ? kV4Bytes : bytes_.size());
  constexpr size_t kMapped = 12;
  if (!is_v4_ && StartsWith(bytes_, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) {
    is_v4_ = true;
    std::copy_n(bytes_.begin() + kMapped, kV4Bytes, bytes_.begin());
    std::fill(bytes_.begin() + kV4Bytes, bytes_.end(), uint8_t{0});
  }
}

std::optional<IpAddress> IpAddress::From(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return IpAddress(true, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
  }
  if (address->sa_family == AF_INET6) {
    return IpAddress(false, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string copy(text);
  in6_addr address;
  if (inet_pton(AF_INET, copy.c_str(), &address) == 1) return IpAddress(true, &address);
  if (inet_pton(AF_INET6, copy.c_str(), &address) == 1) return IpAddress(false, &address);
  return std::nullopt;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(is_v4_ ? AF_INET : AF_INET6, bytes_.data(), text, sizeof(text));
  return text;
}

std::optional<IpNetwork> IpNetwork::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<IpAddress> base = IpAddress::Parse(text.substr(0, slash));
  if (!base.has_value()) return std::nullopt;
  const int most = base->is_v4() ? 32 : 128;
  int bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view number = text.substr(slash + 1);
    if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos ||
        !absl::SimpleAtoi(absl::string_view(number.data(), number.size()), &bits) || bits > most) {
      return std::nullopt;
    }
  }
  for (int bit = bits; bit < most; ++bit) {
    const auto byte = static_cast<size_t>(bit / 8);
    if (((base->bytes()[byte] >> (7 - bit % 8)) & 1) != 0) return std::nullopt;
  }
  return IpNetwork(*base, bits);
}

bool IpNetwork::Contains(const IpAddress& address) const {
  if (address.is_v4() != base_.is_v4()) return false;
  for (int bit = 0; bit < bits_; ++bit) {
    const auto byte = static_cast<size_t>(bit / 8);
    const int difference = address.bytes()[byte] ^ base_.bytes()[byte];
    if (((difference >> (7 - bit % 8)) & 1) != 0) return false;
  }
  return true;
}

bool IsMetadataAddress(const IpAddress& address) {
  if (IsListed(address)) return true;
  if (address.is_v4()) return false;
  const std::vector<IpAddress> embedded = Embedded(address.bytes());
  return std::any_of(embedded.begin(), embedded.end(), &IsListed);
}

bool IsMetadataNetwork(const IpNetwork& network) {
  return std::any_of(MetadataNetworks().begin(), MetadataNetworks().end(),
                     [&](const IpNetwork& listed) { return listed.Contains(network); });
}

}  // namespace smokemesh::agent
