#include "shared/event_loop/event_loop.h"

#include <algorithm>
#include <utility>

namespace smokemesh::shared {
namespace {

// An owner whose deadline stays in the past must not turn the loop into a busy one.
constexpr auto kShortestAlarm = std::chrono::milliseconds(1);

}  // namespace

EventLoop::EventLoop(Alarm alarm) : alarm_(std::move(alarm)), thread_([this] { Run(); }) {}

EventLoop::~EventLoop() { Stop(); }

bool EventLoop::Post(Task task) {
  MutexLock lock(&mutex_);
  if (stopping_) return false;
  queue_.push_back(std::move(task));
  wake_.NotifyOne();
  return true;
}

void EventLoop::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.NotifyOne();
  }
  MutexLock lock(&join_mutex_);
  if (thread_.joinable()) thread_.join();
}

bool EventLoop::Wait(std::deque<Task>* tasks) {
  std::optional<SteadyTime> deadline;
  if (alarm_.deadline) deadline = alarm_.deadline();
  if (deadline.has_value()) deadline = std::max(*deadline, quiet_until_);
  MutexLock lock(&mutex_);
  while (queue_.empty() && !stopping_) {
    if (!deadline.has_value()) {
      wake_.Wait(&mutex_);
    } else if (!wake_.WaitUntil(&mutex_, *deadline)) {
      break;
    }
  }
  tasks->swap(queue_);
  return !tasks->empty() || !stopping_;
}

void EventLoop::Run() {
  std::deque<Task> tasks;
  while (Wait(&tasks)) {
    while (!tasks.empty()) {
      // Destroyed before the next one runs: a task may own what the next one looks for.
      Task task = std::move(tasks.front());
      tasks.pop_front();
      task();
    }
    if (!alarm_.deadline) continue;
    const SteadyTime now = std::chrono::steady_clock::now();
    const std::optional<SteadyTime> deadline = alarm_.deadline();
    if (deadline.has_value() && *deadline <= now && quiet_until_ <= now) {
      alarm_.ring();
      quiet_until_ = now + kShortestAlarm;
    }
  }
}

}  // namespace smokemesh::shared
