#ifndef SMOKEMESH_AGENT_CHECKS_POSTGRES_STATEMENT_WATCHDOG_H_
#define SMOKEMESH_AGENT_CHECKS_POSTGRES_STATEMENT_WATCHDOG_H_

#include <functional>
#include <optional>
#include <thread>

#include "agent/checks/check.h"
#include "shared/mutex.h"

namespace smokemesh::agent {

// Ends a call that blocks. While it lives, a thread of its own watches: at the context's deadline,
// at its cancellation, or when `too_much` says so, it calls `ask`, and `cut` if the watchdog still
// lives 60 ms later; at once after `too_much`, for a flood does not wait. Make it right before the
// call, and destroy it right after.
class StatementWatchdog {
 public:
  enum class Reason { kDeadline, kCancelled, kTooMuch };

  struct Actions {
    // Asks the server to end the call. Must not block.
    std::function<void()> ask;
    // Makes the call fail now. Must not block.
    std::function<void()> cut;
    // Whether the call has brought more than it may. Asked every 20 ms.
    std::function<bool()> too_much;
  };

  StatementWatchdog(const CheckContext& context, Actions actions);
  ~StatementWatchdog();
  StatementWatchdog(const StatementWatchdog&) = delete;
  StatementWatchdog& operator=(const StatementWatchdog&) = delete;

  // The call has ended: stops watching. Returns why it was ended; nothing when it was not.
  std::optional<Reason> Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether the call had to be cut. Valid after Stop.
  bool cut() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Watch() ABSL_LOCKS_EXCLUDED(mutex_);

  const CheckContext context_;
  const Actions actions_;
  mutable shared::Mutex mutex_;
  shared::CondVar changed_;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  bool cut_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Reason> reason_ ABSL_GUARDED_BY(mutex_);
  shared::Cancellation::Registration registration_;
  std::thread thread_;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_POSTGRES_STATEMENT_WATCHDOG_H_
