#ifndef SMOKEMESH_SHARED_CANCELLATION_H_
#define SMOKEMESH_SHARED_CANCELLATION_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "shared/mutex.h"

namespace smokemesh::shared {

// A request to stop, made once by one side and seen by the other. Thread-safe.
class Cancellation {
 public:
  // Asks to stop. Runs the callbacks that are registered, on this thread. Later calls do nothing.
  void Cancel(std::string reason) ABSL_LOCKS_EXCLUDED(mutex_);

  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

  // Why; empty while not cancelled.
  std::string reason() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Keeps `on_cancel` registered for its own life. The callback runs at most once: on the thread
  // that cancels, or here and now if that has happened already. After destruction it does not run
  // and is not running. The callback must be quick and must not touch this Cancellation.
  class Registration {
   public:
    Registration(Cancellation* cancellation, std::function<void()> on_cancel);
    ~Registration();
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    Cancellation& cancellation_;
    uint64_t id_ = 0;
  };

 private:
  std::atomic<bool> cancelled_{false};
  mutable Mutex mutex_;
  std::string reason_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, std::function<void()>> callbacks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CANCELLATION_H_
