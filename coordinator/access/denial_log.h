#ifndef SMOKEMESH_COORDINATOR_ACCESS_DENIAL_LOG_H_
#define SMOKEMESH_COORDINATOR_ACCESS_DENIAL_LOG_H_

#include <string_view>

#include "shared/clock.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

// Logs refused calls, at most 20 lines at once and one a second after that: whoever is refused can
// try as often as they like. Thread-safe.
class DenialLog {
 public:
  // `why` has no secret in it.
  void Note(std::string_view why, shared::SteadyTime now) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  static constexpr int kBurst = 20;

  shared::Mutex mutex_;
  int allowed_ ABSL_GUARDED_BY(mutex_) = kBurst;
  shared::SteadyTime filled_ ABSL_GUARDED_BY(mutex_){};
  long hidden_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_ACCESS_DENIAL_LOG_H_
