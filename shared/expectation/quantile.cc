#include "shared/expectation/quantile.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr int64_t kMillion = 1'000'000;
constexpr size_t kMostDecimals = 4;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads `99.9` as 999000; 0 when it is no percentage above 0 and at most 100.
int64_t ReadPercentage(std::string_view text) {
  int64_t value = 0;
  size_t decimals = 0;
  bool after_point = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.' && !after_point && i > 0 && i + 1 < text.size()) {
      after_point = true;
      continue;
    }
    if (!IsDigit(text[i])) return 0;
    if (after_point && ++decimals > kMostDecimals) return 0;
    value = value * 10 + (text[i] - '0');
    if (value > kMillion) return 0;
  }
  for (; decimals < kMostDecimals; ++decimals) value *= 10;
  return value > kMillion ? 0 : value;
}

}  // namespace

absl::StatusOr<Quantile> ParseQuantile(std::string_view argument) {
  if (argument == "min") return Quantile{Quantile::Kind::kMinimum};
  if (argument == "max") return Quantile{Quantile::Kind::kMaximum};
  if (argument == "mean") return Quantile{Quantile::Kind::kMean};
  if (argument.starts_with('p')) {
    const int64_t millionths = ReadPercentage(argument.substr(1));
    if (millionths > 0) return Quantile{Quantile::Kind::kPercentile, millionths};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", Shorten(EscapeControl(argument), 64),
                   "\" is no quantile: write \"p\" and a percentage ",
                   "above 0 and at most 100, as in p95 or p99.9, or min, max or mean"));
}

Duration QuantileOf(const Quantile& quantile, std::vector<Duration> samples) {
  switch (quantile.kind) {
    case Quantile::Kind::kMinimum:
      return *std::min_element(samples.begin(), samples.end());
    case Quantile::Kind::kMaximum:
      return *std::max_element(samples.begin(), samples.end());
    case Quantile::Kind::kMean:
      return std::accumulate(samples.begin(), samples.end(), Duration(0)) /
             static_cast<int64_t>(samples.size());
    case Quantile::Kind::kPercentile:
      break;
  }
  // In whole numbers: 99.9% of 1000 is 999, which floating point need not know.
  const auto count = static_cast<int64_t>(samples.size());
  const int64_t rank =
      std::clamp<int64_t>((quantile.millionths * count + kMillion - 1) / kMillion, 1, count);
  const auto at = samples.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}

bool TakesQuantile(std::string_view query) {
  return query == "duration" || query == "connect_duration";
}

bool IsOverAllTimes(const Expectation& expectation) {
  return TakesQuantile(expectation.query) && !expectation.argument.empty();
}

}  // namespace smokemesh::shared
