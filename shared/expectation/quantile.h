#ifndef SMOKEMESH_SHARED_EXPECTATION_QUANTILE_H_
#define SMOKEMESH_SHARED_EXPECTATION_QUANTILE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/clock.h"
#include "shared/expectation/expectation.h"

namespace smokemesh::shared {

// One number that stands for many durations: the argument of `duration p95 < 50ms`.
struct Quantile {
  enum class Kind { kPercentile, kMinimum, kMaximum, kMean };
  Kind kind = Kind::kPercentile;
  // Of a percentile, in parts of a million: 950000 for `p95`. 1 to 1000000.
  int64_t millionths = 0;
};

// Reads `p` and a percentage above 0 and at most 100 with at most four decimals (`p50`, `p99.9`),
// `min`, `max` or `mean`. INVALID_ARGUMENT for anything else.
absl::StatusOr<Quantile> ParseQuantile(std::string_view argument);

// Computes `quantile` of `samples`, which are in any order and at least one. A percentile is by
// nearest rank: the smallest sample that at least so many of all samples do not exceed.
Duration QuantileOf(const Quantile& quantile, std::vector<Duration> samples);

// Whether the query is one whose argument, if it has one, is a quantile.
bool TakesQuantile(std::string_view query);

// Whether `expectation` is about all times of a step with `repeat` together, not about each one.
bool IsOverAllTimes(const Expectation& expectation);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_EXPECTATION_QUANTILE_H_
