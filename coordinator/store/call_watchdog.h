#ifndef SMOKEMESH_COORDINATOR_STORE_CALL_WATCHDOG_H_
#define SMOKEMESH_COORDINATOR_STORE_CALL_WATCHDOG_H_

#include <functional>
#include <optional>
#include <thread>

#include "shared/clock.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

// Ends calls that block for too long, one at a time, from a thread of its own that lives as long as
// it does. Begin and End are called by one thread.
class CallWatchdog {
 public:
  // `cut` makes the call that is going on fail. It must not block.
  explicit CallWatchdog(std::function<void()> cut);
  ~CallWatchdog();
  CallWatchdog(const CallWatchdog&) = delete;
  CallWatchdog& operator=(const CallWatchdog&) = delete;

  // A call begins: it is cut at `deadline`.
  void Begin(shared::SteadyTime deadline) ABSL_LOCKS_EXCLUDED(mutex_);

  // The call has ended. Returns whether it was cut; after that it is not.
  bool End() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Watch() ABSL_LOCKS_EXCLUDED(mutex_);

  const std::function<void()> cut_;
  shared::Mutex mutex_;
  shared::CondVar changed_;
  std::optional<shared::SteadyTime> deadline_ ABSL_GUARDED_BY(mutex_);  // of a call
  std::optional<shared::SteadyTime> wakes_ ABSL_GUARDED_BY(mutex_);     // the thread, by itself
  bool was_cut_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_CALL_WATCHDOG_H_
