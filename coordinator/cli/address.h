#ifndef SMOKEMESH_COORDINATOR_CLI_ADDRESS_H_
#define SMOKEMESH_COORDINATOR_CLI_ADDRESS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace smokemesh::coordinator {

// A `HOST:PORT` as given on a command line.
struct Address {
  std::string host;  // without the brackets of an IPv6 address
  int port = 0;      // 0 to 65535
};

// INVALID_ARGUMENT says what is wrong and how an address looks.
absl::StatusOr<Address> ParseAddress(std::string_view text);

// Of one coordinator or several replicas: `HOST:PORT,HOST:PORT`. At least one.
absl::StatusOr<std::vector<Address>> ParseAddresses(std::string_view text);

// Whether the host is this machine only: `localhost`, 127.0.0.0/8 or ::1.
bool IsLoopback(const Address& address);

// `127.0.0.1:7070`, `[::1]:7070`.
std::string FormatAddress(const Address& address);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_ADDRESS_H_
