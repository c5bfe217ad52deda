#include "coordinator/cli/address.h"

#include <arpa/inet.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

absl::Status Wrong(std::string_view text, const char* why) {
  return absl::InvalidArgumentError(absl::StrCat("\"", shared::EscapeControl(text), "\" ", why,
                                                 ": write HOST:PORT, for example 127.0.0.1:7070"));
}

}  // namespace

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Wrong(text, "has no port");
  Address address;
  address.host = std::string(text.substr(0, colon));
  const std::string port(text.substr(colon + 1));
  const bool digits = port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || port.size() > 5 || !absl::SimpleAtoi(port, &address.port) ||
      address.port > 65535) {
    return Wrong(text, "has no valid port (0 to 65535)");
  }
  if (address.host.size() >= 2 && address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.find(':') != std::string::npos) {
    return Wrong(text, "has an IPv6 address without brackets");
  }
  if (address.host.empty()) return Wrong(text, "has no host");
  if (address.host.find_first_of(" /,\t\n") != std::string::npos) {
    return Wrong(text, "is not an address");
  }
  return address;
}

absl::StatusOr<std::vector<Address>> ParseAddresses(std::string_view text) {
  std::vector<Address> addresses;
  while (true) {
    const size_t comma = text.find(',');
    ASSIGN_OR_RETURN(Address address, ParseAddress(text.substr(0, comma)));
    addresses.push_back(std::move(address));
    if (comma == std::string_view::npos) return addresses;
    text.remove_prefix(comma + 1);
  }
}

bool IsLoopback(const Address& address) {
  if (address.host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, address.host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, address.host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string FormatAddress(const Address& address) {
  if (address.host.find(':') != std::string::npos) {
    return absl::StrCat("[", address.host, "]:", address.port);
  }
  return absl::StrCat(address.host, ":", address.port);
}

}  // namespace smokemesh::coordinator
