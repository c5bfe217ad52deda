#include "agent/checks/event_bus/bus_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;

const shared::WallTime kNow{std::chrono::seconds(1'795'337'992)};

EventFormat Format() { return *EventFormat::From({}); }

v1::EventPublication Publication() {
  v1::EventPublication publication;
  publication.set_channel("engagement.created");
  publication.set_event_id("e1");
  return publication;
}

TEST(MakeEvent, WritesTheTextOfTheBus) {
  EXPECT_EQ(*MakeEvent(Publication(), Format(), kNow),
            R"({"data": {"event_id": "e1", "event_type": "engagement.created", )"
            R"("timestamp": "2026-11-22T08:59:52", "service": "smokemesh", "user_id": null, )"
            R"("organization_id": null, "metadata": {}}, "retry_count": 0, "event_id": "e1"})");
}

TEST(MakeEvent, PutsFurtherMembersBehindTheCommonOnesInTheirOrder) {
  v1::EventPublication publication = Publication();
  publication.set_event_type("t");
  publication.set_service("s");
  publication.set_user_id("u");
  publication.set_organization_id("o");
  publication.set_metadata(R"({"z":1,"a":2})");
  publication.set_data(R"({"zeta":[1],"timestamp":"2020-01-01 00:00:00","alpha":{}})");
  EXPECT_EQ(*MakeEvent(publication, Format(), kNow),
            R"({"data": {"event_id": "e1", "event_type": "t", "timestamp": "2020-01-01 00:00:00", )"
            R"("service": "s", "user_id": "u", "organization_id": "o", )"
            R"("metadata": {"z": 1, "a": 2}, "zeta": [1], "alpha": {}}, )"
            R"("retry_count": 0, "event_id": "e1"})");
}

TEST(MakeEvent, RefusesASecondIdentifier) {
  v1::EventPublication publication = Publication();
  publication.set_data(R"({"event_id": "e2"})");
  const auto text = MakeEvent(publication, Format(), kNow);
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(text.status().message()), HasSubstr("`event_id` of the step is it"));
}

TEST(ReadEvent, TakesAMissingRetryCountForZeroAndIgnoresTheOuterIdentifier) {
  const auto event = ReadEvent(Format(), R"({"event_id": "outer", "data": {"event_id": "e1"}})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->id, "e1");
  EXPECT_EQ(event->retry_count, 0);
  EXPECT_EQ(DescribeEvent(*event, "c"), "event e1 on c, retry_count 0");
}

TEST(ReadEvent, TakesNothingElse) {
  for (const char* text :
       {"", "x", "[]", "{}", R"({"data": 1})", R"({"data": {}})", R"({"data": {"event_id": 7}})",
        R"({"data": ["event_id"]})", R"({"event_id": "e1"})", R"({"data": {"event_id": "e1"})"}) {
    EXPECT_FALSE(ReadEvent(Format(), text).has_value()) << text;
  }
}

TEST(ReadDeadLetter, FindsTheEventInIt) {
  const std::string letter =
      R"({"event": {"data": {"event_id": "e1"}, "retry_count": 3}, "error": "boom"})";
  const auto event = ReadDeadLetter(Format(), letter);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->text, letter);
  EXPECT_EQ(event->id, "e1");
  EXPECT_EQ(event->retry_count, 3);
  EXPECT_FALSE(ReadDeadLetter(Format(), R"({"data": {"event_id": "e1"}})").has_value());
  EXPECT_FALSE(ReadDeadLetter(Format(), "no letter").has_value());
}

TEST(ReadEvent, FieldNamesMayHoldAnyCharacter) {
  v1::EventBusFormat names;
  names.set_data_field("the/data~");
  names.set_id_field("id/1");
  const auto event = ReadEvent(*EventFormat::From(names), R"({"the/data~": {"id/1": "e1"}})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->id, "e1");
}

}  // namespace
}  // namespace smokemesh::agent
