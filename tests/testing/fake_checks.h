#ifndef SMOKEMESH_TESTS_TESTING_FAKE_CHECKS_H_
#define SMOKEMESH_TESTS_TESTING_FAKE_CHECKS_H_

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/checks/check.h"
#include "shared/mutex.h"

namespace smokemesh::testing {

// Something that threads wait for. Opened once.
class Gate {
 public:
  void Open() {
    shared::MutexLock lock(&mutex_);
    open_ = true;
    changed_.NotifyAll();
  }
  bool WaitUntil(shared::SteadyTime deadline) {
    shared::MutexLock lock(&mutex_);
    while (!open_) {
      if (!changed_.WaitUntil(&mutex_, deadline) && !open_) return false;
    }
    return true;
  }
  // Long enough for any machine, short enough for a test that is wrong.
  bool Wait() { return WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(20)); }

 private:
  shared::Mutex mutex_;
  shared::CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

// What a fake check does. Functions that are not set pass at once.
struct FakeBehaviour {
  std::function<v1::TaskResult(const agent::CheckContext&)> run;
  std::function<absl::Status(const agent::CheckContext&)> clean_up;
  absl::Status create;
};

inline v1::TaskResult WithOutcome(v1::Outcome outcome) {
  v1::TaskResult result;
  result.set_outcome(outcome);
  return result;
}

// Makes checks of the kinds `http` and `redis` whose behaviour is looked up by the check's name.
class FakeChecks final : public agent::CheckFactory {
 public:
  void Set(const std::string& check, FakeBehaviour behaviour) {
    shared::MutexLock lock(&mutex_);
    behaviours_[check] = std::move(behaviour);
  }

  // How often a task was run and cleaned up.
  int runs(const std::string& task_id) const { return Count(runs_, task_id); }
  int clean_ups(const std::string& task_id) const { return Count(clean_ups_, task_id); }

  std::vector<std::string> Kinds() const override { return {"http", "redis"}; }

  absl::StatusOr<std::unique_ptr<agent::Check>> Create(
      const v1::Assignment& assignment) const override {
    FakeBehaviour behaviour;
    {
      shared::MutexLock lock(&mutex_);
      const auto found = behaviours_.find(assignment.check().name());
      if (found != behaviours_.end()) behaviour = found->second;
    }
    if (!behaviour.create.ok()) return behaviour.create;
    return std::make_unique<FakeCheck>(this, assignment.task_id(), std::move(behaviour));
  }

 private:
  using Counts = std::map<std::string, int>;

  class FakeCheck final : public agent::Check {
   public:
    FakeCheck(const FakeChecks* owner, std::string task_id, FakeBehaviour behaviour)
        : owner_(owner), task_id_(std::move(task_id)), behaviour_(std::move(behaviour)) {}

    v1::TaskResult Run(const agent::CheckContext& context) override {
      owner_->Add(&owner_->runs_, task_id_);
      return behaviour_.run ? behaviour_.run(context) : WithOutcome(v1::OUTCOME_PASSED);
    }
    absl::Status CleanUp(const agent::CheckContext& context) override {
      owner_->Add(&owner_->clean_ups_, task_id_);
      return behaviour_.clean_up ? behaviour_.clean_up(context) : absl::OkStatus();
    }

   private:
    const FakeChecks* const owner_;
    const std::string task_id_;
    const FakeBehaviour behaviour_;
  };

  void Add(Counts* counts, const std::string& task_id) const {
    shared::MutexLock lock(&mutex_);
    ++(*counts)[task_id];
  }
  int Count(const Counts& counts, const std::string& task_id) const {
    shared::MutexLock lock(&mutex_);
    const auto found = counts.find(task_id);
    return found == counts.end() ? 0 : found->second;
  }

  mutable shared::Mutex mutex_;
  std::map<std::string, FakeBehaviour> behaviours_ ABSL_GUARDED_BY(mutex_);
  mutable Counts runs_;       // guarded by mutex_
  mutable Counts clean_ups_;  // guarded by mutex_
};

// An assignment of kind `http`.
inline v1::Assignment MakeAssignment(const std::string& task_id, const std::string& check,
                                     std::chrono::milliseconds timeout) {
  v1::Assignment assignment;
  assignment.set_task_id(task_id);
  assignment.set_run_id("run-1");
  assignment.set_attempt(1);
  assignment.mutable_check()->set_name(check);
  assignment.mutable_check()->mutable_timeout()->set_seconds(timeout.count() / 1000);
  assignment.mutable_check()->mutable_timeout()->set_nanos(
      static_cast<int32_t>(timeout.count() % 1000 * 1'000'000));
  assignment.mutable_check()->mutable_http();
  return assignment;
}

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_FAKE_CHECKS_H_
