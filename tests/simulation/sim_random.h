#ifndef SMOKEMESH_TESTS_SIMULATION_SIM_RANDOM_H_
#define SMOKEMESH_TESTS_SIMULATION_SIM_RANDOM_H_

#include <cstdint>

#include "shared/clock.h"

namespace smokemesh::testing {

// SplitMix64: the same numbers for the same seed on every machine and library.
class SimRandom {
 public:
  explicit SimRandom(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x1234567u) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // A number from 0 to `bound` - 1.
  int Below(int bound) { return bound <= 1 ? 0 : static_cast<int>(Next() % bound); }

  bool Chance(double probability) {
    return static_cast<double>(Next() >> 11) * 0x1.0p-53 < probability;
  }

  // A duration up to `most`, at a grain of 1 ms.
  shared::Duration Within(shared::Duration most) {
    return std::chrono::milliseconds(Below(
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(most).count()) + 1));
  }

 private:
  uint64_t state_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_SIM_RANDOM_H_
