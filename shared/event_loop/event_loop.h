#ifndef SMOKEMESH_SHARED_EVENT_LOOP_EVENT_LOOP_H_
#define SMOKEMESH_SHARED_EVENT_LOOP_EVENT_LOOP_H_

#include <deque>
#include <functional>
#include <optional>
#include <thread>

#include "shared/clock.h"
#include "shared/mutex.h"

namespace smokemesh::shared {

// One thread that runs posted tasks in their order, and an alarm that its owner sets. What only
// tasks and the alarm touch needs no lock. Thread-safe.
//
// The queue itself has no limit: whoever posts for a peer posts one task and waits for it to run
// before taking the peer's next message.
class EventLoop {
 public:
  using Task = std::function<void()>;

  // When the owner wants to be called, and the call. Both are called on the loop's thread, the
  // first one after every round of tasks.
  struct Alarm {
    std::function<std::optional<SteadyTime>()> deadline;
    std::function<void()> ring;
  };

  // A loop without an alarm is a serial worker.
  EventLoop() : EventLoop(Alarm{}) {}
  explicit EventLoop(Alarm alarm);
  // Stops. Not on the loop's own thread.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Returns false after Stop has begun: the task then never runs and is destroyed here.
  bool Post(Task task) ABSL_LOCKS_EXCLUDED(mutex_);

  // Runs what is posted, takes nothing more and ends the thread. Once it has returned no task is
  // running. Not on the loop's own thread.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits for tasks or the alarm. False when the loop has stopped and nothing is left.
  bool Wait(std::deque<Task>* tasks) ABSL_LOCKS_EXCLUDED(mutex_);

  const Alarm alarm_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Loop's thread only: when the alarm may ring again.
  SteadyTime quiet_until_{};
  Mutex join_mutex_;
  std::thread thread_;  // joined under join_mutex_
};

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_EVENT_LOOP_EVENT_LOOP_H_
