#ifndef SMOKEMESH_TESTS_PLATFORM_RATE_LIMITER_H_
#define SMOKEMESH_TESTS_PLATFORM_RATE_LIMITER_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>

#include "shared/mutex.h"

namespace smokemesh::platform {

// A sliding window per client: at most `limit` accepted requests in any `window`. Refused requests
// do not count. Remembers up to 10,000 clients; beyond that the ones that were quiet for a window
// are forgotten first. Thread-safe.
class RateLimiter {
 public:
  struct Decision {
    bool accepted = true;
    size_t remaining = 0;
    std::chrono::seconds retry_after{0};  // when refused: until a request is accepted again
  };

  RateLimiter(size_t limit, std::chrono::milliseconds window);

  Decision Ask(const std::string& client, std::chrono::steady_clock::time_point now)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Forget(std::chrono::steady_clock::time_point before) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t limit_;
  const std::chrono::milliseconds window_;
  shared::Mutex mutex_;
  // When each client's requests of the last window came.
  std::map<std::string, std::deque<std::chrono::steady_clock::time_point>> clients_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_RATE_LIMITER_H_
