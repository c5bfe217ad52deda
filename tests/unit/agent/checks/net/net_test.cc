#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <future>

#include "agent/checks/net/resolver.h"
#include "agent/checks/net/tcp_connect.h"
#include "agent/checks/net/waiter.h"
#include "tests/testing/free_port.h"
#include "tests/testing/stopwatch.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;

// Listens on 127.0.0.1 and never accepts.
class Listener {
 public:
  explicit Listener(int backlog) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(fd_.get(), generic, size), 0);
    EXPECT_EQ(listen(fd_.get(), backlog), 0);
    EXPECT_EQ(getsockname(fd_.get(), generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  int port() const { return port_; }

 private:
  UniqueFd fd_;
  int port_ = 0;
};

class NetTest : public ::testing::Test {
 protected:
  CheckContext In(shared::Duration duration) {
    return {std::chrono::steady_clock::now() + duration, &cancellation_};
  }
  shared::Cancellation cancellation_;
  const TargetGuard guard_{Policy::Default(), "redis"};
};

constexpr auto kLong = std::chrono::seconds(20);

TEST_F(NetTest, AnswersForNumericAddressesAndNames) {
  const auto numeric = Resolve("127.0.0.1", 80, In(kLong));
  ASSERT_TRUE(numeric.ok()) << numeric.status();
  ASSERT_EQ(numeric->size(), 1u);
  EXPECT_EQ(numeric->front().ip, "127.0.0.1");
  const auto name = Resolve("localhost", 80, In(kLong));
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_FALSE(name->empty());
}

TEST_F(NetTest, ALookUpEndsAtOnceWhenItIsCancelledBeforehand) {
  cancellation_.Cancel("enough");
  const auto answer = Resolve("no-such-host.invalid", 80, In(kLong));
  EXPECT_FALSE(answer.ok());
}

TEST_F(NetTest, WaitingEndsAtTheDeadline) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const UniqueFd a(pair[0]), b(pair[1]);
  const auto begin = std::chrono::steady_clock::now();
  const testing::Stopwatch watch;
  const Waiter waiter(In(std::chrono::milliseconds(60)));
  EXPECT_EQ(waiter.Wait(a.get(), POLLIN).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(60));
  EXPECT_LT(watch.Elapsed(), std::chrono::milliseconds(210));
}

TEST_F(NetTest, WaitingEndsWhenItIsCancelled) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const UniqueFd a(pair[0]), b(pair[1]);
  const Waiter waiter(In(kLong));
  auto waiting = std::async(std::launch::async, [&] { return waiter.Wait(a.get(), POLLIN); });
  cancellation_.Cancel("enough");
  const absl::Status status = waiting.get();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(status.message(), "enough");
}

TEST_F(NetTest, TellsWhoRefusedTheConnection) {
  const int port = testing::FreePort();
  const Waiter waiter(In(kLong));
  const auto fd = ConnectTcp("127.0.0.1", port, guard_, waiter);
  EXPECT_EQ(fd.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(fd.status().message(), "connection refused by 127.0.0.1:" + std::to_string(port));
}

TEST_F(NetTest, TriesTheNextAddressOfAName) {
  // `localhost` is ::1 and 127.0.0.1 on most machines; the listener has the latter only.
  const Listener listener(8);
  const Waiter waiter(In(kLong));
  const auto fd = ConnectTcp("localhost", listener.port(), guard_, waiter);
  EXPECT_TRUE(fd.ok()) << fd.status();
}

TEST_F(NetTest, AConnectionThatNobodyAcceptsEndsAtTheDeadline) {
  // A listener whose queue is full drops what comes.
  const Listener listener(0);
  std::vector<UniqueFd> fillers;
  absl::Status status;
  for (int i = 0; i < 8 && status.ok(); ++i) {
    const Waiter waiter(In(std::chrono::milliseconds(100)));
    auto fd = ConnectTcp("127.0.0.1", listener.port(), guard_, waiter);
    status = fd.status();
    if (fd.ok()) fillers.push_back(*std::move(fd));
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("did not accept the connection in time"));
}

TEST(HostPort, PutsIpv6InBrackets) {
  EXPECT_EQ(HostPort("db", 5432), "db:5432");
  EXPECT_EQ(HostPort("::1", 5432), "[::1]:5432");
}

}  // namespace
}  // namespace smokemesh::agent
