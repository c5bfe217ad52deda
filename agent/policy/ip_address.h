#ifndef SMOKEMESH_AGENT_POLICY_IP_ADDRESS_H_
#define SMOKEMESH_AGENT_POLICY_IP_ADDRESS_H_

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace smokemesh::agent {

// An IPv4 or IPv6 address. An IPv4 address that is written as an IPv6 one (`::ffff:10.0.0.1`) is
// the IPv4 address.
class IpAddress {
 public:
  // Nothing for other families.
  static std::optional<IpAddress> From(const sockaddr* address);
  // Reads `10.0.0.1` or `::1`, as inet_pton(3) does: no octal, no single number.
  static std::optional<IpAddress> Parse(std::string_view text);

  std::string ToString() const;

  bool is_v4() const { return is_v4_; }
  // Network order. Of an IPv4 address only the first four are used.
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }

  bool operator==(const IpAddress&) const = default;

 private:
  IpAddress(bool is_v4, const void* bytes);

  bool is_v4_;
  std::array<uint8_t, 16> bytes_{};
};

// A network, `10.0.0.0/8`, or one address.
class IpNetwork {
 public:
  // Reads an address, or `address/bits`. Nothing when it is neither, or has bits that are set
  // outside the network.
  static std::optional<IpNetwork> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;
  // Whether all of `other` lies in this one.
  bool Contains(const IpNetwork& other) const {
    return bits_ <= other.bits_ && Contains(other.base_);
  }

 private:
  IpNetwork(const IpAddress& base, int bits) : base_(base), bits_(bits) {}

  IpAddress base_;
  int bits_;
};

// Whether clouds serve credentials there: link-local addresses (169.254.0.0/16, fe80::/10) and the
// other known ones of metadata services, also when an IPv4 address hides in an IPv6 one (mapped,
// compatible, SIIT, NAT64, 6to4, Teredo, ISATAP).
bool IsMetadataAddress(const IpAddress& address);
// Whether every address of the network is one.
bool IsMetadataNetwork(const IpNetwork& network);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_POLICY_IP_ADDRESS_H_
