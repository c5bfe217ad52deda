#include "shared/cut_connection.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace smokemesh::shared {
namespace {

// Both ends of a TCP connection, neither of which blocks.
struct Pair {
  Pair() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener, generic, size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    EXPECT_EQ(getsockname(listener, generic, &size), 0);
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(client, generic, size), 0);
    server = accept(listener, nullptr, nullptr);
    EXPECT_GE(server, 0);
    // A server that fills the client's window to the last byte.
    const int on = 1;
    EXPECT_EQ(setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
    close(listener);
  }
  ~Pair() { close(server); }

  int client = -1;
  int server = -1;
};

TEST(CutConnection, APeerInTheMiddleOfAFloodIsToldAtOnce) {
  Pair pair;
  std::array<char, 1000> block = {};
  // Until the client's window is closed and nothing more goes.
  pollfd room = {.fd = pair.server, .events = POLLOUT, .revents = 0};
  while (poll(&room, 1, 100) == 1) {
    ASSERT_GT(send(pair.server, block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL), 0);
  }
  CutConnection(pair.client);
  // As a driver does that reads to the end.
  while (recv(pair.client, block.data(), block.size(), MSG_DONTWAIT) > 0) {
  }
  close(pair.client);
  room.revents = 0;
  ASSERT_EQ(poll(&room, 1, 10'000), 1) << "the peer still waits for room";
  EXPECT_NE(room.revents & (POLLERR | POLLHUP), 0);
  EXPECT_LT(send(pair.server, block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL), 0);
}

TEST(CutConnection, WhoReadsComesBack) {
  Pair pair;
  CutConnection(pair.client);
  char byte = 0;
  EXPECT_EQ(recv(pair.client, &byte, 1, 0), 0);
  close(pair.client);
}

}  // namespace
}  // namespace smokemesh::shared
