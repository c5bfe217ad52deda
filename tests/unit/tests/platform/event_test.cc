#include "tests/platform/event.h"

#include <gtest/gtest.h>

namespace smokemesh::platform {
namespace {

using std::chrono::microseconds;
using std::chrono::system_clock;

TEST(NaiveUtc, LeavesMicrosecondsOutWhenZero) {
  EXPECT_EQ(NaiveUtc(system_clock::time_point(microseconds(1'795'337'992'518'429))),
            "2026-11-22T08:59:52.518429");
  EXPECT_EQ(NaiveUtc(system_clock::time_point(microseconds(1'795'337'992'000'000))),
            "2026-11-22T08:59:52");
  EXPECT_EQ(NaiveUtc(system_clock::time_point(microseconds(1'795'337'992'000'007))),
            "2026-11-22T08:59:52.000007");
}

Event Created() {
  Event event;
  event.event_id = "e-1";
  event.event_type = "engagement.created";
  event.timestamp = "2026-11-22T08:59:52.518429";
  event.service = "engagement";
  event.fields = {{"engagement_id", "g-1"}, {"name", "Müller \"x\"\n"}};
  return event;
}

TEST(EnvelopeText, IsWhatThePlatformsPythonBusWrites) {
  EXPECT_EQ(EnvelopeText(Created()),
            R"({"data": {"event_id": "e-1", "event_type": "engagement.created", )"
            R"("timestamp": "2026-11-22T08:59:52.518429", "service": "engagement", )"
            R"("user_id": null, "organization_id": null, "metadata": {}, )"
            R"("engagement_id": "g-1", "name": "M\u00fcller \"x\"\n"}, )"
            R"("retry_count": 0, "event_id": "e-1"})");
}

TEST(EnvelopeText, CarriesTheCorrelationInTheMetadata) {
  Event event = Created();
  event.correlation_id = "trace";
  EXPECT_NE(EnvelopeText(event).find(R"("metadata": {"correlation_id": "trace"})"),
            std::string::npos);
}

TEST(Envelope, ReadsAndWritesTheSameText) {
  auto envelope = Envelope::Parse(EnvelopeText(Created()));
  ASSERT_TRUE(envelope.ok());
  EXPECT_EQ(envelope->Text(), EnvelopeText(Created()));
  EXPECT_EQ(envelope->Field("engagement_id"), "g-1");
  EXPECT_EQ(envelope->Field("absent"), "");
  EXPECT_EQ(envelope->retry_count(), 0);
  envelope->set_retry_count(3);
  EXPECT_NE(envelope->Text().find(R"("retry_count": 3)"), std::string::npos);
}

TEST(Envelope, AMissingRetryCountIsZeroAndUnknownFieldsStay) {
  auto envelope = Envelope::Parse(
      R"({"data": {"event_id": "a", "event_type": "b", "service": "c", "new": [1.5, {"x": []}]}})");
  ASSERT_TRUE(envelope.ok());
  EXPECT_EQ(envelope->retry_count(), 0);
  EXPECT_NE(envelope->Text().find(R"("new": [1.5, {"x": []}])"), std::string::npos);
}

TEST(Envelope, RefusesWhatIsNoEvent) {
  for (const char* text : {"", "x", "[]", "{}", R"({"data": 1})", R"({"data": {"event_id": "a"}})",
                           R"({"data": {"event_id": 1, "event_type": "b", "service": "c"}})",
                           R"({"data": {"event_id": "a", "event_type": "b", "service": "c"},)"
                           R"( "retry_count": "1"})"}) {
    EXPECT_EQ(Envelope::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(Envelope, ADeadLetterHoldsTheWholeEnvelope) {
  auto envelope = Envelope::Parse(EnvelopeText(Created()));
  ASSERT_TRUE(envelope.ok());
  EXPECT_EQ(envelope->DeadLetterText("why", "when", "where", true),
            R"({"event": )" + envelope->Text() +
                R"(, "error": "why", "timestamp": "when", "channel": "where"})");
}

}  // namespace
}  // namespace smokemesh::platform
