#include "shared/expectation/quantile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace smokemesh::shared {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(ParseQuantile, ReadsPercentagesExactly) {
  struct Case {
    const char* text;
    int64_t millionths;
  };
  for (const Case& c : {Case{"p50", 500'000}, Case{"p99.9", 999'000}, Case{"p100", 1'000'000},
                        Case{"p100.0", 1'000'000}, Case{"p0.0001", 1}, Case{"p99.9999", 999'999},
                        Case{"p5", 50'000}, Case{"p05", 50'000}, Case{"p0.5", 5'000}}) {
    const auto quantile = ParseQuantile(c.text);
    ASSERT_TRUE(quantile.ok()) << c.text;
    EXPECT_EQ(quantile->kind, Quantile::Kind::kPercentile);
    EXPECT_EQ(quantile->millionths, c.millionths) << c.text;
  }
  EXPECT_EQ(ParseQuantile("min")->kind, Quantile::Kind::kMinimum);
  EXPECT_EQ(ParseQuantile("max")->kind, Quantile::Kind::kMaximum);
  EXPECT_EQ(ParseQuantile("mean")->kind, Quantile::Kind::kMean);
}

TEST(ParseQuantile, RefusesAllElse) {
  for (const char* text :
       {"", "p", "p0", "p0.0", "p101", "p100.0001", "p-5", "p5.", "p.5", "p1.2.3", "p99.99999",
        "p95%", "P95", "95", "median", "avg", "p1e2", "p 5", "p99999999999999999999999999"}) {
    const auto quantile = ParseQuantile(text);
    EXPECT_EQ(quantile.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(quantile.status().message()), HasSubstr("p95"));
  }
}

Duration Of(const char* quantile, const std::vector<Duration>& samples) {
  return QuantileOf(*ParseQuantile(quantile), samples);
}

TEST(QuantileOf, TakesTheNearestRank) {
  // The example of most textbooks.
  const std::vector<Duration> samples = {50ms, 15ms, 40ms, 20ms, 35ms};
  EXPECT_EQ(Of("p5", samples), 15ms);
  EXPECT_EQ(Of("p30", samples), 20ms);
  EXPECT_EQ(Of("p40", samples), 20ms);
  EXPECT_EQ(Of("p40.0001", samples), 35ms);
  EXPECT_EQ(Of("p50", samples), 35ms);
  EXPECT_EQ(Of("p100", samples), 50ms);
  EXPECT_EQ(Of("min", samples), 15ms);
  EXPECT_EQ(Of("max", samples), 50ms);
  EXPECT_EQ(Of("mean", samples), 32ms);
  for (const char* any : {"p0.0001", "p50", "p100", "min", "max", "mean"}) {
    EXPECT_EQ(Of(any, {7ms}), 7ms) << any;
  }
}

TEST(QuantileOf, IsExactWhereFloatingPointIsNot) {
  std::vector<Duration> samples;
  for (int i = 1; i <= 1000; ++i) samples.push_back(i * 1ms);
  EXPECT_EQ(Of("p99.9", samples), 999ms);
  EXPECT_EQ(Of("p99.99", samples), 1000ms);
  EXPECT_EQ(Of("p0.1", samples), 1ms);
  EXPECT_EQ(Of("p7", samples), 70ms);
  EXPECT_EQ(Of("p29", samples), 290ms);
}

TEST(QuantileOf, AgreesWithItsDefinitionForAnySamples) {
  std::mt19937 random(42);
  for (int round = 0; round < 200; ++round) {
    std::vector<Duration> samples(1 + random() % 60);
    for (Duration& sample : samples) sample = Duration(random() % 50);
    for (const int percent : {1, 10, 33, 50, 90, 95, 99, 100}) {
      const Duration seen = Of(("p" + std::to_string(percent)).c_str(), samples);
      const auto at_most = [&](Duration bound) {
        return std::count_if(samples.begin(), samples.end(),
                             [&](Duration sample) { return sample <= bound; });
      };
      const auto wanted = static_cast<int64_t>(samples.size()) * percent;  // in hundredths
      ASSERT_GE(at_most(seen) * 100, wanted);
      ASSERT_LT(at_most(seen - Duration(1)) * 100, wanted);
      ASSERT_NE(std::find(samples.begin(), samples.end(), seen), samples.end());
    }
  }
}

TEST(IsOverAllTimes, HoldsForAnArgumentOnADuration) {
  const auto is = [](const char* text) {
    const auto parsed = ParseExpectation(text, QueriesOf("postgres"));
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    return parsed.ok() && IsOverAllTimes(*parsed);
  };
  EXPECT_TRUE(is("duration p95 < 1s"));
  EXPECT_TRUE(is("connect_duration max < 1s"));
  EXPECT_FALSE(is("duration < 1s"));
  EXPECT_FALSE(is("column p95 == 1"));
}

}  // namespace
}  // namespace smokemesh::shared
