#include "shared/duration.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>

namespace smokemesh::shared {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, ReadsNumbersWithUnits) {
  const std::pair<const char*, Duration> cases[] = {
      {"250ms", 250ms}, {"30s", 30s},      {"1.5s", 1500ms}, {"1m30s", 90s},
      {"2h", 2h},       {"7ns", 7ns},      {"3us", 3us},     {"0s", 0s},
      {"0ms", 0s},      {"1h1m1s", 3661s}, {"8760h", 8760h}, {".5s", 500ms},
  };
  for (const auto& [text, expected] : cases) {
    const auto parsed = ParseDuration(text);
    ASSERT_TRUE(parsed.ok()) << text << parsed.status();
    EXPECT_EQ(*parsed, expected) << text;
  }
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           "0",
                           "+0",
                           "-0",
                           "5",
                           "5 s",
                           " 5s",
                           "5s ",
                           "s",
                           "-1s",
                           "5x",
                           "1e3s",
                           "inf",
                           "-inf",
                           "5sec",
                           "1d",
                           "8761h",
                           "99999999999999999999h",
                           "1,5s",
                           "0x5s"}) {
    EXPECT_EQ(ParseDuration(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(FormatDuration, WritesThreeDigits) {
  const std::pair<Duration, const char*> cases[] = {
      {0ns, "0ns"},         {999ns, "999ns"},     {1us, "1µs"},        {83us, "83µs"},
      {83'450ns, "83.5µs"}, {999'400ns, "999µs"}, {999'600ns, "1ms"},  {412ms, "412ms"},
      {999'400us, "999ms"}, {999'600us, "1s"},    {2410ms, "2.41s"},   {2s, "2s"},
      {12'340ms, "12.3s"},  {59'900ms, "59.9s"},  {59'990ms, "1m00s"}, {60s, "1m00s"},
      {90s, "1m30s"},       {3661s, "61m01s"},    {-1500ms, "-1.5s"},
  };
  for (const auto& [duration, expected] : cases) {
    EXPECT_EQ(FormatDuration(duration), expected) << duration.count();
  }
}

TEST(Durations, SurviveProtobuf) {
  for (const Duration duration : {Duration(0), Duration(1), Duration(1500ms), Duration(-1500ms),
                                  Duration(8760h), Duration(999'999'999ns)}) {
    EXPECT_EQ(FromProto(ToProto(duration)), duration);
  }
  EXPECT_EQ(ToProto(Duration(1500ms)).seconds(), 1);
  EXPECT_EQ(ToProto(Duration(1500ms)).nanos(), 500'000'000);
}

TEST(WallTimes, SurviveProtobufAndAreWrittenInUtc) {
  const WallTime time{std::chrono::seconds(1'795'347'745)};
  EXPECT_EQ(FromProto(ToProto(time)), time);
  EXPECT_EQ(FormatWallTime(time), "2026-11-22T11:42:25Z");
}

TEST(Durations, WhatIsTooGreatBecomesTheGreatest) {
  google::protobuf::Duration proto;
  for (const int64_t seconds : {int64_t{9'999'999'999}, std::numeric_limits<int64_t>::max()}) {
    proto.set_seconds(seconds);
    EXPECT_EQ(FromProto(proto), 100 * 365 * 24h);
    proto.set_seconds(-seconds);
    EXPECT_EQ(FromProto(proto), -100 * 365 * 24h);
    google::protobuf::Timestamp time;
    time.set_seconds(seconds);
    EXPECT_EQ(FormatWallTime(FromProto(time)), "2149-11-18T00:00:00Z");
    EXPECT_GT(FromProto(time) + 100 * 365 * 24h, FromProto(time));
  }
}

}  // namespace
}  // namespace smokemesh::shared
