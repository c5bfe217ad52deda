#include "agent/checks/event_bus/event_format.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/checks/event_bus/glob.h"

namespace smokemesh::agent {
namespace {

EventFormat Default() { return *EventFormat::From({}); }

EventFormat WithKey(const std::string& key) {
  v1::EventBusFormat format;
  format.set_event_key(key);
  return *EventFormat::From(format);
}

TEST(EventFormat, HasDefaults) {
  EXPECT_EQ(Default().EventKey("report.generated", "e1"), "events:report.generated:e1");
  EXPECT_EQ(Default().DeadLetterKey("report.generated"), "dlq:report.generated");
  EXPECT_EQ(Default().ttl_seconds(), 604'800);
  EXPECT_EQ(Default().data_field(), "data");
  EXPECT_EQ(Default().id_field(), "event_id");
  EXPECT_EQ(Default().retry_field(), "retry_count");
  EXPECT_EQ(Default().dead_letter_field(), "event");
}

TEST(EventFormat, WhatIsFilledInIsNotFilledAgain) {
  EXPECT_EQ(Default().EventKey("{event_id}", "{channel}"), "events:{event_id}:{channel}");
}

TEST(EventFormat, PatternsMatchNothingElse) {
  EXPECT_EQ(Default().EventKeyPattern("a*[b]", ""), "events:a\\*\\[b\\]:*");
  EXPECT_EQ(Default().EventKeyPattern("a", "e?1"), "events:a:e\\?1");
  EXPECT_EQ(WithKey("*{event_id}*").EventKeyPattern("a", ""), "\\**\\*");
  EXPECT_EQ(EscapeGlob("plain.channel_1:x"), "plain.channel_1:x");
  EXPECT_EQ(EscapeGlob("\\^-"), "\\\\\\^\\-");
}

TEST(EventFormat, TakesKeysApart) {
  EXPECT_EQ(Default().EventIdOf("events:a:e1", "a"), "e1");
  EXPECT_EQ(Default().EventIdOf("events:a:b:e1", "a"), "b:e1");
  EXPECT_EQ(Default().EventIdOf("events:a:", "a"), std::nullopt);
  EXPECT_EQ(Default().EventIdOf("events:ab:e1", "a"), std::nullopt);
  EXPECT_EQ(WithKey("{event_id}/{channel}/x").EventIdOf("e1/a/x", "a"), "e1");
  EXPECT_EQ(WithKey("{event_id}/{channel}/x").EventIdOf("e1/a/y", "a"), std::nullopt);
}

TEST(EventFormat, RefusesKeysThatCannotTellEventsApart) {
  for (const char* key :
       {"events:{channel}", "{event_id}{event_id}", "{channel}{channel}{event_id}"}) {
    v1::EventBusFormat format;
    format.set_event_key(key);
    EXPECT_EQ(EventFormat::From(format).status().code(), absl::StatusCode::kInvalidArgument) << key;
  }
  v1::EventBusFormat negative;
  negative.set_ttl_seconds(-1);
  EXPECT_EQ(EventFormat::From(negative).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace smokemesh::agent
