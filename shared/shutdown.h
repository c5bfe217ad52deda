#ifndef SMOKEMESH_SHARED_SHUTDOWN_H_
#define SMOKEMESH_SHARED_SHUTDOWN_H_

#include <atomic>

#include "shared/cancellation.h"
#include "shared/clock.h"
#include "shared/mutex.h"

namespace smokemesh::shared {

// Turns SIGTERM and SIGINT into an event that can be waited for. There is no signal handler: the
// signals are blocked in every thread and fetched by one that does nothing else, so what happens
// next runs as ordinary code. Thread-safe. One for the process; it lives until the process ends.
class Shutdown {
 public:
  // Begins to watch. Must be called in main before any other thread exists (threads inherit the
  // blocked signals), once. Also ignores SIGPIPE: a peer that went away is an error of the write.
  // A second signal ends the process at once with `second_signal_exit_code`: an orderly stop that
  // hangs can always be cut short.
  static Shutdown& Install(int second_signal_exit_code);

  // Whether a signal has come. Known to whoever hears the cancellation.
  bool requested() const;

  // The first signal that came: SIGTERM or SIGINT; 0 when none has.
  int signal() const;

  // Waits for the first signal, until the cancellation has been told to all.
  void Wait() ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits for the first signal; returns false when `deadline` came before it.
  bool WaitUntil(SteadyTime deadline) ABSL_LOCKS_EXCLUDED(mutex_);

  // Cancelled by the first signal, on the watching thread. For what has no thread to spare for
  // Wait.
  Cancellation& cancellation() { return cancellation_; }

  Shutdown(const Shutdown&) = delete;
  Shutdown& operator=(const Shutdown&) = delete;

 private:
  explicit Shutdown(int second_signal_exit_code)
      : second_signal_exit_code_(second_signal_exit_code) {}

  void Watch();

  const int second_signal_exit_code_;
  std::atomic<int> signal_{0};
  Mutex mutex_;
  CondVar changed_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  Cancellation cancellation_;
};

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_SHUTDOWN_H_
