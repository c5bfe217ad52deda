#include "agent/checks/redis/redis_observation.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace smokemesh::agent {
namespace {

using Type = RedisReply::Type;
using shared::Absent;

constexpr shared::Duration kTime = std::chrono::milliseconds(3);

RedisReply String(const std::string& text) { return {.type = Type::kString, .text = text}; }

RedisReply Array(std::vector<RedisReply> elements) {
  return {.type = Type::kArray, .elements = std::move(elements)};
}

TEST(ReplyObservation, AnswersItsQueries) {
  const ReplyObservation seen(String(R"({"a": {"b": 7}})"), kTime);
  EXPECT_EQ(std::get<shared::Text>(*seen.Get("reply", "")).text, R"({"a": {"b": 7}})");
  EXPECT_EQ(std::get<shared::Text>(*seen.Get("type", "")).text, "string");
  EXPECT_EQ(std::get<int64_t>(*seen.Get("json", "/a/b")), 7);
  EXPECT_EQ(std::get<shared::Duration>(*seen.Get("duration", "")), kTime);
  EXPECT_TRUE(std::holds_alternative<Absent>(*seen.Get("error", "")));
  EXPECT_TRUE(std::holds_alternative<Absent>(*seen.Get("messages", "")));
  EXPECT_EQ(seen.Get("status", "").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(seen.UnlessAsked().mismatch.has_value());
}

TEST(ReplyObservation, ShowsArraysAsJsonAndByElement) {
  const ReplyObservation seen(
      Array({String("x\xff"), {.type = Type::kInteger, .integer = 2}, RedisReply()}), kTime);
  EXPECT_EQ(std::get<shared::Json>(*seen.Get("reply", "")).text, "[\"x\xEF\xBF\xBD\",2,null]");
  EXPECT_EQ(std::get<int64_t>(*seen.Get("reply", "1")), 2);
  EXPECT_TRUE(std::holds_alternative<shared::Null>(*seen.Get("reply", "2")));
  EXPECT_TRUE(std::holds_alternative<Absent>(*seen.Get("reply", "3")));
  EXPECT_EQ(std::get<int64_t>(*seen.Get("json", "/1")), 2);
  EXPECT_EQ(seen.Get("reply", "-1").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ReplyObservation, FailsAStepOnAnErrorReplyAlsoInsideATransaction) {
  const RedisReply error = {.type = Type::kError, .text = "WRONGTYPE no"};
  for (const RedisReply& reply : {error, Array({String("OK"), error})}) {
    const ReplyObservation seen(reply, kTime);
    const auto implied = seen.UnlessAsked();
    EXPECT_EQ(implied.queries, std::vector<std::string>{"error"});
    ASSERT_TRUE(implied.mismatch.has_value());
    EXPECT_EQ(implied.mismatch->expected, "no error reply");
    EXPECT_EQ(implied.mismatch->actual,
              "WRONGTYPE no; the key holds another type of value: look at TYPE");
    EXPECT_EQ(std::get<shared::Text>(*seen.Get("error", "")).text, "WRONGTYPE no");
    EXPECT_EQ(seen.Summary(), "error: WRONGTYPE no");
  }
}

Received Messages(std::vector<std::string> texts, size_t passed_over = 0) {
  Received received;
  for (std::string& text : texts) received.messages.push_back({"c", std::move(text), {}});
  received.passed_over = passed_over;
  received.subscriptions = "c";
  return received;
}

TEST(MessagesObservation, FailsAStepThatSawTooFewAndSaysWhereToLook) {
  const MessagesObservation seen(Messages({R"({"n": 1})", "two"}, 12), {.count = 3}, kTime);
  EXPECT_EQ(std::get<int64_t>(*seen.Get("messages", "")), 2);
  EXPECT_EQ(std::get<shared::Text>(*seen.Get("message", "1")).text, "two");
  EXPECT_EQ(std::get<int64_t>(*seen.Get("message_json", "0/n")), 1);
  EXPECT_TRUE(std::holds_alternative<Absent>(*seen.Get("message", "2")));
  EXPECT_EQ(seen.Get("message_json", "/n").status().code(), absl::StatusCode::kInvalidArgument);
  const auto implied = seen.UnlessAsked();
  EXPECT_EQ(implied.queries, std::vector<std::string>{"messages"});
  ASSERT_TRUE(implied.mismatch.has_value());
  EXPECT_EQ(implied.mismatch->expected, "3 messages");
  const std::string why =
      "2 of 3 messages within 2s (12 others passed over); the connection still answers PING, so it "
      "is subscribed (c) and hears nothing more: look at who publishes, on which channel and with "
      "which ACL";
  EXPECT_EQ(implied.mismatch->actual, why);
  // Also when the step's own expectation fails: its hint is the summary.
  EXPECT_EQ(seen.Summary(), why + ", the first: {\"n\": 1}");
}

TEST(MessagesObservation, IsContentWithMore) {
  const MessagesObservation seen(Messages({"a", "b"}, 1), {.count = 1}, kTime);
  EXPECT_FALSE(seen.UnlessAsked().mismatch.has_value());
  EXPECT_EQ(seen.Summary(), "2 messages (1 other passed over), the first: a");
}

TEST(MessagesObservation, IsContentWithNoneWhenNoneIsWaitedFor) {
  const MessagesObservation seen(Messages({}), {.count = 0}, kTime);
  EXPECT_FALSE(seen.UnlessAsked().mismatch.has_value());
  EXPECT_EQ(seen.Summary(), "0 messages");
}

TEST(ReplyObservation, ShowsTextsWhole) {
  // Secrets are hidden by whoever uses it: half of one would be seen by nobody.
  const std::string text(5'000, 'x');
  EXPECT_EQ(ReplyObservation(String(text), kTime).Summary(), text);
}

}  // namespace
}  // namespace smokemesh::agent
