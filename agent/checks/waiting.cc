#include "agent/checks/waiting.h"

#include <chrono>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/mutex.h"

namespace smokemesh::agent {
namespace {

using shared::MutexLock;

// What the threads of one RunTogether share.
class Meeting {
 public:
  // Lets the waiting threads begin, or go home.
  void Decide(bool begin) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    decided_ = true;
    begin_ = begin;
    changed_.NotifyAll();
  }

  bool WaitForDecision() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    while (!decided_) changed_.Wait(&mutex_);
    return begin_;
  }

  // Calls `run`. A runner that throws is a fault of the agent: it must cost one result, not the
  // process.
  void Call(const std::function<void(int)>& run, int index) ABSL_LOCKS_EXCLUDED(mutex_) {
    try {
      run(index);
    } catch (const std::exception& e) {
      Note(absl::InternalError(absl::StrCat("the agent failed: ", e.what())));
    } catch (...) {
      Note(absl::InternalError("the agent failed: unknown exception"));
    }
  }

  absl::Status status() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    return status_;
  }

 private:
  void Note(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    status_.Update(status);
  }

  mutable shared::Mutex mutex_;
  shared::CondVar changed_;
  bool decided_ ABSL_GUARDED_BY(mutex_) = false;
  bool begin_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);  // the first that went wrong
};

}  // namespace

bool WaitUntil(shared::SteadyTime until, shared::Cancellation* cancellation) {
  shared::Mutex mutex;
  shared::CondVar changed;
  bool cancelled = false;
  const shared::Cancellation::Registration registration(cancellation, [&] {
    MutexLock lock(&mutex);
    cancelled = true;
    changed.NotifyAll();
  });
  MutexLock lock(&mutex);
  while (!cancelled && std::chrono::steady_clock::now() < until) changed.WaitUntil(&mutex, until);
  return !cancelled;
}

absl::Status RunTogether(int count, const std::function<void(int)>& run) {
  Meeting meeting;
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(count));
  absl::Status started;
  try {
    for (int i = 1; i < count; ++i) {
      threads.emplace_back([&meeting, &run, i] {
        if (meeting.WaitForDecision()) meeting.Call(run, i);
      });
    }
  } catch (const std::system_error& e) {
    started = absl::ResourceExhaustedError(
        absl::StrCat("this agent cannot start ", count - 1, " threads: ", e.what()));
  }
  meeting.Decide(started.ok());
  if (started.ok() && count > 0) meeting.Call(run, 0);
  for (std::thread& thread : threads) thread.join();
  started.Update(meeting.status());
  return started;
}

}  // namespace smokemesh::agent
