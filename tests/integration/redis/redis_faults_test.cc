// Servers that refuse, freeze, vanish or may not write.

#include <future>
#include <string>

#include "tests/integration/redis/redis_fixture.h"
#include "tests/testing/free_port.h"
#include "tests/testing/stopwatch.h"
#include "tests/testing/tcp_proxy.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class RedisFaults : public RedisTest {
 protected:
  void Start(const testing::RedisOptions& options = {}) {
    auto started = testing::LocalRedis::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    url_ = server_->Url();
  }

  // Waits until a client of the server waits for a list.
  bool WaitForBlockedClient() {
    const auto end = std::chrono::steady_clock::now() + kLong;
    while (std::chrono::steady_clock::now() < end) {
      if (server_->Command({"INFO", "clients"}).value_or("").find("blocked_clients:1") !=
          std::string::npos) {
        return true;
      }
    }
    return false;
  }

  std::unique_ptr<testing::LocalRedis> server_;
};

TEST_F(RedisFaults, SaysWhoRefused) {
  const int port = testing::FreePort();
  url_ = "redis://:pw-canary@127.0.0.1:" + std::to_string(port);
  const auto seen = Command({"PING"});
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(seen.status().message(), "connection refused by 127.0.0.1:" + std::to_string(port));
}

TEST_F(RedisFaults, AFrozenServerCostsNoMoreThanTheTime) {
  Start();
  ASSERT_TRUE(Command({"PING"}, "open").ok());
  server_->Pause();
  for (const char* session : {"open", "new"}) {
    const testing::Stopwatch watch;
    const auto seen = Command({"PING"}, session, std::chrono::milliseconds(200));
    EXPECT_LT(watch.Elapsed(), std::chrono::milliseconds(200) + kTolerance);
    EXPECT_EQ(seen.status().code(), absl::StatusCode::kDeadlineExceeded) << seen.status();
    EXPECT_THAT(std::string(seen.status().message()), HasSubstr("did not answer PING"));
  }
  server_->Resume();
  // The late PONG must not answer this.
  EXPECT_EQ(Value(Command({"ECHO", "fresh"}, "open")), "\"fresh\"");
}

TEST_F(RedisFaults, ACancellationEndsAWaitWithin50Milliseconds) {
  Start();
  auto waiting = std::async(std::launch::async, [this] {
    return Command({"BLPOP", "queue", "0"});
  });
  ASSERT_TRUE(WaitForBlockedClient());
  const testing::Stopwatch watch;
  cancellation_.Cancel("enough");
  const auto seen = waiting.get();
  EXPECT_LT(watch.Elapsed(), std::chrono::milliseconds(50));
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kCancelled);
}

TEST_F(RedisFaults, AServerThatDiesDuringAWaitIsUnavailable) {
  Start();
  auto waiting = std::async(std::launch::async, [this] {
    return Command({"BLPOP", "queue", "0"});
  });
  ASSERT_TRUE(WaitForBlockedClient());
  server_->Kill();
  const auto seen = waiting.get();
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
  EXPECT_THAT(std::string(seen.status().message()), HasSubstr("BLPOP"));
  EXPECT_EQ(Command({"PING"}).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(server_->StartAgain().ok());
  EXPECT_EQ(Value(Command({"PING"})), "\"PONG\"");
}

TEST_F(RedisFaults, AServerThatDiesWhileMessagesAreAwaitedIsUnavailable) {
  Start();
  ASSERT_TRUE(Command({"SUBSCRIBE", "c"}, "sub").ok());
  server_->Kill();
  const auto seen = Receive(1, kLong, {}, "sub");
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
}

TEST_F(RedisFaults, ASubscriberThatHearsNothingIsToldFromADeadOne) {
  Start();
  testing::TcpProxy proxy(server_->port());
  url_ = "redis://127.0.0.1:" + std::to_string(proxy.port());
  constexpr auto kShort = std::chrono::milliseconds(100);
  ASSERT_TRUE(Command({"SUBSCRIBE", "c"}, "sub").ok());
  const auto starved = Receive(1, kShort, {}, "sub");
  ASSERT_TRUE(starved.ok()) << starved.status();
  EXPECT_THAT((*starved)->Summary(), HasSubstr("still answers PING"));
  // The answer to that PING is no answer to anything else.
  EXPECT_EQ(Value(Command({"PING"}, "sub"), "reply", "0"), "\"pong\"");
  proxy.SetBlackHole(true);
  const auto dead = Receive(1, kShort, {}, "sub");
  EXPECT_EQ(dead.status().code(), absl::StatusCode::kUnavailable) << dead.status();
  EXPECT_THAT(std::string(dead.status().message()),
              HasSubstr("after 0 of 1 messages the connection is dead"));
}

TEST_F(RedisFaults, SilenceOfADeadConnectionProvesNothing) {
  Start();
  ASSERT_TRUE(Command({"SUBSCRIBE", "c"}, "sub").ok());
  server_->Pause();
  EXPECT_EQ(Receive(0, {}, std::chrono::milliseconds(50), "sub").status().code(),
            absl::StatusCode::kUnavailable);
  server_->Resume();
}

TEST_F(RedisFaults, ACancellationEndsTheProofOfLife) {
  Start();
  ASSERT_TRUE(Command({"SUBSCRIBE", "c"}, "sub").ok());
  server_->Pause();
  auto waiting = std::async(std::launch::async,
                            [this] { return Receive(1, std::chrono::milliseconds(1), {}, "sub"); });
  cancellation_.Cancel("enough");
  EXPECT_EQ(waiting.get().status().code(), absl::StatusCode::kCancelled);
  server_->Resume();
}

TEST_F(RedisFaults, TheCheckEndsBeforeTheWaitForMessages) {
  Start();
  ASSERT_TRUE(Command({"SUBSCRIBE", "c"}, "sub").ok());
  const auto seen = Receive(1, kLong, {}, "sub", std::chrono::milliseconds(100));
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kDeadlineExceeded) << seen.status();
}

TEST_F(RedisFaults, AReadOnlyReplicaSaysSo) {
  Start();
  ASSERT_TRUE(
      server_->Command({"REPLICAOF", "127.0.0.1", std::to_string(testing::FreePort())}).ok());
  EXPECT_THAT(Value(Command({"SET", "k", "v"}), "error"), StartsWith("\"READONLY"));
}

TEST_F(RedisFaults, AServerWithoutMemorySaysSo) {
  testing::RedisOptions options;
  options.config = {"maxmemory 1", "maxmemory-policy noeviction"};
  Start(options);
  EXPECT_THAT(Value(Command({"SET", "k", "v"}), "error"), StartsWith("\"OOM"));
}

TEST_F(RedisFaults, TooManyClientsAreTheServersFault) {
  testing::RedisOptions options;
  options.config = {"maxclients 1"};
  Start(options);
  ASSERT_TRUE(Command({"PING"}, "a").ok());
  const auto seen = Command({"PING"}, "b");
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
}

TEST_F(RedisFaults, AReplyThatIsCutShortIsNotAnAnswer) {
  Start();
  ASSERT_TRUE(server_->Command({"SETRANGE", "k", "9999", "x"}).ok());
  testing::TcpProxy proxy(server_->port());
  url_ = "redis://127.0.0.1:" + std::to_string(proxy.port());
  ASSERT_TRUE(Command({"PING"}).ok());
  proxy.CutAfterBytesToClient(500);
  EXPECT_EQ(Command({"GET", "k"}).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RedisFaults, ALostConnectionIsNeverRestoredInSilence) {
  Start();
  testing::TcpProxy proxy(server_->port());
  url_ = "redis://127.0.0.1:" + std::to_string(proxy.port());
  ASSERT_TRUE(Command({"CLIENT", "SETNAME", "mine"}).ok());
  proxy.Cut();
  EXPECT_EQ(Command({"SET", "k", "v"}).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RedisFaults, AServerThatResetsIsUnavailable) {
  testing::TcpProxy proxy(testing::FreePort());
  url_ = "redis://127.0.0.1:" + std::to_string(proxy.port());
  EXPECT_EQ(Command({"PING"}).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace smokemesh::agent
