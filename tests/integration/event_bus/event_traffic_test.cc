// Events that are published and received, on a real server.

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/event_bus/event_bus_fixture.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class EventTraffic : public EventBusTest {
 protected:
  EventTraffic() { Start(); }

  static std::string Publish(const std::string& channel, const std::string& id) {
    return absl::StrCat("publish { channel: '", channel, "' event_id: '", id, "' }");
  }
};

TEST_F(EventTraffic, AnEventIsDeliveredAndStoredWithOneText) {
  EXPECT_EQ(Summary(Run("session: 'sub' subscribe: ['report.generated', 'other']")),
            "subscribed to report.generated, other");
  const auto sent = Run(
      R"(publish { channel: 'report.generated' event_id: 'e1' user_id: 'u'
                   metadata: '{"correlation_id": "c-1"}' data: '{"report_id": 7}' })");
  EXPECT_EQ(Summary(sent), "event e1 on report.generated, retry_count 0, heard by 1");
  EXPECT_EQ(Value(sent, "receivers"), "1");
  EXPECT_EQ(Value(sent, "events"), "1");
  const auto got = Run("session: 'sub' receive { count: 1 settle { nanos: 50000000 } }");
  EXPECT_EQ(Mismatch(got), "");
  EXPECT_EQ(Value(got, "events"), "1");
  EXPECT_EQ(Value(got, "channel", "0"), "\"report.generated\"");
  EXPECT_EQ(Value(got, "event", "0/report_id"), "7");
  EXPECT_EQ(Value(got, "event", "0/metadata/correlation_id"), "\"c-1\"");
  EXPECT_EQ(Value(got, "event", "0/organization_id"), "null");
  EXPECT_EQ(Value(got, "text", "0/retry_count"), "0");
  EXPECT_EQ(Value(got, "event", "1/report_id"), "nothing");
  EXPECT_EQ(Text(got, 0), Text(sent, 0));
  EXPECT_EQ(Redis({"GET", "events:report.generated:e1"}), Text(sent, 0));
  EXPECT_THAT(Text(sent, 0),
              ::testing::MatchesRegex(
                  R"re(\{"data": \{"event_id": "e1", "event_type": "report.generated", )re"
                  R"re("timestamp": "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{6})?", )re"
                  R"re("service": "smokemesh", "user_id": "u", "organization_id": null, )re"
                  R"re("metadata": \{"correlation_id": "c-1"\}, "report_id": 7\}, )re"
                  R"re("retry_count": 0, "event_id": "e1"\})re"));
  const auto stored = Run("stored { channel: 'report.generated' event_id: 'e1' }");
  EXPECT_EQ(Text(stored, 0), Text(sent, 0));
  EXPECT_THAT(Value(stored, "ttl"), ::testing::AnyOf("604800", "604799"));
}

TEST_F(EventTraffic, AnEventThatIsNotToBeStoredIsNot) {
  MustRun("publish { channel: 'c' event_id: 'e1' not_stored: true }");
  EXPECT_EQ(Redis({"DBSIZE"}), "0");
}

TEST_F(EventTraffic, EachOfManySubscribersGetsEveryEventOnceAndInOrder) {
  constexpr int kSubscribers = 8;
  constexpr int kEvents = 200;
  std::vector<std::thread> threads;
  std::vector<ObservationOr> got(kSubscribers);
  for (int i = 0; i < kSubscribers; ++i) {
    MustRun("subscribe: 'c'", absl::StrCat("sub#", i));
  }
  for (int i = 0; i < kSubscribers; ++i) {
    threads.emplace_back([&, i] {
      got[static_cast<size_t>(i)] =
          Run(absl::StrCat("receive { count: ", kEvents,
                           " within { seconds: 20 } settle { nanos: 100000000 } }"),
              absl::StrCat("sub#", i));
    });
  }
  for (int n = 0; n < kEvents; ++n) MustRun(Publish("c", absl::StrCat("e", n)));
  for (std::thread& thread : threads) thread.join();
  for (const ObservationOr& seen : got) {
    ASSERT_EQ(Value(seen, "events"), absl::StrCat(kEvents)) << Summary(seen);
    for (int n = 0; n < kEvents; ++n) {
      ASSERT_EQ(Value(seen, "event", absl::StrCat(n, "/event_id")), absl::StrCat("\"e", n, "\""));
    }
  }
}

TEST_F(EventTraffic, ADuplicateAndAWrongOrderAreSeen) {
  MustRun("session: 'sub' subscribe: 'c'");
  for (const char* id : {"e2", "e1", "e1"}) MustRun(Publish("c", id));
  const auto got = Run("session: 'sub' receive { count: 2 settle { nanos: 50000000 } }");
  EXPECT_EQ(Value(got, "events"), "3");
  EXPECT_EQ(Value(got, "event", "0/event_id"), "\"e2\"");
}

TEST_F(EventTraffic, TenPublishAtOnceAndNothingIsLost) {
  MustRun("session: 'sub' subscribe: 'c'");
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back(
        [this, i] { MustRun(Publish("c", absl::StrCat("e", i)), absl::StrCat("main#", i + 1)); });
  }
  for (std::thread& thread : threads) thread.join();
  const auto got = Run("session: 'sub' receive { count: 10 settle { nanos: 50000000 } }");
  ASSERT_EQ(Value(got, "events"), "10") << Summary(got);
  std::set<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.insert(Value(got, "event", absl::StrCat(i, "/event_id")));
  EXPECT_EQ(ids.size(), 10u);
  EXPECT_EQ(Value(Run("history { channel: 'c' }"), "events"), "10");
  EXPECT_EQ(Redis({"DBSIZE"}), "10");
}

TEST_F(EventTraffic, OnlyEventsCountAndOthersArePassedOver) {
  MustRun("session: 'sub' subscribe: 'c'");
  for (const char* text : {"no JSON", "[]", "{}", R"({"data": []})", R"({"data": {}})",
                           R"({"data": {"event_id": 1}})", R"({"event_id": "outside only"})"}) {
    Redis({"PUBLISH", "c", text});
  }
  MustRun(Publish("c", "e1"));
  const auto got = Run("session: 'sub' receive { count: 1 settle { nanos: 50000000 } }");
  EXPECT_EQ(Summary(got), "1 event (7 others passed over): event e1 on c, retry_count 0");
}

TEST_F(EventTraffic, WhereSaysWhichEventsAreMeant) {
  MustRun("session: 'sub' subscribe: ['a', 'b']");
  for (const char* id : {"x", "mine", "y"}) MustRun(Publish("a", id));
  MustRun(Publish("b", "mine"));
  const auto got = Run(
      R"(session: 'sub' receive { count: 1 where: 'json /data/event_id == mine'
                                  where: 'channel == b' })");
  EXPECT_EQ(Summary(got), "1 event (3 others passed over): event mine on b, retry_count 0");
}

TEST_F(EventTraffic, TellsTheTimeBetweenArrivals) {
  MustRun("session: 'sub' subscribe: 'c'");
  ObservationOr got;
  std::thread receiver(
      [&] { got = Run("session: 'sub' receive { count: 2 within { seconds: 20 } }"); });
  MustRun(Publish("c", "e1"));
  // The gap itself: the second event is due so much later.
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  MustRun(Publish("c", "e2"));
  receiver.join();
  ASSERT_EQ(Value(got, "events"), "2");
  EXPECT_EQ(Value(got, "gap", "0"), "nothing");
  EXPECT_EQ(Value(got, "gap", "2"), "nothing");
  const auto gap = (*got)->Get("gap", "1");
  ASSERT_TRUE(gap.ok() && std::holds_alternative<shared::Duration>(*gap));
  EXPECT_GE(std::get<shared::Duration>(*gap), std::chrono::milliseconds(390));
  EXPECT_LT(std::get<shared::Duration>(*gap), kLong);
  EXPECT_THAT(Summary(got),
              ::testing::ContainsRegex("event e2 on c, retry_count 0, [0-9.]+m?s later"));
}

TEST_F(EventTraffic, ListensForNothing) {
  MustRun("session: 'sub' subscribe: 'c'");
  MustRun(Publish("c", "e1"));
  EXPECT_EQ(Value(Run("session: 'sub' receive { count: 0 settle { nanos: 50000000 } }"), "events"),
            "1");
  EXPECT_EQ(Value(Run("session: 'sub' receive { count: 0 settle { nanos: 50000000 } }"), "events"),
            "0");
  EXPECT_EQ(Run("session: 'sub' receive { count: 0 }").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(EventTraffic, AStarvedSubscriberSaysSo) {
  MustRun("session: 'sub' subscribe: 'c'");
  MustRun(Publish("d", "e1"));
  const auto got = Run("session: 'sub' receive { count: 3 within { nanos: 100000000 } }");
  EXPECT_EQ(Mismatch(got),
            "0 of 3 events within 100ms; the connection still answers PING, so it is subscribed "
            "(c) and hears nothing: look at who publishes, on which channel and with which ACL");
  EXPECT_THAT(Summary(got), StartsWith("0 of 3 events"));
  // What comes later is not lost.
  MustRun(Publish("c", "e2"));
  EXPECT_EQ(Value(Run("session: 'sub' receive {}"), "event", "0/event_id"), "\"e2\"");
}

TEST_F(EventTraffic, ACutSubscriberMissesWhatIsPublishedMeanwhileAndHistoryHasIt) {
  EXPECT_EQ(Run("session: 'sub' disconnect: true").status().code(),
            absl::StatusCode::kFailedPrecondition);
  MustRun("session: 'sub' subscribe: 'c'");
  MustRun("session: 'sub' disconnect: true");
  // The server has noticed when nobody is subscribed any more.
  while (Redis({"PUBSUB", "NUMSUB", "c"}) != "c\n0") {
  }
  const auto missed = Run(Publish("c", "missed"));
  EXPECT_EQ(Value(missed, "receivers"), "0");
  MustRun("session: 'sub' subscribe: 'c'");
  MustRun(Publish("c", "seen"));
  const auto got = Run("session: 'sub' receive { count: 1 settle { nanos: 50000000 } }");
  EXPECT_EQ(Summary(got), "1 event: event seen on c, retry_count 0");
  EXPECT_EQ(Value(Run("history { channel: 'c' }"), "events"), "2");
}

TEST_F(EventTraffic, AFreshSessionIsOfThisStepAlone) {
  fresh_session_ = true;
  MustRun("subscribe: 'c'");
  while (Redis({"PUBSUB", "NUMSUB", "c"}) != "c\n0") {
  }
  EXPECT_EQ(Run("receive {}").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(EventTraffic, PlansThatMakeNoEventAreRefused) {
  for (const char* step : {"publish { channel: 'c' }", "publish { event_id: 'e' }",
                           "publish { channel: 'c' event_id: 'e' data: '[1]' }",
                           "publish { channel: 'c' event_id: 'e' metadata: 'x' }",
                           "publish { channel: 'c' event_id: 'e' data: '{\"event_id\": \"f\"}' }",
                           "publish { channel: 'c' event_id: '\\xff' }", "stored { channel: 'c' }",
                           "forget { event_id: 'e' }", "history {}", "dead_letters {}", ""}) {
    EXPECT_EQ(Run(step).status().code(), absl::StatusCode::kInvalidArgument) << step;
  }
  EXPECT_EQ(Redis({"DBSIZE"}), "0");
}

}  // namespace
}  // namespace smokemesh::agent
