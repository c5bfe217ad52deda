#include "coordinator/store/call_watchdog.h"

#include <chrono>
#include <utility>

namespace smokemesh::coordinator {

using shared::MutexLock;

CallWatchdog::CallWatchdog(std::function<void()> cut)
    : cut_(std::move(cut)), thread_([this] { Watch(); }) {}

CallWatchdog::~CallWatchdog() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyOne();
  }
  thread_.join();
}

void CallWatchdog::Begin(shared::SteadyTime deadline) {
  MutexLock lock(&mutex_);
  deadline_ = deadline;
  was_cut_ = false;
  // A thread that wakes early enough by itself is left asleep: most calls are quick.
  if (!wakes_.has_value() || *wakes_ > deadline) changed_.NotifyOne();
}

bool CallWatchdog::End() {
  MutexLock lock(&mutex_);
  deadline_.reset();
  return was_cut_;
}

void CallWatchdog::Watch() {
  MutexLock lock(&mutex_);
  while (!stopping_) {
    wakes_ = deadline_;
    if (!deadline_.has_value()) {
      changed_.Wait(&mutex_);
    } else if (std::chrono::steady_clock::now() < *deadline_) {
      changed_.WaitUntil(&mutex_, *deadline_);
    } else {
      deadline_.reset();
      was_cut_ = true;
      cut_();  // under the lock: the call cannot have ended
    }
  }
}

}  // namespace smokemesh::coordinator
