// Servers that refuse, fall silent or lose connections.

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/event_bus/event_bus_fixture.h"
#include "tests/testing/free_port.h"
#include "tests/testing/tcp_proxy.h"

namespace smokemesh::agent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class EventBusFaults : public EventBusTest {
 protected:
  // As a user who may do what `rules` say.
  void StartWithUser(const std::string& rules) {
    testing::RedisOptions options;
    options.config = {"user bus on >pw " + rules};
    Start(options);
    url_ = server_->Url("bus", "pw");
  }

  void ThroughProxy() {
    Start();
    proxy_ = std::make_unique<testing::TcpProxy>(server_->port());
    url_ = absl::StrCat("redis://127.0.0.1:", proxy_->port());
  }

  std::unique_ptr<testing::TcpProxy> proxy_;
};

TEST_F(EventBusFaults, AChannelThatTheUserMayNotUse) {
  StartWithUser("~* +@all &smoke.*");
  const auto refused = Run("session: 'sub' subscribe: 'report.generated'");
  EXPECT_THAT(Mismatch(refused), AllOf(HasSubstr("refused SUBSCRIBE report.generated: NOPERM"),
                                       HasSubstr("the channel patterns (`&…`) in ACL GETUSER")));
  // An expectation on something else, or on `events`, does not replace it.
  EXPECT_TRUE((*refused)->UnlessAsked().queries.empty());
  EXPECT_EQ(Value(refused, "events"), "nothing");
  EXPECT_THAT(Mismatch(Run("publish { channel: 'report.generated' event_id: 'e1' }")),
              AllOf(HasSubstr("refused PUBLISH report.generated: NOPERM"), HasSubstr("ACL")));
  EXPECT_EQ(Redis({"DBSIZE"}), "0");
  EXPECT_EQ(Mismatch(Run("session: 'sub2' subscribe: 'smoke.x'")), "");
}

TEST_F(EventBusFaults, AKeyOrACommandThatTheUserMayNotUse) {
  StartWithUser("~other:* +@all -lrange &*");
  EXPECT_THAT(Mismatch(Run("publish { channel: 'c' event_id: 'e1' }")),
              AllOf(HasSubstr("the event was delivered (heard by 0) and not stored"),
                    HasSubstr("refused SET events:c:e1: NOPERM"), HasSubstr("key patterns")));
  for (const char* step :
       {"stored { channel: 'c' event_id: 'e1' }", "forget { channel: 'c' event_id: 'e1' }"}) {
    EXPECT_THAT(Mismatch(Run(step)), HasSubstr("NOPERM")) << step;
  }
  format_.set_dead_letter_key("other:{channel}");
  Redis({"LPUSH", "other:c", "x"});
  EXPECT_THAT(Mismatch(Run("dead_letters { channel: 'c' }")),
              AllOf(HasSubstr("refused LRANGE"), HasSubstr("may not send this command")));
}

TEST_F(EventBusFaults, AReadOnlyReplicaDeliversAndDoesNotStore) {
  Start();
  Redis({"REPLICAOF", "127.0.0.1", std::to_string(testing::FreePort())});
  EXPECT_THAT(Mismatch(Run("publish { channel: 'c' event_id: 'e1' }")),
              AllOf(HasSubstr("not stored"), HasSubstr("READONLY"),
                    HasSubstr("the URL must lead to the primary")));
}

TEST_F(EventBusFaults, AFullServerDeliversAndDoesNotStore) {
  testing::RedisOptions options;
  options.config = {"maxmemory 1", "maxmemory-policy noeviction"};
  Start(options);
  EXPECT_THAT(Mismatch(Run("publish { channel: 'c' event_id: 'e1' }")),
              AllOf(HasSubstr("not stored"), HasSubstr("OOM"), HasSubstr("maxmemory")));
}

TEST_F(EventBusFaults, WhoIsNotLetInIsToldWhatToLookAt) {
  testing::RedisOptions options;
  options.password = "right";
  Start(options);
  url_ = server_->Url("", "wrong");
  auto seen = Run("subscribe: 'c'");
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(seen.status().message()),
              AllOf(HasSubstr("WRONGPASS"), HasSubstr("look at the connection's URL")));
  url_ = absl::StrCat("redis://127.0.0.1:", server_->port());
  seen = Run("subscribe: 'c'");
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(seen.status().message()), HasSubstr("has no user and password"));
}

TEST_F(EventBusFaults, ACutConnectionIsNotSilence) {
  ThroughProxy();
  MustRun("session: 'sub' subscribe: 'c'");
  std::thread cutter([this] { proxy_->Cut(); });
  const auto seen = Run("session: 'sub' receive { within { seconds: 15 } }");
  cutter.join();
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
  // The session is gone, and is opened again by whoever names it.
  MustRun("session: 'sub' subscribe: 'c'");
}

TEST_F(EventBusFaults, AConnectionThatLostItsOtherEndIsNotSilence) {
  ThroughProxy();
  MustRun("session: 'sub' subscribe: 'c'");
  proxy_->SetBlackHole(true);
  const auto begin = std::chrono::steady_clock::now();
  const auto seen = Run("session: 'sub' receive { within { nanos: 100000000 } }");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
  EXPECT_THAT(std::string(seen.status().message()),
              AllOf(HasSubstr("after 0 of 1 messages the connection is dead"),
                    HasSubstr("did not answer PING within")));
}

TEST_F(EventBusFaults, NothingHeardOnADeadConnectionDoesNotProveThatNothingWasSent) {
  ThroughProxy();
  MustRun("session: 'sub' subscribe: 'c'");
  proxy_->SetBlackHole(true);
  // Without the proof of life, `events == 0` would hold.
  EXPECT_EQ(Run("session: 'sub' receive { count: 0 settle { nanos: 50000000 } }").status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(EventBusFaults, AFloodEndsWithTheTime) {
  Start();
  MustRun("session: 'sub' subscribe: 'c'");
  std::atomic<bool> stop = false;
  const std::string url = server_->Url();
  std::thread flood([&] {
    const std::unique_ptr<StepRunner> runner = MakeEventBusStepRunner();
    v1::Step step;
    step.mutable_event_bus()->mutable_publish()->set_channel("c");
    step.mutable_event_bus()->mutable_publish()->set_event_id("other");
    v1::Connection connection;
    connection.set_redis(url);
    StepRequest request;
    request.step = &step;
    request.connection = &connection;
    while (!stop) {
      ASSERT_TRUE(runner->Run(request, In(kLong)).ok());
    }
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto seen = Run(
      R"(session: 'sub' receive { within { nanos: 300000000 }
                                  where: 'json /data/event_id == mine' })");
  stop = true;
  flood.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(Value(seen, "events"), "0");
  EXPECT_THAT(Mismatch(seen), AllOf(HasSubstr("others passed over)"), HasSubstr("nothing more")));
}

TEST_F(EventBusFaults, ASubscriberDoesNothingElse) {
  Start();
  MustRun("subscribe: 'c'");
  EXPECT_EQ(Run("publish { channel: 'c' event_id: 'e1' }").status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Run("session: 'x' receive {}").status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace smokemesh::agent
