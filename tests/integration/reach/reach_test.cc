// How far a step of each kind says that it got, against servers that let it get no further.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/checks/builtin_checks.h"
#include "shared/cancellation.h"

namespace smokemesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A socket on a port of the loopback.
class Socket {
 public:
  Socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address_);
    EXPECT_EQ(::bind(fd_, Generic(), length), 0);
    EXPECT_EQ(::getsockname(fd_, Generic(), &length), 0);
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void Listen(int backlog) { EXPECT_EQ(::listen(fd_, backlog), 0); }
  int fd() const { return fd_; }
  int port() const { return ntohs(address_.sin_port); }
  sockaddr* Generic() { return reinterpret_cast<sockaddr*>(&address_); }
  socklen_t size() const { return sizeof(address_); }

 private:
  int fd_;
  sockaddr_in address_{};
};

// Its queue is full: the kernel drops what comes, as a firewall does.
class FullServer {
 public:
  FullServer() {
    server_.Listen(0);
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ::connect(filler, server_.Generic(), server_.size());
    }
    // The first one is in the queue when it is connected.
    pollfd connected = {fillers_[0], POLLOUT, 0};
    EXPECT_EQ(::poll(&connected, 1, 10'000), 1);
  }
  ~FullServer() {
    for (const int filler : fillers_) ::close(filler);
  }
  int port() const { return server_.port(); }

 private:
  Socket server_;
  std::array<int, 4> fillers_{};
};

// Says the same to everybody who has said something; nothing at all when that is empty.
class CannedServer {
 public:
  explicit CannedServer(std::string answer) : answer_(std::move(answer)) {
    server_.Listen(16);
    thread_ = std::thread([this] { Serve(); });
  }
  ~CannedServer() {
    stopping_ = true;
    thread_.join();
    for (const int client : clients_) ::close(client);
  }
  int port() const { return server_.port(); }

 private:
  void Serve() {
    while (!stopping_) {
      std::vector<pollfd> waiting = {{server_.fd(), POLLIN, 0}};
      for (const int client : clients_) waiting.push_back({client, POLLIN, 0});
      if (::poll(waiting.data(), waiting.size(), 20) <= 0) continue;
      for (size_t i = 1; i < waiting.size(); ++i) {
        if (waiting[i].revents == 0) continue;
        char bytes[4096];
        const ssize_t got = ::recv(waiting[i].fd, bytes, sizeof(bytes), 0);
        if (got > 0 && !answer_.empty()) {
          ::send(waiting[i].fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
        } else if (got <= 0) {
          std::erase(clients_, waiting[i].fd);
          ::close(waiting[i].fd);
        }
      }
      if (waiting[0].revents != 0) {
        clients_.push_back(::accept4(server_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      }
    }
  }

  const std::string answer_;
  Socket server_;
  std::vector<int> clients_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

struct Kind {
  const char* name;
  std::string answer;  // of a server that lets nobody in
};

// PostgreSQL: password authentication failed.
std::string PostgresRefusal() {
  const std::string fields("SFATAL\0VFATAL\0C28P01\0Mno entry\0", 31);
  std::string body = fields + std::string(1, '\0');
  const uint32_t length = htonl(static_cast<uint32_t>(body.size() + 4));
  return "E" + std::string(reinterpret_cast<const char*>(&length), 4) + body;
}

class ReachTest : public ::testing::TestWithParam<Kind> {
 protected:
  // The first failure of a check of this kind on `host:port`.
  static v1::Failure Ask(const std::string& host, int port, bool tls = false,
                         milliseconds timeout = seconds(20)) {
    const std::string kind = GetParam().name;
    const std::string place = host + ":" + std::to_string(port);
    v1::Assignment assignment;
    assignment.set_task_id("r/c/a/1");
    assignment.set_run_id("r");
    assignment.set_attempt(1);
    v1::Check& check = *assignment.mutable_check();
    check.set_name("c");
    v1::Connection& connection = (*assignment.mutable_connections())["x"];
    if (kind == "http") {
      connection.set_http((tls ? "https://" : "http://") + place);
      check.mutable_http()->add_steps()->mutable_request()->set_url("/");
    } else if (kind == "postgres") {
      connection.set_postgres("postgresql://u:p@" + place +
                              (tls ? "/d?sslmode=require" : "/d?sslmode=disable"));
      check.mutable_postgres()->add_steps()->set_sql("SELECT 1");
    } else {
      connection.set_redis((tls ? "rediss://" : "redis://") + place);
      if (kind == "redis") {
        check.mutable_redis()->add_steps()->add_command("PING");
      } else {
        check.mutable_event_bus()->add_steps()->add_subscribe("orders");
      }
    }
    shared::Cancellation cancellation;
    const auto made = BuiltinChecks()->Create(assignment);
    EXPECT_TRUE(made.ok()) << made.status();
    if (!made.ok()) return {};
    const CheckContext context{std::chrono::steady_clock::now() + timeout, &cancellation};
    const v1::TaskResult result = (*made)->Run(context);
    EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED) << result.ShortDebugString();
    return result.failures_size() > 0 ? result.failures(0) : v1::Failure();
  }

  static constexpr milliseconds kShort{400};
};

#define EXPECT_REACH(failure, expected)                                            \
  do {                                                                             \
    const v1::Failure seen = (failure);                                            \
    EXPECT_EQ(v1::Reach_Name(seen.reach()), #expected) << seen.ShortDebugString(); \
  } while (false)

TEST_P(ReachTest, ANameWithoutAnAddress) {
  EXPECT_REACH(Ask("no-such-host.invalid", 1), REACH_NO_ADDRESS);
}

TEST_P(ReachTest, NothingListens) {
  const Socket closed;  // bound, and not listening
  EXPECT_REACH(Ask("127.0.0.1", closed.port()), REACH_REFUSED);
  EXPECT_REACH(Ask("127.0.0.1", closed.port(), /*tls=*/true), REACH_REFUSED);
}

TEST_P(ReachTest, PacketsAreDropped) {
  const FullServer full;
  EXPECT_REACH(Ask("127.0.0.1", full.port(), false, kShort), REACH_NO_CONNECTION);
}

TEST_P(ReachTest, NoAgreementOnEncryption) {
  const CannedServer silent("");
  EXPECT_REACH(Ask("127.0.0.1", silent.port(), true, kShort), REACH_CONNECTED);
  const CannedServer plain(GetParam().name == std::string("postgres") ? "N" : "no TLS here\r\n");
  EXPECT_REACH(Ask("127.0.0.1", plain.port(), true), REACH_CONNECTED);
}

TEST_P(ReachTest, NoAnswerInTime) {
  const CannedServer silent("");
  EXPECT_REACH(Ask("127.0.0.1", silent.port(), false, kShort), REACH_NO_ANSWER);
}

TEST_P(ReachTest, AnAnswerThatIsWrong) {
  const CannedServer server(GetParam().answer);
  EXPECT_REACH(Ask("127.0.0.1", server.port()), REACH_ANSWERED);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ReachTest,
    ::testing::Values(Kind{"http", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"},
                      Kind{"postgres", PostgresRefusal()},
                      Kind{"redis", "-ERR max number of clients reached\r\n"},
                      Kind{"event_bus", "-NOAUTH Authentication required.\r\n"}),
    [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace smokemesh::agent
