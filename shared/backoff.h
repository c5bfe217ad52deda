#ifndef SMOKEMESH_SHARED_BACKOFF_H_
#define SMOKEMESH_SHARED_BACKOFF_H_

#include <cstdint>

#include "shared/clock.h"

namespace smokemesh::shared {

struct BackoffOptions {
  // Upper bound of the first wait; it doubles with every further one of the same server.
  Duration first = std::chrono::milliseconds(100);
  // Upper bound of every wait.
  Duration cap = std::chrono::seconds(10);
  // How many servers are tried in turn. The bound doubles when each of them had its turn; until
  // then waits are as short as the first, since another server may well answer.
  int targets = 1;
};

// Exponential backoff with full jitter: each wait is drawn evenly from zero to a bound that doubles
// up to a cap, so that a thousand clients which lost one server do not come back in step.
// Deterministic for a seed. Not thread-safe.
class Backoff {
 public:
  Backoff(BackoffOptions options, uint64_t seed);

  // How long to wait before the next attempt.
  Duration Next();

  // The wait after an answer that says trying again as it is will not help.
  Duration Longest() const { return options_.cap; }

  // Number of waits since the last reset.
  int attempts() const { return attempts_; }

  // Starts again with the first bound: the last attempt was good.
  void Reset();

 private:
  BackoffOptions options_;
  uint64_t random_state_;
  Duration bound_;
  int attempts_ = 0;
};

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_BACKOFF_H_
