#include "agent/checks/event_bus/event_observation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace smokemesh::agent {
namespace {

using std::chrono::milliseconds;

EventFacts TwoEvents() {
  EventFacts facts;
  for (int i = 0; i < 2; ++i) {
    BusEvent event;
    event.text = R"({"data": {"n": 7}, "retry_count": 1})";
    event.data = R"({"n": 7})";
    event.channel = "c";
    event.arrived = shared::SteadyTime(milliseconds(100 + 250 * i));
    facts.events.push_back(std::move(event));
  }
  return facts;
}

std::string Get(const EventObservation& seen, const std::string& query,
                const std::string& argument = "") {
  const auto value = seen.Get(query, argument);
  return value.ok() ? shared::Describe(*value) : value.status().ToString();
}

TEST(EventObservation, AnswersItsQueries) {
  EventFacts facts = TwoEvents();
  facts.received = true;
  facts.duration = milliseconds(3);
  const EventObservation seen(std::move(facts));
  EXPECT_EQ(Get(seen, "events"), "2");
  EXPECT_EQ(Get(seen, "event", "1/n"), "7");
  EXPECT_EQ(Get(seen, "event", "1"), R"({"n":7})");
  EXPECT_EQ(Get(seen, "text", "0/retry_count"), "1");
  EXPECT_EQ(std::get<shared::Text>(*seen.Get("text", "0")).text,
            R"({"data": {"n": 7}, "retry_count": 1})");
  EXPECT_EQ(Get(seen, "channel", "0"), "\"c\"");
  EXPECT_EQ(std::get<shared::Duration>(*seen.Get("gap", "1")), milliseconds(250));
  EXPECT_EQ(std::get<shared::Duration>(*seen.Get("duration", "")), milliseconds(3));
  for (const auto& [query, argument] : {std::pair("event", "2/n"),
                                        {"text", "2"},
                                        {"channel", "2"},
                                        {"gap", "0"},
                                        {"gap", "2"},
                                        {"event", "0/m"},
                                        {"ttl", ""},
                                        {"receivers", ""}}) {
    EXPECT_EQ(Get(seen, query, argument), "nothing") << query << " " << argument;
  }
  for (const auto& [query, argument] : {std::pair("event", "x"),
                                        {"event", "/n"},
                                        {"text", "-1"},
                                        {"gap", "1/x"},
                                        {"channel", "1s"},
                                        {"rows", ""}}) {
    EXPECT_EQ(seen.Get(query, argument).status().code(), absl::StatusCode::kInvalidArgument)
        << query << " " << argument;
  }
}

TEST(EventObservation, OnlyWhatWasReceivedHasChannelsAndGaps) {
  const EventObservation seen(TwoEvents());
  EXPECT_EQ(Get(seen, "channel", "0"), "nothing");
  EXPECT_EQ(Get(seen, "gap", "1"), "nothing");
}

TEST(EventObservation, NeedsEventsUnlessTheStepAsksForThem) {
  EventFacts facts;
  facts.unless_asked = shared::Observation::Mismatch{"the stored event", "nothing"};
  const auto implied = EventObservation(std::move(facts)).UnlessAsked();
  EXPECT_EQ(implied.queries, std::vector<std::string>{"events"});
  ASSERT_TRUE(implied.mismatch.has_value());
  EXPECT_EQ(implied.mismatch->actual, "nothing");
}

TEST(RefusedObservation, FailsTheStepWhateverItExpects) {
  const RefusedObservation seen("NOPERM no");
  const auto implied = seen.UnlessAsked();
  EXPECT_TRUE(implied.queries.empty());
  ASSERT_TRUE(implied.mismatch.has_value());
  EXPECT_EQ(implied.mismatch->actual, "NOPERM no");
  EXPECT_EQ(seen.Summary(), "NOPERM no");
}

}  // namespace
}  // namespace smokemesh::agent
