// The event bus of the reference platform on a real Redis.

#include <chrono>
#include <string>
#include <vector>

#include "shared/uuid.h"
#include "tests/integration/platform/stack_fixture.h"
#include "tests/platform/redis_client.h"

namespace smokemesh::testing {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

class PlatformEvents : public SharedStackTest {
 protected:
  // Subscribed when it returns.
  static std::unique_ptr<platform::RedisClient> Subscribe(const std::string& channel) {
    auto client = std::make_unique<platform::RedisClient>(stack().RedisUrl(0));
    EXPECT_TRUE(client->Command({"SUBSCRIBE", channel}).ok());
    return client;
  }

  // The next text on a subscription, or an empty string after 10 s.
  static std::string Next(platform::RedisClient& client) {
    std::string text;
    Eventually([&] {
      const auto message = client.NextMessage(std::chrono::milliseconds(100));
      if (message.ok() && message->size() == 3 && message->front() == "message") {
        text = message->back();
      }
      return !text.empty() || !message.ok();
    });
    return text;
  }

  static std::string Redis(const std::vector<std::string>& command) {
    const auto reply = stack().redis().Command(command);
    EXPECT_TRUE(reply.ok()) << reply.status().message();
    return reply.ok() ? *reply : "";
  }

  static std::string FailingEvent(const std::string& event_id) {
    return R"({"data": {"event_id": ")" + event_id +
           R"(", "event_type": "workpaper.approved", "timestamp": "2026-11-22T08:59:52.518429", )" +
           R"("service": "engagement", "user_id": null, "organization_id": null, "metadata": {}, )" +
           R"("workpaper_id": "x", "engagement_id": ")" + shared::RandomUuid() +
           R"("}, "retry_count": 0, "event_id": ")" + event_id + R"("})";
  }
};

TEST_F(PlatformEvents, CreatingAnEngagementPublishesTheExactTextAndStoresItForAWeek) {
  const User user = gateway().NewUser();
  const auto subscriber = Subscribe("engagement.created");
  const Answer created =
      gateway().Call("POST", "/api/engagement/engagements", user.token, ApiClient::EngagementBody(),
                     {{"X-Correlation-ID", "trace-1"}});
  ASSERT_EQ(created.status, 201) << created.text;
  EXPECT_EQ(created.Header("X-Correlation-ID"), "trace-1");
  const std::string text = Next(*subscriber);
  const json event = json::parse(text, nullptr, false);
  ASSERT_TRUE(event.is_object()) << text;
  const std::string event_id = event["event_id"].get<std::string>();
  const std::string expected =
      R"({"data": {"event_id": ")" + event_id +
      R"(", "event_type": "engagement.created", "timestamp": ")" +
      event["data"]["timestamp"].get<std::string>() +
      R"(", "service": "engagement", "user_id": ")" + user.id +
      R"(", "organization_id": null, "metadata": {"correlation_id": "trace-1"}, "engagement_id": ")" +
      created.json["id"].get<std::string>() + R"(", "client_id": ")" +
      created.json["client_id"].get<std::string>() +
      R"(", "fiscal_year_end": "2024-12-31", "engagement_type": "audit"}, "retry_count": 0, )" +
      R"("event_id": ")" + event_id + R"("})";
  EXPECT_EQ(text, expected);
  const std::string key = "events:engagement.created:" + event_id;
  EXPECT_EQ(Redis({"GET", key}), text);
  const int ttl = std::stoi(Redis({"TTL", key}));
  EXPECT_GT(ttl, 604700);
  EXPECT_LE(ttl, 604800);
}

TEST_F(PlatformEvents, TheWorkerRecordsTheEventAndDeletionForgetsIt) {
  const User user = gateway().NewUser();
  const std::string id = gateway().NewEngagement(user);
  const std::string target = "/api/engagement/engagements/" + id;
  json activity;
  ASSERT_TRUE(Eventually([&] {
    activity = gateway().Get(target + "/activity", user.token).json;
    return activity.size() == 1;
  })) << activity;
  EXPECT_EQ(activity[0]["event_type"], "engagement.created");
  EXPECT_EQ(activity[0]["retry_count"], 0);
  const std::string key = "events:engagement.created:" + activity[0]["event_id"].get<std::string>();
  EXPECT_EQ(Redis({"EXISTS", key}), "1");
  EXPECT_EQ(gateway().Call("DELETE", target, user.token).status, 204);
  EXPECT_EQ(Redis({"EXISTS", key}), "0");
}

TEST_F(PlatformEvents, AnEventThatKeepsFailingIsRetriedWithBackoffAndEndsAsADeadLetter) {
  const std::string event_id = shared::RandomUuid();
  const auto subscriber = Subscribe("workpaper.approved");
  const auto start = steady_clock::now();
  Redis({"PUBLISH", "workpaper.approved", FailingEvent(event_id)});
  std::vector<double> seconds;
  for (int count = 0; count <= 3; ++count) {
    const std::string text = Next(*subscriber);
    seconds.push_back(std::chrono::duration<double>(steady_clock::now() - start).count());
    const json event = json::parse(text, nullptr, false);
    ASSERT_TRUE(event.is_object()) << "delivery " << count << ": " << text;
    EXPECT_EQ(event["retry_count"], count);
    EXPECT_EQ(event["data"]["event_id"], event_id);
    // Only the count differs: order of keys and separators stay.
    EXPECT_EQ(text.substr(0, 24), R"({"data": {"event_id": ")" + event_id.substr(0, 1));
  }
  // Base 0.05 s: 0.1, 0.2 and 0.4 s between the deliveries. Never early; late on a busy machine.
  EXPECT_GE(seconds[1] - seconds[0], 0.09);
  EXPECT_GE(seconds[2] - seconds[1], 0.19);
  EXPECT_GE(seconds[3] - seconds[2], 0.39);
  ASSERT_TRUE(Eventually([] { return Redis({"LLEN", "dlq:workpaper.approved"}) == "1"; }));
  const json letter = json::parse(Redis({"LINDEX", "dlq:workpaper.approved", "0"}), nullptr, false);
  EXPECT_EQ(letter["event"]["event_id"], event_id);
  EXPECT_EQ(letter["event"]["retry_count"], 3);
  EXPECT_EQ(letter["channel"], "workpaper.approved");
  EXPECT_NE(letter["error"].get<std::string>().find("engagement_activity_engagement_id_fkey"),
            std::string::npos);
  EXPECT_GT(std::stoi(Redis({"TTL", "dlq:workpaper.approved"})), 604700);
  Redis({"DEL", "dlq:workpaper.approved"});
}

TEST_F(PlatformEvents, AMessageThatIsNoEventIsDroppedAndTheNextOneIsHandled) {
  const User user = gateway().NewUser();
  Redis({"PUBLISH", "workpaper.approved", "not json"});
  Redis({"PUBLISH", "workpaper.approved", R"({"data": {"event_id": 7}})"});
  const std::string id = gateway().NewEngagement(user);
  EXPECT_TRUE(Eventually([&] {
    return gateway()
               .Get("/api/engagement/engagements/" + id + "/activity", user.token)
               .json.size() == 1;
  }));
  EXPECT_EQ(Redis({"LLEN", "dlq:workpaper.approved"}), "0");
}

}  // namespace
}  // namespace smokemesh::testing
