#include "coordinator/listen_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

// errno of a bind to this address; 0 when it works.
int TryToBind(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  int error = 0;
  if (bind(fd, address.ai_addr, address.ai_addrlen) != 0 || listen(fd, 1) != 0) error = errno;
  close(fd);
  return error;
}

std::string CannotListen(const std::string& address) {
  return absl::StrCat("cannot listen on ", shared::EscapeControl(shared::Shorten(address, 256)),
                      ": ");
}

}  // namespace

absl::Status CheckListenAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
      port < 0 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat(CannotListen(address),
                     "expected HOST:PORT with a port from 0 to 65535, for example "
                     "127.0.0.1:7460"));
  }
  return absl::OkStatus();
}

absl::Status ExplainListenError(const std::string& address) {
  const std::string where = CannotListen(address);
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.empty() ? nullptr : host.c_str(), address.c_str() + colon + 1,
                               &hints, &found);
  if (code != 0) {
    return absl::InvalidArgumentError(absl::StrCat(where, gai_strerror(code)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  int error = 0;
  for (const addrinfo* one = found; one != nullptr && error == 0; one = one->ai_next) {
    error = TryToBind(*one);
  }
  switch (error) {
    case EADDRINUSE:
      return absl::FailedPreconditionError(absl::StrCat(
          where,
          "the port is taken: stop what listens there (perhaps another coordinator), or "
          "choose another port; port 0 picks a free one"));
    case EADDRNOTAVAIL:
      return absl::InvalidArgumentError(
          absl::StrCat(where, "the address is not one of this machine's"));
    case EACCES:
      return absl::FailedPreconditionError(
          absl::StrCat(where, "this user may not open the port: choose one above 1023"));
    case 0:
      return absl::FailedPreconditionError(
          absl::StrCat(where, "the port was taken a moment ago: try again"));
    default:
      return absl::FailedPreconditionError(absl::StrCat(where, strerror(error)));
  }
}

}  // namespace smokemesh::coordinator
