#include "agent/executor/executor.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <map>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/executor/result_limits.h"
#include "shared/cancellation.h"
#include "shared/duration.h"
#include "shared/logging.h"
#include "shared/mutex.h"

namespace smokemesh::agent {
namespace {

using shared::Duration;
using shared::MutexLock;
using shared::SteadyTime;

constexpr Duration kDefaultTimeout = std::chrono::seconds(10);
constexpr Duration kLongestTimeout = std::chrono::hours(24);
constexpr size_t kLongestTaskId = 1024;

std::string KindOf(const v1::Check& check) {
  const auto* oneof = v1::Check::descriptor()->FindOneofByName("kind");
  const auto* field = check.GetReflection()->GetOneofFieldDescriptor(check, oneof);
  return field == nullptr ? "" : field->name();
}

Duration TimeoutOf(const v1::Check& check) {
  const Duration timeout = shared::FromProto(check.timeout());
  if (timeout <= Duration::zero()) return kDefaultTimeout;
  return std::min(timeout, kLongestTimeout);
}

// One accepted task. What is not const is guarded by the pool's mutex, the two Cancellations aside.
struct Task {
  explicit Task(v1::Assignment a)
      : assignment(std::move(a)), timeout(TimeoutOf(assignment.check())) {}

  const v1::Assignment assignment;
  const Duration timeout;
  shared::Cancellation cancellation;
  // Never used: cleaning up is cut short by its deadline alone.
  shared::Cancellation no_cancellation;

  bool running = false;  // a worker has taken it
  bool reported = false;
  bool lagging = false;  // reported while its worker is still busy with it
  bool waiting = false;  // at its barrier, and not one of `max_parallel`
  bool released = false;
  // While not reported: when the watchdog does it.
  SteadyTime report_by{};
  SteadyTime started{};
  shared::WallTime started_wall{};
  std::optional<v1::TaskResult> result;  // set when only cleaning up is left
};

v1::TaskResult WithOutcome(v1::Outcome outcome, std::string message) {
  v1::TaskResult result;
  result.set_outcome(outcome);
  result.set_message(std::move(message));
  return result;
}

// Runs one part of a check. A kind that throws is a fault of the agent: it must cost one result,
// not the process.
template <typename Part>
absl::Status WithoutExceptions(Part part) {
  try {
    part();
    return absl::OkStatus();
  } catch (const std::exception& e) {
    return absl::InternalError(absl::StrCat("the agent failed: ", e.what()));
  } catch (...) {
    return absl::InternalError("the agent failed: unknown exception");
  }
}

}  // namespace

class Executor::Pool : public std::enable_shared_from_this<Executor::Pool> {
 public:
  Pool(ExecutorOptions options, std::shared_ptr<const CheckFactory> factory,
       ResultCallback on_result, ReadyCallback on_ready)
      : options_(std::move(options)),
        factory_(std::move(factory)),
        kinds_(factory_->Kinds()),
        on_result_(std::move(on_result)),
        on_ready_(std::move(on_ready)) {}

  absl::Status Submit(v1::Assignment assignment) ABSL_LOCKS_EXCLUDED(mutex_);
  void Release(std::string_view task_id) ABSL_LOCKS_EXCLUDED(mutex_);
  void Cancel(std::string_view run_id, std::string_view task_id, std::string_view reason)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void CancelAll(std::string_view reason) ABSL_LOCKS_EXCLUDED(mutex_);
  bool WaitIdle(SteadyTime deadline) ABSL_LOCKS_EXCLUDED(mutex_);
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_, report_mutex_);

 private:
  using TaskPtr = std::shared_ptr<Task>;

  // The barrier of one task, for its check.
  class TaskBarrier final : public Barrier {
   public:
    TaskBarrier(Pool* pool, Task* task) : pool_(*pool), task_(*task) {}
    absl::Status Await(SteadyTime deadline) override { return pool_.Await(task_, deadline); }

   private:
    Pool& pool_;
    Task& task_;
  };

  // Starts `main` on a thread that keeps the pool alive. False when the system has no more threads.
  bool StartThread(void (Pool::*main)()) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts workers while tasks wait and the limits allow one.
  void StartWorkers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WorkerMain() ABSL_LOCKS_EXCLUDED(mutex_);
  void WatchdogMain() ABSL_LOCKS_EXCLUDED(mutex_);

  void RunTask(Task& task) ABSL_LOCKS_EXCLUDED(mutex_);
  v1::TaskResult RunCheck(Check& check, const Task& task, const CheckContext& context);
  // Says that `task` is at its barrier and waits there.
  absl::Status Await(Task& task, SteadyTime deadline) ABSL_LOCKS_EXCLUDED(mutex_, report_mutex_);
  // The worker of `task` no longer counts as one of `max_parallel`.
  void Detach(Task& task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What the watchdog reports for a task whose time has come.
  v1::TaskResult Overdue(const Task& task) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Cancels those tasks that `selects` picks.
  template <typename Selects>
  void CancelWhere(Selects selects, std::string_view reason) ABSL_LOCKS_EXCLUDED(mutex_);
  // Claims the right to report; true for one caller only.
  bool ClaimReport(Task& task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Report(const Task& task, v1::TaskResult result) ABSL_LOCKS_EXCLUDED(mutex_, report_mutex_);

  const ExecutorOptions options_;
  const std::shared_ptr<const CheckFactory> factory_;
  const std::vector<std::string> kinds_;

  // Serialises the callbacks, so that none is running once they have been taken away.
  shared::Mutex report_mutex_;
  ResultCallback on_result_ ABSL_GUARDED_BY(report_mutex_);
  ReadyCallback on_ready_ ABSL_GUARDED_BY(report_mutex_);

  shared::Mutex mutex_;
  shared::CondVar work_;     // for workers: a task waits, or stop
  shared::CondVar watch_;    // for the watchdog: a nearer report_by, or stop
  shared::CondVar changed_;  // for WaitIdle and Stop: a task or a thread has ended
  shared::CondVar gate_;     // for tasks at their barrier: one is released or cancelled
  std::map<std::string, TaskPtr, std::less<>> tasks_ ABSL_GUARDED_BY(mutex_);
  std::deque<TaskPtr> queue_ ABSL_GUARDED_BY(mutex_);
  int threads_ ABSL_GUARDED_BY(mutex_) = 0;  // all of them, the watchdog too
  int serving_ ABSL_GUARDED_BY(mutex_) = 0;  // workers that count for max_parallel
  int idle_ ABSL_GUARDED_BY(mutex_) = 0;     // those of them that wait for a task
  int lagging_ ABSL_GUARDED_BY(mutex_) = 0;  // workers whose task has been reported
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;  // workers whose task waits at its barrier
  bool watching_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;    // accepts nothing more
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;  // threads are to end
};

absl::Status Executor::Pool::Submit(v1::Assignment assignment) {
  const std::string kind = KindOf(assignment.check());
  if (std::find(kinds_.begin(), kinds_.end(), kind) == kinds_.end()) {
    return absl::UnimplementedError(absl::StrCat(
        kind.empty() ? "the check has no kind that this agent knows"
                     : absl::StrCat("this agent cannot run checks of kind \"", kind, "\""),
        "; it knows: ", absl::StrJoin(kinds_, ", ")));
  }
  if (assignment.task_id().empty() || assignment.task_id().size() > kLongestTaskId) {
    return absl::InvalidArgumentError(absl::StrCat("the task's identifier must have 1 to ",
                                                   kLongestTaskId, " bytes, but has ",
                                                   assignment.task_id().size()));
  }
  auto task = std::make_shared<Task>(std::move(assignment));
  const std::string& id = task->assignment.task_id();

  MutexLock lock(&mutex_);
  if (closed_) return absl::UnavailableError("the agent is stopping");
  if (tasks_.count(id) > 0) return absl::AlreadyExistsError("the task is already running");
  if (lagging_ >= options_.max_lagging) {
    return absl::ResourceExhaustedError(absl::StrCat(
        lagging_,
        " earlier checks on this agent have not stopped by themselves; restart the agent"
        " if this lasts"));
  }
  if (static_cast<int>(queue_.size()) >= options_.max_queued) {
    return absl::ResourceExhaustedError(absl::StrCat("the agent runs ", options_.max_parallel,
                                                     " checks and has ", queue_.size(),
                                                     " waiting: it takes no more for now"));
  }
  if (!watching_) {
    watching_ = StartThread(&Pool::WatchdogMain);
    if (!watching_) return absl::ResourceExhaustedError("the agent can start no more threads");
  }
  task->report_by = std::chrono::steady_clock::now() + task->timeout + options_.report_slack;
  tasks_.emplace(id, task);
  queue_.push_back(task);
  StartWorkers();
  work_.NotifyOne();
  watch_.NotifyOne();
  return absl::OkStatus();
}

void Executor::Pool::StartWorkers() {
  while (static_cast<int>(queue_.size()) > idle_ && serving_ < options_.max_parallel &&
         lagging_ < options_.max_lagging) {
    if (!StartThread(&Pool::WorkerMain)) return;  // the watchdog reports what stays in the queue
    ++serving_;
    ++idle_;  // it counts as idle from here on, so that the next task gets its own worker
  }
}

bool Executor::Pool::StartThread(void (Pool::*main)()) {
  try {
    std::thread([self = shared_from_this(), main] { (self.get()->*main)(); }).detach();
  } catch (const std::system_error& e) {
    shared::LogError(absl::StrCat("cannot start a thread: ", e.what()));
    return false;
  }
  ++threads_;
  return true;
}

void Executor::Pool::WorkerMain() {
  mutex_.Lock();
  bool detached = false;
  while (!detached) {
    while (queue_.empty() && !stopping_) work_.Wait(&mutex_);
    if (queue_.empty()) break;
    --idle_;
    TaskPtr task = std::move(queue_.front());
    queue_.pop_front();
    task->running = true;
    task->started = std::chrono::steady_clock::now();
    task->started_wall = std::chrono::system_clock::now();
    task->report_by = task->started + task->timeout + options_.report_slack;
    mutex_.Unlock();

    RunTask(*task);

    mutex_.Lock();
    tasks_.erase(task->assignment.task_id());
    changed_.NotifyAll();
    detached = task->lagging;
    // A worker that fell behind was replaced.
    if (detached) {
      --lagging_;
      StartWorkers();
    } else if (serving_ > options_.max_parallel) {
      // A task of this worker, or of another one, came back from its barrier.
      --serving_;
      detached = true;
    } else {
      ++idle_;
    }
  }
  if (!detached) {
    --serving_;
    --idle_;
  }
  --threads_;
  changed_.NotifyAll();
  mutex_.Unlock();
}

void Executor::Pool::RunTask(Task& task) {
  TaskBarrier barrier(this, &task);
  const CheckContext context{task.started + task.timeout, &task.cancellation, &barrier};
  std::unique_ptr<Check> check;
  v1::TaskResult result;
  absl::Status made = WithoutExceptions([&] {
    auto created = factory_->Create(task.assignment);
    if (created.ok()) {
      check = std::move(created).value();
    } else {
      result = WithOutcome(v1::OUTCOME_ERRORED, std::string(created.status().message()));
    }
  });
  if (!made.ok()) result = WithOutcome(v1::OUTCOME_ERRORED, std::string(made.message()));
  if (check != nullptr) result = RunCheck(*check, task, context);

  // Time is up, or nobody waits for how the cleaning goes: report first.
  const bool report_first = check == nullptr || task.cancellation.cancelled() ||
                            std::chrono::steady_clock::now() >= context.deadline;
  bool claimed = false;
  {
    MutexLock lock(&mutex_);
    if (report_first) {
      claimed = ClaimReport(task);
      if (check != nullptr) Detach(task);
    } else {
      task.result = result;
    }
  }
  if (claimed) Report(task, std::move(result));
  if (check == nullptr) return;

  v1::TaskResult kept;
  absl::Status cleaned;
  const absl::Status called = WithoutExceptions([&] {
    cleaned = check->CleanUp(
        {std::chrono::steady_clock::now() + options_.clean_up_time, &task.no_cancellation});
    check.reset();
  });
  cleaned.Update(called);
  {
    MutexLock lock(&mutex_);
    claimed = ClaimReport(task);
    if (claimed) kept = *std::move(task.result);
  }
  if (claimed) {
    kept.set_cleanup_error(std::string(cleaned.message()));
    Report(task, std::move(kept));
  } else if (!cleaned.ok()) {
    shared::LogWarn(absl::StrCat(
        "check \"", task.assignment.check().name(), "\" of run ", task.assignment.run_id(),
        ": cleaning up failed after the result was sent: ", std::string(cleaned.message())));
  }
}

v1::TaskResult Executor::Pool::RunCheck(Check& check, const Task& task,
                                        const CheckContext& context) {
  v1::TaskResult result;
  const absl::Status ran = WithoutExceptions([&] { result = check.Run(context); });
  if (!ran.ok()) return WithOutcome(v1::OUTCOME_ERRORED, std::string(ran.message()));
  switch (result.outcome()) {
    case v1::OUTCOME_PASSED:
    case v1::OUTCOME_FLAKY:
    case v1::OUTCOME_FAILED:
    case v1::OUTCOME_ERRORED:
    case v1::OUTCOME_ABORTED:
    case v1::OUTCOME_SKIPPED:
      break;
    default:
      result.set_message(absl::StrCat("the agent failed: check \"", task.assignment.check().name(),
                                      "\" ended with outcome ",
                                      v1::Outcome_Name(result.outcome())));
      result.set_outcome(v1::OUTCOME_ERRORED);
  }
  return result;
}

absl::Status Executor::Pool::Await(Task& task, SteadyTime deadline) {
  {
    MutexLock lock(&report_mutex_);
    if (on_ready_) on_ready_(task.assignment.task_id());
  }
  const shared::Cancellation::Registration registration(&task.cancellation, [this] {
    MutexLock lock(&mutex_);
    gate_.NotifyAll();
  });
  MutexLock lock(&mutex_);
  if (!task.lagging && waiting_ < options_.max_waiting) {
    task.waiting = true;
    ++waiting_;
    --serving_;
    StartWorkers();
  }
  while (!task.released && !task.cancellation.cancelled() &&
         std::chrono::steady_clock::now() < deadline) {
    gate_.WaitUntil(&mutex_, deadline);
  }
  if (task.waiting) {
    task.waiting = false;
    --waiting_;
    ++serving_;
  }
  if (task.cancellation.cancelled()) return absl::CancelledError("cancelled");
  if (!task.released) return absl::DeadlineExceededError("the task was not released");
  return absl::OkStatus();
}

void Executor::Pool::Release(std::string_view task_id) {
  MutexLock lock(&mutex_);
  const auto it = tasks_.find(task_id);
  if (it == tasks_.end()) return;
  it->second->released = true;
  gate_.NotifyAll();
}

void Executor::Pool::Detach(Task& task) {
  if (task.lagging) return;
  task.lagging = true;
  if (task.waiting) {
    task.waiting = false;
    --waiting_;
  } else {
    --serving_;
  }
  ++lagging_;
  StartWorkers();
}

bool Executor::Pool::ClaimReport(Task& task) {
  if (task.reported) return false;
  task.reported = true;
  return true;
}

void Executor::Pool::Report(const Task& task, v1::TaskResult result) {
  result.set_task_id(task.assignment.task_id());
  result.set_run_id(task.assignment.run_id());
  result.set_check(task.assignment.check().name());
  result.set_agent_id(options_.agent_id);
  result.set_attempt(task.assignment.attempt());
  if (task.running && !result.has_start_time()) {
    *result.mutable_start_time() = shared::ToProto(task.started_wall);
  }
  if (task.running && !result.has_duration()) {
    *result.mutable_duration() = shared::ToProto(std::chrono::steady_clock::now() - task.started);
  }
  LimitResult(kMaxResultBytes, &result);
  MutexLock lock(&report_mutex_);
  if (on_result_) on_result_(std::move(result));
}

v1::TaskResult Executor::Pool::Overdue(const Task& task) const {
  const std::string within = absl::StrCat("within ", shared::FormatDuration(task.timeout));
  if (task.result.has_value()) {
    v1::TaskResult result = *task.result;
    result.set_cleanup_error(
        absl::StrCat("cleaning up was not finished ", within, ", when the result was due"));
    return result;
  }
  if (!task.running) {
    return WithOutcome(
        v1::OUTCOME_ERRORED,
        absl::StrCat("the agent had no free worker ", within, " (", options_.max_parallel,
                     " checks at once, ", lagging_, " earlier ones have not stopped)"));
  }
  if (task.cancellation.cancelled()) {
    return WithOutcome(v1::OUTCOME_ABORTED, absl::StrCat("cancelled: ", task.cancellation.reason(),
                                                         "; the check did not stop by itself"));
  }
  v1::TaskResult result = WithOutcome(
      v1::OUTCOME_FAILED, absl::StrCat("no answer ", within, "; the check did not stop by itself"));
  v1::Failure* failure = result.add_failures();
  failure->set_expected(absl::StrCat("an answer ", within));
  failure->set_actual("no answer; the check did not stop by itself");
  failure->set_hint("look whether the target hangs, and at the agent's log");
  return result;
}

void Executor::Pool::WatchdogMain() {
  mutex_.Lock();
  while (!stopping_) {
    const SteadyTime now = std::chrono::steady_clock::now();
    SteadyTime next = SteadyTime::max();
    std::vector<std::pair<TaskPtr, v1::TaskResult>> due;
    for (auto& [id, task] : tasks_) {
      if (task->reported) continue;
      if (task->report_by > now) {
        next = std::min(next, task->report_by);
      } else if (ClaimReport(*task)) {
        due.emplace_back(task, Overdue(*task));
      }
    }
    if (due.empty()) {
      if (next == SteadyTime::max()) {
        watch_.Wait(&mutex_);
      } else {
        watch_.WaitUntil(&mutex_, next);
      }
      continue;
    }
    for (auto& [task, result] : due) {
      if (task->running) {
        Detach(*task);
      } else {
        queue_.erase(std::remove(queue_.begin(), queue_.end(), task), queue_.end());
        tasks_.erase(task->assignment.task_id());
        changed_.NotifyAll();
      }
    }
    mutex_.Unlock();
    for (auto& [task, result] : due) Report(*task, std::move(result));
    // Nobody waits for these checks any more: the sooner they notice, the sooner they clean up.
    for (auto& [task, result] : due) task->cancellation.Cancel("the check used up its time");
    mutex_.Lock();
  }
  --threads_;
  changed_.NotifyAll();
  mutex_.Unlock();
}

template <typename Selects>
void Executor::Pool::CancelWhere(Selects selects, std::string_view reason) {
  std::vector<TaskPtr> waiting;
  std::vector<TaskPtr> running;
  {
    MutexLock lock(&mutex_);
    const SteadyTime report_by = std::chrono::steady_clock::now() + options_.cancel_slack;
    for (auto& [id, task] : tasks_) {
      if (task->reported || !selects(task->assignment)) continue;
      if (task->running) {
        task->report_by = std::min(task->report_by, report_by);
        running.push_back(task);
      } else if (ClaimReport(*task)) {
        waiting.push_back(task);
      }
    }
    for (const TaskPtr& task : waiting) {
      queue_.erase(std::remove(queue_.begin(), queue_.end(), task), queue_.end());
      tasks_.erase(task->assignment.task_id());
    }
    changed_.NotifyAll();
    watch_.NotifyOne();
  }
  // Outside the lock: both call code that is not ours.
  for (const TaskPtr& task : running) task->cancellation.Cancel(std::string(reason));
  for (const TaskPtr& task : waiting) {
    Report(*task, WithOutcome(v1::OUTCOME_ABORTED,
                              absl::StrCat("cancelled before it began: ", std::string(reason))));
  }
}

void Executor::Pool::Cancel(std::string_view run_id, std::string_view task_id,
                            std::string_view reason) {
  CancelWhere(
      [&](const v1::Assignment& assignment) {
        return assignment.run_id() == run_id &&
               (task_id.empty() || assignment.task_id() == task_id);
      },
      reason);
}

void Executor::Pool::CancelAll(std::string_view reason) {
  {
    MutexLock lock(&mutex_);
    closed_ = true;
  }
  CancelWhere([](const v1::Assignment&) { return true; }, reason);
}

bool Executor::Pool::WaitIdle(SteadyTime deadline) {
  MutexLock lock(&mutex_);
  while (!tasks_.empty()) {
    if (!changed_.WaitUntil(&mutex_, deadline) && !tasks_.empty()) return false;
  }
  return true;
}

void Executor::Pool::Stop() {
  CancelAll("the agent is stopping");
  const Duration patience =
      options_.cancel_slack + options_.clean_up_time + std::chrono::milliseconds(500);
  if (!WaitIdle(std::chrono::steady_clock::now() + patience)) {
    shared::LogError("checks that did not stop by themselves are left behind");
  }
  {
    MutexLock lock(&report_mutex_);
    on_result_ = nullptr;
    on_ready_ = nullptr;
  }
  MutexLock lock(&mutex_);
  stopping_ = true;
  work_.NotifyAll();
  watch_.NotifyAll();
  // Threads that are not stuck end now; joined ones would be the same without the stuck ones.
  while (threads_ > static_cast<int>(tasks_.size())) changed_.Wait(&mutex_);
}

Executor::Executor(ExecutorOptions options, std::shared_ptr<const CheckFactory> factory,
                   ResultCallback on_result, ReadyCallback on_ready)
    : pool_(std::make_shared<Pool>(std::move(options), std::move(factory), std::move(on_result),
                                   std::move(on_ready))) {}

Executor::~Executor() { pool_->Stop(); }

absl::Status Executor::Submit(v1::Assignment assignment) {
  return pool_->Submit(std::move(assignment));
}

void Executor::Release(std::string_view task_id) { pool_->Release(task_id); }

void Executor::Cancel(std::string_view run_id, std::string_view task_id, std::string_view reason) {
  pool_->Cancel(run_id, task_id, reason);
}

void Executor::CancelAll(std::string_view reason) { pool_->CancelAll(reason); }

bool Executor::WaitIdle(SteadyTime deadline) { return pool_->WaitIdle(deadline); }

}  // namespace smokemesh::agent
