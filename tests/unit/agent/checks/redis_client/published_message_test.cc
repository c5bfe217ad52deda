#include "agent/checks/redis_client/published_message.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace smokemesh::agent {
namespace {

const PublishedMessage kMessage = {"c", R"({"n": 7, "who": "me"})", {}};

absl::StatusOr<bool> Meant(const std::vector<std::string>& where) {
  std::vector<shared::Expectation> expectations;
  for (const std::string& text : where) {
    expectations.push_back(*shared::ParseExpectation(text, shared::QueriesOf("message")));
  }
  return MeantBy(expectations)(kMessage);
}

TEST(MeantBy, WantsAllOfIt) {
  EXPECT_TRUE(*Meant({}));
  EXPECT_TRUE(*Meant({"channel == c", "text contains me", "json /n == 7", "json /x not exists"}));
  EXPECT_FALSE(*Meant({"channel == c", "json /n == 8"}));
  EXPECT_FALSE(*Meant({"channel == d"}));
  EXPECT_FALSE(*Meant({"json /absent == 1"}));
}

TEST(MeantBy, PassesOnWhatCannotBeJudged) {
  std::vector<shared::Expectation> where(1);
  where[0].query = "text";
  where[0].predicate = "matches";
  where[0].operands = {{"[", false}};  // a variable brought it in
  EXPECT_EQ(MeantBy(where)(kMessage).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(WaitOf, FillsWhatIsLeftOut) {
  const auto wait = WaitOf({});
  EXPECT_EQ(wait->count, 1u);
  EXPECT_EQ(wait->within, std::chrono::seconds(2));
  EXPECT_EQ(wait->settle, shared::Duration(0));
}

TEST(WaitOf, RefusesToWaitForNothing) {
  v1::Receive receive;
  receive.set_count(0);
  EXPECT_EQ(WaitOf(receive).status().code(), absl::StatusCode::kInvalidArgument);
  receive.mutable_settle()->set_seconds(1);
  EXPECT_EQ(WaitOf(receive)->count, 0u);
  receive.set_count(-1);
  EXPECT_EQ(WaitOf(receive).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(DescribeReceived, CountsWhatWasPassedOver) {
  Received received;
  received.messages.resize(3);
  EXPECT_EQ(DescribeReceived(received, "message"), "3 messages");
  received.passed_over = 12;
  EXPECT_EQ(DescribeReceived(received, "message"), "3 messages (12 others passed over)");
}

TEST(DescribeShortfall, TellsNothingFromTooLittle) {
  Received received;
  received.subscriptions = "a, pattern b.*";
  EXPECT_EQ(DescribeShortfall(received, {.count = 1}, "event"),
            "0 of 1 event within 2s; the connection still answers PING, so it is subscribed (a, "
            "pattern b.*) and hears nothing: look at who publishes, on which channel and with "
            "which ACL");
  received.passed_over = 1;
  EXPECT_EQ(DescribeShortfall(received, {.count = 3}, "event"),
            "0 of 3 events within 2s (1 other passed over); the connection still answers PING, so "
            "it is subscribed (a, pattern b.*) and hears nothing more: look at who publishes, on "
            "which channel and with which ACL");
}

}  // namespace
}  // namespace smokemesh::agent
