#include "tests/testing/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace smokemesh::testing {
namespace {

constexpr int kPollMilliseconds = 20;

// Binds a socket to a port of `text`; to a free one when `port` holds 0.
int Bind(const std::string& text, int* port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  address.sin_port = htons(static_cast<uint16_t>(*port));
  socklen_t size = sizeof(address);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("cannot bind a port");
    std::abort();
  }
  *port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

bool RawConnection::WaitFor(short events) {
  while (!stopping_) {
    pollfd ready{fd_, events, 0};
    if (poll(&ready, 1, kPollMilliseconds) > 0) {
      return (ready.revents & events) != 0 && (ready.revents & (POLLERR | POLLNVAL)) == 0;
    }
  }
  return false;
}

std::string RawConnection::ReadRequest() {
  std::string request;
  char buffer[4096];
  while (request.find("\r\n\r\n") == std::string::npos && WaitFor(POLLIN)) {
    const ssize_t size = recv(fd_, buffer, sizeof(buffer), 0);
    if (size <= 0) break;
    request.append(buffer, static_cast<size_t>(size));
  }
  return request;
}

std::string RawConnection::ReadSome() {
  char buffer[4096];
  if (!WaitFor(POLLIN)) return "";
  const ssize_t size = recv(fd_, buffer, sizeof(buffer), 0);
  return size <= 0 ? "" : std::string(buffer, static_cast<size_t>(size));
}

bool RawConnection::Pause(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!stopping_ && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::min(time, std::chrono::milliseconds(kPollMilliseconds)));
  }
  return !stopping_;
}

bool RawConnection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!WaitFor(POLLOUT)) return false;
    const ssize_t size = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

void RawConnection::WaitForEnd() {
  char buffer[4096];
  while (WaitFor(POLLIN) && recv(fd_, buffer, sizeof(buffer), 0) > 0) {
  }
}

void RawConnection::Reset() {
  const linger hard{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

RawServer::RawServer(std::function<void(RawConnection&)> serve, const std::string& address,
                     int port)
    : serve_(std::move(serve)), port_(port) {
  listener_ = Bind(address, &port_);
  if (listen(listener_, 16) != 0) std::abort();
  thread_ = std::thread([this] { Run(); });
}

RawServer::~RawServer() {
  stopping_ = true;
  thread_.join();
  close(listener_);
}

std::string RawServer::Url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void RawServer::Run() {
  while (!stopping_) {
    pollfd ready{listener_, POLLIN, 0};
    if (poll(&ready, 1, kPollMilliseconds) <= 0) continue;
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ++connections_;
    RawConnection connection(fd, &stopping_);
    serve_(connection);
    close(fd);
  }
}

ClosedPort::ClosedPort() { fd_ = Bind("127.0.0.1", &port_); }
ClosedPort::~ClosedPort() { close(fd_); }

}  // namespace smokemesh::testing
