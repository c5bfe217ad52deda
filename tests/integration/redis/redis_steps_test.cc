// What commands and messages come to, on a real server.

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "agent/checks/net/waiter.h"
#include "agent/checks/redis_client/redis_session.h"
#include "agent/checks/redis_client/redis_url.h"
#include "tests/integration/redis/redis_fixture.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr shared::Duration kNone{};
constexpr auto kShort = std::chrono::milliseconds(100);

class RedisSteps : public RedisTest {
 protected:
  static void SetUpTestSuite() {
    testing::RedisOptions options;
    options.password = "pw-canary-1";
    options.config = {"user reader on >pw-canary-2 ~* &* +get +subscribe",
                      "user banned on >pw-canary-3 ~* -@all +select"};
    auto started = testing::LocalRedis::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  static void TearDownTestSuite() { server_.reset(); }

  RedisSteps() { url_ = server_->Url(); }
  ~RedisSteps() override {
    EXPECT_TRUE(runner_->CleanUp(In(kLong)).ok());
    EXPECT_TRUE(server_->Command({"FLUSHALL"}).ok());
  }

  void Publish(const std::string& channel, const std::string& message) {
    ASSERT_TRUE(server_->Command({"PUBLISH", channel, message}).ok());
  }

  static inline std::unique_ptr<testing::LocalRedis> server_;
};

TEST_F(RedisSteps, SetsAndGets) {
  EXPECT_EQ(Value(Command({"SET", "k", std::string("a\0b", 3)})), "\"OK\"");
  EXPECT_EQ(Value(Command({"STRLEN", "k"})), "3");
  EXPECT_EQ(Value(Command({"GET", "missing"}), "type"), "\"nil\"");
  EXPECT_EQ(Value(Command({"RPUSH", "l", "x", "y"})), "2");
  EXPECT_EQ(Value(Command({"LRANGE", "l", "0", "-1"}), "reply", "1"), "\"y\"");
}

TEST_F(RedisSteps, TellsTheTimeToLive) {
  ASSERT_TRUE(Command({"SET", "k", "v", "EX", "60"}).ok());
  const auto ttl = Command({"TTL", "k"});
  EXPECT_THAT(Value(ttl), ::testing::AnyOf("60", "59"));
  EXPECT_EQ(Value(Command({"TTL", "missing"})), "-2");
}

TEST_F(RedisSteps, UsesTheDatabaseOfTheUrl) {
  url_ = server_->Url(5);
  ASSERT_TRUE(Command({"SET", "k", "five"}, "a").ok());
  url_ = server_->Url(0);
  EXPECT_EQ(Value(Command({"EXISTS", "k"}, "b")), "0");
  EXPECT_EQ(Value(Command({"GET", "k"}, "a")), "\"five\"");
}

TEST_F(RedisSteps, ADatabaseThatIsNotThereIsAnUnavailableTarget) {
  url_ = server_->Url(99);
  const auto seen = Command({"PING"});
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
  EXPECT_THAT(std::string(seen.status().message()), HasSubstr("DB index is out of range"));
}

TEST_F(RedisSteps, ErrorRepliesAreSeen) {
  ASSERT_TRUE(Command({"SET", "k", "v"}).ok());
  const auto seen = Command({"LPUSH", "k", "x"});
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(Value(seen, "error"), StartsWith("\"WRONGTYPE"));
  EXPECT_TRUE((*seen)->UnlessAsked().mismatch.has_value());
  EXPECT_EQ(Value(Command({"GET", "k"})), "\"v\"");
}

TEST_F(RedisSteps, RefusesHarmfulCommandsWithoutSendingThem) {
  ASSERT_TRUE(Command({"SET", "k", "v"}).ok());
  EXPECT_EQ(Command({"FLUSHALL"}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Value(Command({"EXISTS", "k"})), "1");
}

TEST_F(RedisSteps, LogsInByUserAndPassword) {
  url_ = server_->Url("reader", "pw-canary-2");
  EXPECT_EQ(Value(Command({"GET", "k"}), "type"), "\"nil\"");
  EXPECT_THAT(Value(Command({"SET", "k", "v"}), "error"), StartsWith("\"NOPERM"));
}

TEST_F(RedisSteps, AWrongOrMissingPasswordIsUnauthenticated) {
  url_ = server_->Url("", "wrong-canary");
  EXPECT_EQ(Command({"PING"}).status().code(), absl::StatusCode::kUnauthenticated);
  url_ = "redis://127.0.0.1:" + std::to_string(server_->port());
  const auto seen = Command({"GET", "k"});
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(seen.status().message()), HasSubstr("NOAUTH"));
  url_ = server_->Url("reader", "wrong-canary");
  EXPECT_EQ(Command({"PING"}).status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(RedisSteps, ReceivesMessagesInOrderAndOnce) {
  ASSERT_EQ(Value(Command({"SUBSCRIBE", "c1", "c2"}, "sub"), "type"), "\"array\"");
  for (int i = 0; i < 50; ++i) Publish(i % 2 == 0 ? "c1" : "c2", std::to_string(i));
  const auto seen = Receive(50, kLong, kShort, "sub");
  ASSERT_EQ(Value(seen, "messages"), "50");
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(Value(seen, "message", std::to_string(i)), "\"" + std::to_string(i) + "\"");
  }
  EXPECT_FALSE((*seen)->UnlessAsked().mismatch.has_value());
}

TEST_F(RedisSteps, SettlingSeesADuplicate) {
  ASSERT_TRUE(Command({"SUBSCRIBE", "c"}, "sub").ok());
  Publish("c", "same");
  Publish("c", "same");
  EXPECT_EQ(Value(Receive(1, kLong, kShort, "sub"), "messages"), "2");
}

TEST_F(RedisSteps, WithoutSettlingTheRestStaysForTheNextReceive) {
  ASSERT_TRUE(Command({"SUBSCRIBE", "c"}, "sub").ok());
  Publish("c", "one");
  Publish("c", "two");
  EXPECT_EQ(Value(Receive(1, kLong, kNone, "sub"), "message", "0"), "\"one\"");
  EXPECT_EQ(Value(Receive(1, kLong, kNone, "sub"), "message", "0"), "\"two\"");
}

TEST_F(RedisSteps, TooFewMessagesAreAnObservation) {
  ASSERT_TRUE(Command({"SUBSCRIBE", "c"}, "sub").ok());
  Publish("c", "one");
  const auto begin = std::chrono::steady_clock::now();
  const auto seen = Receive(2, kShort, kShort, "sub");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, kShort);
  ASSERT_TRUE(seen.ok()) << seen.status();
  const auto implied = (*seen)->UnlessAsked();
  ASSERT_TRUE(implied.mismatch.has_value());
  EXPECT_EQ(implied.mismatch->expected, "2 messages");
  EXPECT_THAT(
      implied.mismatch->actual,
      StartsWith("1 of 2 messages within 100ms; the connection still answers PING, so it is "
                 "subscribed (c) and hears nothing more: look at who publishes"));
  Publish("c", "late");
  EXPECT_EQ(Value(Receive(1, kLong, kNone, "sub"), "message", "0"), "\"late\"");
}

TEST_F(RedisSteps, SubscribesToPatternsAndUnsubscribes) {
  ASSERT_TRUE(Command({"PSUBSCRIBE", "a.*", "b.*"}, "sub").ok());
  ASSERT_TRUE(Command({"SUBSCRIBE", "c"}, "sub").ok());
  Publish("b.x", "by pattern");
  EXPECT_EQ(Value(Receive(1, kLong, kNone, "sub"), "message", "0"), "\"by pattern\"");
  ASSERT_TRUE(Command({"UNSUBSCRIBE"}, "sub").ok());
  EXPECT_EQ(Command({"GET", "k"}, "sub").status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Command({"PUNSUBSCRIBE"}, "sub").ok());
  EXPECT_EQ(Value(Command({"GET", "k"}, "sub"), "type"), "\"nil\"");
}

TEST_F(RedisSteps, ASubscribedSessionTakesPingAndKeepsWhatComesMeanwhile) {
  ASSERT_TRUE(Command({"SUBSCRIBE", "c"}, "sub").ok());
  Publish("c", "before the ping");
  EXPECT_EQ(Value(Command({"PING"}, "sub"), "reply", "0"), "\"pong\"");
  EXPECT_EQ(Value(Receive(1, kShort, kNone, "sub"), "message", "0"), "\"before the ping\"");
}

TEST_F(RedisSteps, ReceivingWithoutASubscriptionIsAMistakeOfThePlan) {
  EXPECT_EQ(Receive(1, kShort, kNone, "x").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RedisSteps, RunsTransactionsAndBlockingCommands) {
  ASSERT_TRUE(Command({"MULTI"}).ok());
  EXPECT_EQ(Value(Command({"INCR", "n"})), "\"QUEUED\"");
  EXPECT_EQ(Value(Command({"EXEC"}), "reply", "0"), "1");
  auto waiting = std::async(std::launch::async, [this] {
    return Command({"BLPOP", "queue", "0"});
  });
  ASSERT_TRUE(server_->Command({"RPUSH", "queue", "job"}).ok());
  EXPECT_EQ(Value(waiting.get(), "reply", "1"), "\"job\"");
}

TEST_F(RedisSteps, RefusesRepliesThatAreTooLarge) {
  ASSERT_TRUE(server_->Command({"SETRANGE", "big", "2000000", "x"}).ok());
  const auto seen = Command({"GET", "big"});
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kDataLoss) << seen.status();
  // A new connection: nothing of the old reply is left.
  EXPECT_EQ(Value(Command({"STRLEN", "big"})), "2000001");
}

TEST_F(RedisSteps, CutsASession) {
  const std::string before = Value(Command({"CLIENT", "ID"}));
  v1::RedisStep step;
  step.set_disconnect(true);
  ASSERT_TRUE(Run(step).ok());
  EXPECT_NE(Value(Command({"CLIENT", "ID"})), before);
}

TEST_F(RedisSteps, WhereSaysWhichMessagesAreMeant) {
  ASSERT_TRUE(Command({"SUBSCRIBE", "a", "b"}, "sub").ok());
  for (const char* text : {R"({"n": 1})", "no JSON", R"({"n": 2})"}) Publish("a", text);
  Publish("b", R"({"n": 2})");
  const auto seen = Receive(1, kLong, kShort, "sub", kLong, {"json /n == 2", "channel == b"});
  EXPECT_EQ((*seen)->Summary(), "1 message (3 others passed over): {\"n\": 2}");
  Publish("a", "x");
  const auto none = Receive(1, kShort, kNone, "sub", kLong, {"text == y"});
  EXPECT_THAT((*none)->UnlessAsked().mismatch->actual,
              StartsWith("0 of 1 message within 100ms (1 other passed over); the connection still "
                         "answers PING"));
}

TEST_F(RedisSteps, ACountOfZeroListensForAsLongAsItSettles) {
  ASSERT_TRUE(Command({"SUBSCRIBE", "c"}, "sub").ok());
  const auto begin = std::chrono::steady_clock::now();
  const auto none = Receive(0, kLong, kShort, "sub");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, kShort);
  EXPECT_EQ(Value(none, "messages"), "0");
  EXPECT_FALSE((*none)->UnlessAsked().mismatch.has_value());
  Publish("c", "x");
  EXPECT_EQ(Value(Receive(0, kLong, kShort, "sub"), "messages"), "1");
  EXPECT_EQ(Receive(0, kLong, kNone, "sub").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RedisSteps, AnErrorReplySaysWhereToLook) {
  url_ = server_->Url("reader", "pw-canary-2");
  const auto seen = Command({"PUBLISH", "c", "m"});
  EXPECT_THAT((*seen)->UnlessAsked().mismatch->actual,
              ::testing::AllOf(StartsWith("NOPERM"), HasSubstr("look at the commands")));
}

TEST_F(RedisSteps, SessionsWorkAtTheSameTime) {
  constexpr int kThreads = 12;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i] {
      const std::string name = "main#" + std::to_string(i);
      const std::string id = Value(Command({"CLIENT", "ID"}, name));
      for (int n = 0; n < 50; ++n) {
        EXPECT_THAT(Value(Command({"INCR", "counter"}, name)), ::testing::Not(HasSubstr("error")));
      }
      EXPECT_EQ(Value(Command({"CLIENT", "ID"}, name)), id);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Value(Command({"GET", "counter"})), "\"600\"");
}

TEST_F(RedisSteps, AFreshSessionIsClosedAfterItsStep) {
  const std::string main = Value(Command({"CLIENT", "ID"}));
  fresh_session_ = true;
  const std::string first = Value(Command({"CLIENT", "ID"}));
  EXPECT_NE(first, main);
  EXPECT_NE(Value(Command({"CLIENT", "ID"})), first);
  fresh_session_ = false;
  EXPECT_EQ(Value(Command({"CLIENT", "ID"})), main);
}

TEST_F(RedisSteps, TheRequestSaysWhichSession) {
  session_ = "main#2";
  const std::string second = Value(Command({"CLIENT", "ID"}));
  session_.clear();
  EXPECT_NE(Value(Command({"CLIENT", "ID"})), second);
  EXPECT_EQ(Value(Command({"CLIENT", "ID"}, "main#2")), second);
}

TEST_F(RedisSteps, TheTimeOfArrivalIsWhenItCameAndNotWhenItWasLookedAt) {
  const Waiter waiter(In(kLong));
  auto session = RedisSession::Open(*ParseRedisUrl(url_), tls_,
                                    TargetGuard(Policy::Default(), "redis"), waiter);
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE((*session)->Command({"SUBSCRIBE", "c"}, waiter).ok());
  // The first socket that asks for times makes the kernel begin to take them, some time later: what
  // comes before that has the time of the look.
  bool early = false;
  for (int attempt = 0; attempt < 50 && !early; ++attempt) {
    Publish("c", "x");
    // How long it lies unread.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const auto looked = std::chrono::steady_clock::now();
    const auto received = (*session)->Receive(Wait{}, MeantBy({}), waiter);
    ASSERT_TRUE(received.ok()) << received.status();
    ASSERT_EQ(received->messages.size(), 1u);
    early = received->messages[0].arrived < looked - std::chrono::milliseconds(50);
  }
  EXPECT_TRUE(early);
}

}  // namespace
}  // namespace smokemesh::agent
