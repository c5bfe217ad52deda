// Each fault of the event bus really changes what can be seen.

#include <chrono>
#include <string>
#include <vector>

#include "shared/uuid.h"
#include "tests/integration/platform/stack_fixture.h"
#include "tests/platform/redis_client.h"

namespace smokemesh::testing {
namespace {

using nlohmann::json;

class EventFault : public OwnStackTest {
 protected:
  std::string Redis(const std::vector<std::string>& command) {
    const auto reply = stack().redis().Command(command);
    return reply.ok() ? *reply : "error: " + std::string(reply.status().message());
  }

  // The stored events of new engagements.
  std::string StoredKey() { return Redis({"KEYS", "events:*"}); }

  // Publishes an event that the worker cannot handle.
  void PublishFailing() {
    const std::string id = shared::RandomUuid();
    const json event = {{"data",
                         {{"event_id", id},
                          {"event_type", "workpaper.approved"},
                          {"service", "engagement"},
                          {"engagement_id", shared::RandomUuid()}}},
                        {"retry_count", 0},
                        {"event_id", id}};
    EXPECT_EQ(Redis({"PUBLISH", "workpaper.approved", event.dump()}), "1");
  }

  std::string DeadLetters() { return Redis({"LLEN", "dlq:workpaper.approved"}); }
};

TEST_F(EventFault, AStoppedRedisMakesEngagementUnhealthyAndNotIdentity) {
  const User user = gateway().NewUser();
  Break("redis_stopped");
  const Answer answer = gateway().Get("/api/engagement/health");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.json["dependencies"], (json{{"database", "up"}, {"redis", "down"}}));
  EXPECT_EQ(gateway().Get("/api/identity/health").status, 200);
  EXPECT_NE(gateway().NewEngagement(user), "") << "the change itself does not need the bus";
  ASSERT_TRUE(stack().redis().StartAgain().ok());
  EXPECT_TRUE(Eventually([&] { return gateway().Get("/api/engagement/health").status == 200; }));
  const ApiClient worker(stack().service("worker").url());
  EXPECT_TRUE(Eventually([&] { return worker.Get("/health").status == 200; }));
}

TEST_F(EventFault, AFrozenRedisMakesEngagementUnhealthyInABoundedTime) {
  Break("redis_frozen");
  EXPECT_EQ(gateway().Get("/api/engagement/health").status, 503);
}

TEST_F(EventFault, AReadOnlyOrFullRedisStoresNothing) {
  const User user = gateway().NewUser();
  Break("redis_full");
  EXPECT_EQ(Redis({"SET", "k", "v"}).substr(0, 10), "error: OOM");
  EXPECT_NE(gateway().NewEngagement(user), "");
  EXPECT_EQ(StoredKey(), "");
  Redis({"CONFIG", "SET", "maxmemory", "0"});
  Break("redis_read_only");
  EXPECT_EQ(Redis({"SET", "k", "v"}).substr(0, 15), "error: READONLY");
}

TEST_F(EventFault, RedisSettingsAndPermissionsChange) {
  EXPECT_NE(Redis({"INFO", "persistence"}).find("aof_enabled:1"), std::string::npos);
  Break("redis_not_persistent");
  EXPECT_NE(Redis({"INFO", "persistence"}).find("aof_enabled:0"), std::string::npos);
  EXPECT_EQ(Redis({"PUBLISH", "engagement.created", "x"}), "1");
  Break("production_channels_denied");
  EXPECT_EQ(Redis({"PUBLISH", "engagement.created", "x"}).substr(0, 13), "error: NOPERM");
  EXPECT_EQ(Redis({"PUBLISH", "smoke-x", "x"}), "0");
  Break("pubsub_denied");
  EXPECT_EQ(Redis({"PUBLISH", "smoke-x", "x"}).substr(0, 13), "error: NOPERM");
}

TEST_F(EventFault, EventsGoToAnotherRedisDatabase) {
  Break("redis_database_wrong");
  gateway().NewEngagement(gateway().NewUser());
  EXPECT_EQ(StoredKey(), "");
  EXPECT_NE(Redis({"INFO", "keyspace"}).find("db3:"), std::string::npos);
}

TEST_F(EventFault, StoredEventsLiveTooLongOrTooShort) {
  Break("event_ttl_missing");
  gateway().NewEngagement(gateway().NewUser());
  EXPECT_EQ(Redis({"TTL", StoredKey()}), "-1");
  Redis({"FLUSHALL"});
}

TEST_F(EventFault, StoredEventsLiveOnlyAMinute) {
  Break("event_ttl_short");
  gateway().NewEngagement(gateway().NewUser());
  const int ttl = std::stoi(Redis({"TTL", StoredKey()}));
  EXPECT_GT(ttl, 0);
  EXPECT_LE(ttl, 60);
}

// What creating an engagement leaves in Redis under each fault of the publisher.
struct PublisherCase {
  const char* fault;
  const char* prefix;  // of the stored key; empty: nothing is stored
  bool recorded;       // by the worker
};

class PublisherFault : public EventFault, public ::testing::WithParamInterface<PublisherCase> {};

TEST_P(PublisherFault, ChangesWhatIsStoredAndDelivered) {
  Break(GetParam().fault);
  const User user = gateway().NewUser();
  const std::string id = gateway().NewEngagement(user);
  const std::string prefix = GetParam().prefix;
  const std::string key = StoredKey();
  EXPECT_EQ(key.substr(0, prefix.size()), prefix);
  EXPECT_EQ(key.empty(), prefix.empty()) << key;
  // The worker handles events in order: when it has recorded this one, an earlier one is recorded,
  // too, or never will be.
  const std::string last = shared::RandomUuid();
  const json event = {{"data",
                       {{"event_id", last},
                        {"event_type", "workpaper.approved"},
                        {"service", "engagement"},
                        {"engagement_id", id}}},
                      {"retry_count", 0},
                      {"event_id", last}};
  EXPECT_EQ(Redis({"PUBLISH", "workpaper.approved", event.dump()}), "1");
  const auto recorded = [&] {
    return gateway().Get("/api/engagement/engagements/" + id + "/activity", user.token).json.size();
  };
  const size_t expected = GetParam().recorded ? 2 : 1;
  EXPECT_TRUE(Eventually([&] {
    return *stack().Sql("SELECT count(*) FROM atlas.engagement_activity WHERE event_id = '" + last +
                        "'") == "1";
  }));
  EXPECT_EQ(recorded(), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Publisher, PublisherFault,
    ::testing::Values(PublisherCase{"events_not_published", "", false},
                      PublisherCase{"events_not_persisted", "", true},
                      PublisherCase{"event_stored_differs", "events:engagement.created:", true},
                      PublisherCase{"event_channel_wrong", "events:events.engagement", false}),
    [](const auto& test) { return std::string(test.param.fault); });

TEST_F(EventFault, AStoredEventIsNotTheDeliveredOne) {
  Break("event_stored_differs");
  gateway().NewEngagement(gateway().NewUser());
  EXPECT_EQ(Redis({"GET", StoredKey()}).find("engagement_id"), std::string::npos);
}

TEST_F(EventFault, AStoppedWorkerListensToNothing) {
  EXPECT_EQ(Redis({"PUBSUB", "NUMSUB", "engagement.created"}), "engagement.created\n1");
  Break("worker_stopped");
  EXPECT_TRUE(Eventually([&] {
    return Redis({"PUBSUB", "NUMSUB", "engagement.created"}) == "engagement.created\n0";
  }));
}

TEST_F(EventFault, AWorkerThatIgnoresEventsIsSubscribedAndRecordsNothing) {
  Break("worker_ignores_events");
  EXPECT_TRUE(Eventually([&] {
    return Redis({"PUBSUB", "NUMSUB", "engagement.created"}) == "engagement.created\n1";
  }));
  const User user = gateway().NewUser();
  const std::string id = gateway().NewEngagement(user);
  // Nothing tells when it has ignored the event: look for some time, in which a healthy worker
  // records it many times over.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  while (std::chrono::steady_clock::now() < end) {
    EXPECT_EQ(*stack().Sql("SELECT count(*) FROM atlas.engagement_activity"), "0");
  }
}

TEST_F(EventFault, WithoutRetriesAnEventIsGivenUpAtOnce) {
  Break("retries_never_happen");
  PublishFailing();
  ASSERT_TRUE(Eventually([&] { return DeadLetters() == "1"; }));
  const json letter = json::parse(Redis({"LINDEX", "dlq:workpaper.approved", "0"}), nullptr, false);
  EXPECT_EQ(letter["event"]["retry_count"], 0);
}

TEST_F(EventFault, WithoutBackoffThreeRetriesAreOverAtOnce) {
  Break("backoff_missing");
  const auto start = std::chrono::steady_clock::now();
  PublishFailing();
  ASSERT_TRUE(Eventually([&] { return DeadLetters() == "1"; }));
  // With it: 0.7 s.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(600));
}

TEST_F(EventFault, DeadLettersHoldNoEvent) {
  Break("dlq_without_event");
  PublishFailing();
  ASSERT_TRUE(Eventually([&] { return DeadLetters() == "1"; }));
  const json letter = json::parse(Redis({"LINDEX", "dlq:workpaper.approved", "0"}), nullptr, false);
  EXPECT_TRUE(letter["event"].is_null());
}

TEST_F(EventFault, DeadLettersAreNeverWritten) {
  Break("dlq_never_written");
  PublishFailing();
  // The worker's log tells when the last retry failed.
  ASSERT_TRUE(Eventually([&] {
    return stack().service("worker").Log().find("retry 3:") != std::string::npos;
  })) << stack().service("worker").Log();
  EXPECT_EQ(DeadLetters(), "0");
}

TEST_F(EventFault, RedisRefusesInOtherWays) {
  Break("redis_evicts");
  EXPECT_EQ(Redis({"CONFIG", "GET", "maxmemory-policy"}), "maxmemory-policy\nallkeys-lru");
  Redis({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  Break("redis_nearly_full");
  EXPECT_EQ(Redis({"SET", "k", "v"}), "OK") << "there is room for a little";
  EXPECT_EQ(Redis({"DEL", "k"}), "1");
  EXPECT_EQ(*stack().Leftovers(), std::vector<std::string>()) << "the cache is the platform's own";
  Break("production_keys_denied");
  EXPECT_EQ(Redis({"SET", "events:k", "v"}).substr(0, 13), "error: NOPERM");
  EXPECT_EQ(Redis({"SET", "smoke:k", "v"}), "OK");
  Break("redis_wants_replicas");
  EXPECT_EQ(Redis({"SET", "smoke:k", "v"}).substr(0, 17), "error: NOREPLICAS");
}

TEST_F(EventFault, RedisTakesNoMoreConnectionsUntilItIsWoken) {
  Break("redis_connections_exhausted");
  EXPECT_NE(Redis({"PING"}), "PONG");
  ASSERT_TRUE(stack().WakeServers().ok());
  EXPECT_EQ(Redis({"PING"}), "PONG");
}

TEST_F(EventFault, EngagementLooksForRedisInTheWrongPlace) {
  Break("engagement_redis_unreachable");
  EXPECT_EQ(gateway().Get("/api/engagement/health").json["dependencies"]["redis"], "down");
}

TEST_F(EventFault, EventsAreStoredUnderAnotherKeyOrWithoutTheirFields) {
  Break("event_fields_missing");
  gateway().NewEngagement(gateway().NewUser());
  EXPECT_EQ(Redis({"GET", StoredKey()}).find("engagement_id"), std::string::npos);
  Redis({"FLUSHALL"});
  Break("event_key_wrong");
  gateway().NewEngagement(gateway().NewUser());
  EXPECT_EQ(StoredKey(), "");
  EXPECT_NE(Redis({"KEYS", "event:engagement.created:*"}), "");
}

TEST_F(EventFault, EventsDoNotCarryTheCorrelationId) {
  Break("event_without_correlation");
  const User user = gateway().NewUser();
  gateway().Call("POST", "/api/engagement/engagements", user.token, ApiClient::EngagementBody(),
                 {{"X-Correlation-ID", "trace-4711"}});
  EXPECT_NE(Redis({"GET", StoredKey()}).find("\"metadata\": {}"), std::string::npos);
}

TEST_F(EventFault, EventsArriveTwice) {
  Break("event_twice");
  platform::RedisClient subscriber(stack().RedisUrl(0));
  ASSERT_TRUE(subscriber.Command({"SUBSCRIBE", "engagement.created"}).ok());
  gateway().NewEngagement(gateway().NewUser());
  std::vector<std::string> texts;
  EXPECT_TRUE(Eventually([&] {
    const auto message = subscriber.NextMessage(std::chrono::milliseconds(100));
    if (message.ok() && message->size() == 3) texts.push_back(message->back());
    return texts.size() == 2;
  }));
  EXPECT_EQ(texts[0], texts[1]);
}

TEST_F(EventFault, AWorkerThatWasCutOffDoesNotComeBackAndSaysThatItIsWell) {
  Break("worker_deaf_after_cut");
  EXPECT_TRUE(Eventually([&] {
    return Redis({"PUBSUB", "NUMSUB", "engagement.created"}) == "engagement.created\n0";
  }));
  EXPECT_EQ(ApiClient(stack().service("worker").url()).Get("/health").status, 200);
}

TEST_F(EventFault, AWorkerDropsWhatComesAtOnce) {
  Break("worker_drops_bursts");
  const User user = gateway().NewUser();
  const std::string engagement = gateway().NewEngagement(user);
  const auto recorded = [&] {
    return std::stoi(*stack().Sql("SELECT count(*) FROM atlas.engagement_activity"));
  };
  ASSERT_TRUE(Eventually([&] { return recorded() == 1; }));
  // All in one piece: the worker finds them waiting.
  std::string script;
  for (int i = 0; i < 20; ++i) {
    const json event = {{"data",
                         {{"event_id", "burst-" + std::to_string(i)},
                          {"event_type", "workpaper.approved"},
                          {"service", "engagement"},
                          {"engagement_id", engagement}}},
                        {"retry_count", 0},
                        {"event_id", "burst-" + std::to_string(i)}};
    script += "redis.call('PUBLISH', 'workpaper.approved', '" + event.dump() + "') ";
  }
  Redis({"EVAL", script, "0"});
  // One more, by itself, is handled after the others.
  std::string last = shared::RandomUuid();
  EXPECT_TRUE(Eventually([&] {
    last = shared::RandomUuid();
    const json event = {{"data",
                         {{"event_id", last},
                          {"event_type", "workpaper.approved"},
                          {"service", "engagement"},
                          {"engagement_id", engagement}}},
                        {"retry_count", 0},
                        {"event_id", last}};
    Redis({"PUBLISH", "workpaper.approved", event.dump()});
    return *stack().Sql(
               "SELECT count(*) FROM atlas.engagement_activity WHERE event_id NOT LIKE"
               " 'burst-%'") != "1";
  }));
  EXPECT_LT(std::stoi(*stack().Sql("SELECT count(*) FROM atlas.engagement_activity WHERE event_id"
                                   " LIKE 'burst-%'")),
            20);
}

TEST_F(EventFault, AWorkerThatLagsRecordsLate) {
  Break("worker_lags");
  const User user = gateway().NewUser();
  const auto start = std::chrono::steady_clock::now();
  gateway().NewEngagement(user);
  EXPECT_TRUE(Eventually(
      [&] { return *stack().Sql("SELECT count(*) FROM atlas.engagement_activity") == "1"; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST_F(EventFault, RetriesAreTooFewOrNeverEnd) {
  Break("retries_few");
  PublishFailing();
  ASSERT_TRUE(Eventually([&] { return DeadLetters() == "1"; }));
  const json letter = json::parse(Redis({"LINDEX", "dlq:workpaper.approved", "0"}), nullptr, false);
  EXPECT_EQ(letter["event"]["retry_count"], 1);
  Redis({"FLUSHALL"});
  Break("retry_count_stuck");
  platform::RedisClient subscriber(stack().RedisUrl(0));
  ASSERT_TRUE(subscriber.Command({"SUBSCRIBE", "workpaper.approved"}).ok());
  const std::string id = shared::RandomUuid();
  Redis({"PUBLISH", "workpaper.approved",
         json({{"data",
                {{"event_id", id},
                 {"event_type", "workpaper.approved"},
                 {"service", "engagement"},
                 {"engagement_id", shared::RandomUuid()}}},
               {"retry_count", 0},
               {"event_id", id}})
             .dump()});
  int deliveries = 0;
  EXPECT_TRUE(Eventually([&] {
    const auto message = subscriber.NextMessage(std::chrono::milliseconds(100));
    if (message.ok() && message->size() == 3) {
      EXPECT_EQ(json::parse(message->back(), nullptr, false)["retry_count"], 0);
      ++deliveries;
    }
    return deliveries == 6;
  })) << "more than the four of a worker that gives up";
  EXPECT_EQ(DeadLetters(), "0");
}

TEST_F(EventFault, RetriesWaitTheSameOrTooLong) {
  Break("backoff_constant");
  auto start = std::chrono::steady_clock::now();
  PublishFailing();
  ASSERT_TRUE(Eventually([&] { return DeadLetters() == "1"; }));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(650))
      << "0.3 s; with a growing wait 0.7 s";
}

TEST_F(EventFault, RetriesWaitTooLong) {
  Break("backoff_long");
  const auto start = std::chrono::steady_clock::now();
  PublishFailing();
  ASSERT_TRUE(Eventually([&] { return DeadLetters() == "1"; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(3)) << "7 s";
}

TEST_F(EventFault, DeadLettersAreTwoElsewhereForEverOrWithoutAReason) {
  Break("dlq_without_error");
  Break("dlq_never_expires");
  PublishFailing();
  ASSERT_TRUE(Eventually([&] { return DeadLetters() == "1"; }));
  const json letter = json::parse(Redis({"LINDEX", "dlq:workpaper.approved", "0"}), nullptr, false);
  EXPECT_EQ(letter["error"], "");
  EXPECT_EQ(Redis({"TTL", "dlq:workpaper.approved"}), "-1");
  Redis({"FLUSHALL"});
  Break("dlq_twice");
  PublishFailing();
  EXPECT_TRUE(Eventually([&] { return DeadLetters() == "2"; }));
  Break("dlq_key_wrong");
  PublishFailing();
  EXPECT_TRUE(Eventually([&] { return Redis({"LLEN", "dead:workpaper.approved"}) == "2"; }));
}

}  // namespace
}  // namespace smokemesh::testing
