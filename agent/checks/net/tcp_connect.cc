#include "agent/checks/net/tcp_connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/checks/net/resolver.h"
#include "agent/checks/reach.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

// Of connect(2): an answer of the machine, or none.
absl::Status ConnectError(int error, const std::string& target) {
  const bool refused = error == ECONNREFUSED || error == ECONNRESET;
  return WithReach(SocketError(error, target),
                   refused ? v1::REACH_REFUSED : v1::REACH_NO_CONNECTION);
}

absl::StatusOr<UniqueFd> ConnectTo(const NetAddress& address, const std::string& target,
                                   const Waiter& waiter, shared::SteadyTime deadline) {
  UniqueFd fd(socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot make a socket: ", std::strerror(errno)));
  }
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) {
    return fd;
  }
  if (errno != EINPROGRESS) return ConnectError(errno, target);
  RETURN_IF_ERROR(waiter.Wait(fd.get(), POLLOUT, deadline));
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return ConnectError(error, target);
  return fd;
}

}  // namespace

std::string HostPort(std::string_view host, int port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return absl::StrCat(v6 ? "[" : "", std::string(host), v6 ? "]:" : ":", port);
}

absl::Status SocketError(int error, const std::string& target) {
  switch (error) {
    case ECONNREFUSED:
      return absl::UnavailableError("connection refused by " + target);
    case ECONNRESET:
    case EPIPE:
      return absl::UnavailableError("connection reset by " + target);
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
      return absl::UnavailableError("no route to " + target);
    case ETIMEDOUT:
      return absl::UnavailableError("no answer from " + target);
    default:
      return absl::UnavailableError(
          absl::StrCat("connection to ", target, " failed: ", std::strerror(error)));
  }
}

absl::StatusOr<std::vector<NetAddress>> ResolveAllowed(const std::string& host, int port,
                                                       const TargetGuard& guard,
                                                       const CheckContext& context) {
  RETURN_IF_ERROR(guard.MayAsk(host, port));
  ASSIGN_OR_RETURN(std::vector<NetAddress> addresses, Resolve(host, port, context));
  absl::Status forbidden;
  std::erase_if(addresses, [&](const NetAddress& address) {
    absl::Status allowed =
        guard.MayConnect(host, reinterpret_cast<const sockaddr*>(&address.storage));
    const bool erase = !allowed.ok();
    forbidden.Update(std::move(allowed));
    return erase;
  });
  if (addresses.empty()) return forbidden;
  return addresses;
}

absl::StatusOr<UniqueFd> ConnectTcp(const std::string& host, int port, const TargetGuard& guard,
                                    const Waiter& waiter) {
  ASSIGN_OR_RETURN(const std::vector<NetAddress> addresses,
                   ResolveAllowed(host, port, guard, waiter.context()));
  absl::Status last;
  for (size_t i = 0; i < addresses.size(); ++i) {
    const shared::SteadyTime now = std::chrono::steady_clock::now();
    const shared::Duration left = waiter.context().deadline - now;
    const shared::SteadyTime share = now + left / static_cast<int64_t>(addresses.size() - i);
    const std::string target = HostPort(addresses[i].ip, port);
    auto fd = ConnectTo(addresses[i], target, waiter, share);
    if (fd.ok()) return fd;
    last = fd.status();
    if (absl::IsDeadlineExceeded(last)) {
      last = WithReach(
          absl::DeadlineExceededError(absl::StrCat(
              target, " did not accept the connection in time; check address, port and firewall")),
          v1::REACH_NO_CONNECTION);
    }
    if (absl::IsCancelled(last)) break;
  }
  return last;
}

}  // namespace smokemesh::agent
