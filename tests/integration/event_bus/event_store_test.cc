// What the bus has stored: events, history and dead letters, on a real server.

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/integration/event_bus/event_bus_fixture.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class EventStore : public EventBusTest {
 protected:
  EventStore() { Start(); }

  static std::string Envelope(const std::string& id, int retries = 0) {
    return absl::StrCat(R"({"data": {"event_id": ")", id,
                        R"(", "event_type": "c", "timestamp": "2026-11-22 08:59:52.518429", )",
                        R"("from_tomorrow": [1]}, "retry_count": )", retries,
                        R"(, "event_id": "ignored", "trace": "x"})");
  }

  void Store(const std::string& key, const std::string& text) { Redis({"SET", key, text}); }

  void Bury(const std::string& channel, const std::string& id, const std::string& error = "boom") {
    Redis(
        {"LPUSH", "dlq:" + channel,
         absl::StrCat(R"({"event": )", Envelope(id, 3), R"(, "error": ")", error,
                      R"(", "timestamp": "2026-11-22T08:59:52", "channel": ")", channel, R"("})")});
  }

  std::set<std::string> IdsOf(const ObservationOr& seen) {
    std::set<std::string> ids;
    for (int i = 0; Value(seen, "event", absl::StrCat(i)) != "nothing" && i < 5'000; ++i) {
      ids.insert(Value(seen, "event", absl::StrCat(i, "/event_id")));
    }
    return ids;
  }
};

TEST_F(EventStore, ReadsOtherTimestampsAndUnknownMembers) {
  Store("events:c:e1", Envelope("e1", 2));
  const auto seen = Run("stored { channel: 'c' event_id: 'e1' }");
  EXPECT_EQ(Mismatch(seen), "");
  EXPECT_EQ(Summary(seen), "event e1 on c, retry_count 2, lives for ever");
  EXPECT_EQ(Value(seen, "event", "0/from_tomorrow/0"), "1");
  EXPECT_EQ(Value(seen, "event", "0/timestamp"), "\"2026-11-22 08:59:52.518429\"");
  EXPECT_EQ(Value(seen, "text", "0/trace"), "\"x\"");
  EXPECT_EQ(Text(seen, 0), Envelope("e1", 2));
}

TEST_F(EventStore, AnEventWithoutATimeToLiveHasNone) {
  Store("events:c:e1", Envelope("e1"));
  EXPECT_EQ(Value(Run("stored { channel: 'c' event_id: 'e1' }"), "ttl"), "nothing");
  Redis({"EXPIRE", "events:c:e1", "60"});
  EXPECT_THAT(Value(Run("stored { channel: 'c' event_id: 'e1' }"), "ttl"),
              ::testing::AnyOf("60", "59"));
}

TEST_F(EventStore, NoStoredEventIsAFailureThatSaysWhereItLooked) {
  const auto seen = Run("stored { channel: 'c' event_id: 'e1' }");
  EXPECT_EQ(Mismatch(seen),
            absl::StrCat("nothing lies under events:c:e1 in database 0 of 127.0.0.1:",
                         server_->port(), ": it was not stored there, or its time has passed"));
  EXPECT_EQ((*seen)->UnlessAsked().queries, std::vector<std::string>{"events"});
  EXPECT_EQ(Value(seen, "events"), "0");
}

TEST_F(EventStore, AnotherDatabaseHasOtherKeysAndTheSameChannels) {
  MustRun("session: 'sub' subscribe: 'c'");
  url_ = server_->Url(5);
  MustRun("session: 'five' publish { channel: 'c' event_id: 'e1' }");
  EXPECT_EQ(Value(Run("session: 'sub' receive {}"), "events"), "1");
  EXPECT_EQ(Mismatch(Run("session: 'five' stored { channel: 'c' event_id: 'e1' }")), "");
  EXPECT_THAT(Mismatch(Run("session: 'five' stored { channel: 'c' event_id: 'e2' }")),
              HasSubstr("in database 5"));
  url_ = server_->Url(0);
  EXPECT_THAT(Mismatch(Run("session: 'zero' stored { channel: 'c' event_id: 'e1' }")),
              HasSubstr("in database 0"));
}

TEST_F(EventStore, WhatIsNotTheEventIsAFailureThatShowsIt) {
  Store("events:c:e1", Envelope("e2"));
  Store("events:c:e3", "no JSON");
  Redis({"LPUSH", "events:c:e4", "x"});
  EXPECT_THAT(Mismatch(Run("stored { channel: 'c' event_id: 'e1' }")),
              HasSubstr("is not this event: {\"data\": {\"event_id\": \"e2\""));
  EXPECT_THAT(Mismatch(Run("stored { channel: 'c' event_id: 'e3' }")), HasSubstr("no JSON"));
  EXPECT_THAT(Mismatch(Run("stored { channel: 'c' event_id: 'e4' }")), HasSubstr("WRONGTYPE"));
}

TEST_F(EventStore, HistoryHasAllEventsOfExactlyThisChannel) {
  for (const char* id : {"e1", "e2", "has:colons:in:it"}) {
    Store(absl::StrCat("events:a:", id), Envelope(id));
  }
  Store("events:a:b:e5", Envelope("e5"));  // of the channel a:b
  Store("events:ab:e6", Envelope("e6"));   // of the channel ab
  Store("events:a:e7", "no JSON");
  Redis({"LPUSH", "events:a:e8", "x"});
  const auto seen = Run("history { channel: 'a' }");
  EXPECT_EQ(IdsOf(seen), (std::set<std::string>{"\"e1\"", "\"e2\"", "\"has:colons:in:it\""}));
  EXPECT_THAT(Summary(seen), StartsWith("3 events stored on a (3 others passed over), one of "));
  EXPECT_EQ(IdsOf(Run("history { channel: 'a:b' }")), std::set<std::string>{"\"e5\""});
  EXPECT_EQ(Value(Run("history { channel: 'none' }"), "events"), "0");
}

TEST_F(EventStore, GlobCharactersOfAChannelMeanThemselves) {
  for (const char* channel : {"a*", "ab", "a?", "a[b]", "a\\b", "a-b", "[^x]"}) {
    Store(absl::StrCat("events:", channel, ":e1"), Envelope("e1"));
  }
  for (const char* channel : {"a*", "a?", "a[b]", "a\\\\b", "a-b", "[^x]"}) {
    EXPECT_EQ(Summary(Run(absl::StrCat("history { channel: '", channel, "' }"))).substr(0, 14),
              "1 event stored")
        << channel;
  }
}

TEST_F(EventStore, HistoryIsBoundedAndFiltered) {
  for (int i = 0; i < 1'200; ++i) {
    Store(absl::StrCat("events:a:e", i), Envelope(absl::StrCat("e", i)));
  }
  EXPECT_EQ(IdsOf(Run("history { channel: 'a' }")).size(), 1'000u);
  EXPECT_EQ(IdsOf(Run("history { channel: 'a' limit: 7 }")).size(), 7u);
  EXPECT_EQ(IdsOf(Run("history { channel: 'a' event_id: 'e77' }")),
            std::set<std::string>{"\"e77\""});
}

TEST_F(EventStore, DeadLettersComeNewestFirst) {
  for (int i = 0; i < 250; ++i) Bury("c", absl::StrCat("e", i));
  Redis({"LPUSH", "dlq:c", "no letter"});
  const auto seen = Run("dead_letters { channel: 'c' }");
  ASSERT_EQ(Value(seen, "events"), "250");
  for (int i = 0; i < 250; ++i) {
    ASSERT_EQ(Value(seen, "event", absl::StrCat(i, "/event_id")),
              absl::StrCat("\"e", 249 - i, "\""));
  }
  EXPECT_EQ(Value(seen, "text", "0/error"), "\"boom\"");
  EXPECT_EQ(Value(seen, "text", "0/event/retry_count"), "3");
  EXPECT_EQ(Value(seen, "text", "0/channel"), "\"c\"");
  EXPECT_EQ(Summary(seen),
            "250 dead letters on c (1 other passed over), the newest: event e249, retry_count 3");
  EXPECT_EQ(Value(Run("dead_letters { channel: 'c' limit: 120 }"), "events"), "120");
  const auto one = Run("dead_letters { channel: 'c' event_id: 'e3' }");
  EXPECT_EQ(Value(one, "events"), "1");
  EXPECT_EQ(Value(Run("dead_letters { channel: 'none' }"), "events"), "0");
}

TEST_F(EventStore, ForgetsOneEventAndLeavesAllOthers) {
  Store("events:c:e1", Envelope("e1"));
  Store("events:c:e2", Envelope("e2"));
  for (const char* id : {"e1", "e2", "e1"}) Bury("c", id);
  Bury("c", "e1", "another error");
  Bury("d", "e1");
  const auto seen = Run("forget { channel: 'c' event_id: 'e1' }");
  EXPECT_EQ(Summary(seen), "removed 1 stored event and 3 dead letters of event e1");
  EXPECT_EQ(Value(seen, "events"), "4");
  EXPECT_EQ(Redis({"EXISTS", "events:c:e1"}), "0");
  EXPECT_EQ(Redis({"EXISTS", "events:c:e2"}), "1");
  EXPECT_EQ(Redis({"LLEN", "dlq:c"}), "1");
  EXPECT_EQ(Redis({"LLEN", "dlq:d"}), "1");
  const auto again = Run("forget { channel: 'c' event_id: 'e1' }");
  EXPECT_EQ(Mismatch(again), "");
  EXPECT_EQ(Summary(again), "removed 0 stored events and 0 dead letters of event e1");
}

TEST_F(EventStore, ForgetsSeveralEventsOrNone) {
  for (const char* id : {"e1", "e2", "e3"}) Store(absl::StrCat("events:c:", id), Envelope(id));
  Bury("c", "e2");
  EXPECT_EQ(Summary(Run("forget { channel: 'c' event_id: ' e1  e2 ' }")),
            "removed 2 stored events and 1 dead letter of event e1, e2");
  EXPECT_EQ(Summary(Run("forget { channel: 'c' }")),
            "removed 0 stored events and 0 dead letters of no event");
  EXPECT_EQ(Redis({"KEYS", "*"}), "events:c:e3");
}

TEST_F(EventStore, TheFormatIsAParameter) {
  format_.set_event_key("app/{event_id}@{channel}");
  format_.set_dead_letter_key("app/dead/{channel}");
  format_.set_ttl_seconds(90);
  format_.set_data_field("payload");
  format_.set_id_field("uid");
  format_.set_retry_field("attempt");
  format_.set_dead_letter_field("message");
  MustRun("session: 'sub' subscribe: 'c'");
  const auto sent = Run("publish { channel: 'c' event_id: 'e1' }");
  EXPECT_THAT(Text(sent, 0), StartsWith(R"({"payload": {"uid": "e1", "event_type": "c", )"));
  EXPECT_THAT(Text(sent, 0), ::testing::EndsWith(R"("attempt": 0, "uid": "e1"})"));
  EXPECT_EQ(Value(Run("session: 'sub' receive {}"), "event", "0/uid"), "\"e1\"");
  EXPECT_EQ(Redis({"GET", "app/e1@c"}), Text(sent, 0));
  const auto stored = Run("stored { channel: 'c' event_id: 'e1' }");
  EXPECT_THAT(Value(stored, "ttl"), ::testing::AnyOf("90", "89"));
  EXPECT_EQ(Value(Run("history { channel: 'c' }"), "events"), "1");
  // Here the letter holds the text as a string.
  Redis({"LPUSH", "app/dead/c",
         R"({"message": "{\"payload\": {\"uid\": \"e1\"}, \"attempt\": 5}", "error": "x"})"});
  EXPECT_THAT(Summary(Run("dead_letters { channel: 'c' event_id: 'e1' }")),
              HasSubstr("event e1, retry_count 5"));
  EXPECT_EQ(Value(Run("forget { channel: 'c' event_id: 'e1' }"), "events"), "2");
  EXPECT_EQ(Redis({"DBSIZE"}), "0");
  format_.set_event_key("app/{channel}");
  EXPECT_EQ(Run("history { channel: 'c' }").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace smokemesh::agent
