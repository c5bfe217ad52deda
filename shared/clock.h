#ifndef SMOKEMESH_SHARED_CLOCK_H_
#define SMOKEMESH_SHARED_CLOCK_H_

#include <chrono>

namespace smokemesh::shared {

// All waiting is measured in steady time; wall time is for display.
using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;
using Duration = std::chrono::nanoseconds;

// A moment on both clocks.
struct Instant {
  SteadyTime steady;
  WallTime wall;
};

// Source of time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
};

// The machine's clocks.
class RealClock final : public Clock {
 public:
  Instant Now() const override {
    return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
  }
};

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CLOCK_H_
