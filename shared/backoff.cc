#include "shared/backoff.h"

#include <algorithm>

namespace smokemesh::shared {
namespace {

// SplitMix64. Not std::uniform_real_distribution: its values differ between standard libraries, and
// a seed must mean the same waits everywhere.
uint64_t NextRandom(uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  uint64_t value = state;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

Backoff::Backoff(BackoffOptions options, uint64_t seed)
    : options_(options), random_state_(seed), bound_(std::min(options.first, options.cap)) {}

Duration Backoff::Next() {
  // 53 random bits: an exact double in [0, 1).
  const double share = static_cast<double>(NextRandom(random_state_) >> 11) * 0x1.0p-53;
  ++attempts_;
  const bool all_tried = attempts_ % options_.targets == 0;
  const Duration bound = all_tried ? bound_ : std::min(options_.first, options_.cap);
  if (all_tried) bound_ = bound_ > options_.cap / 2 ? options_.cap : bound_ * 2;
  return Duration(static_cast<int64_t>(static_cast<double>(bound.count()) * share));
}

void Backoff::Reset() {
  bound_ = std::min(options_.first, options_.cap);
  attempts_ = 0;
}

}  // namespace smokemesh::shared
