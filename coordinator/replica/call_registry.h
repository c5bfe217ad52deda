#ifndef SMOKEMESH_COORDINATOR_REPLICA_CALL_REGISTRY_H_
#define SMOKEMESH_COORDINATOR_REPLICA_CALL_REGISTRY_H_

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "shared/clock.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

// A call that can be ended from outside.
class OpenCall {
 public:
  virtual ~OpenCall() = default;

  // Ends the call with this status. Returns at once; again does nothing.
  virtual void End(absl::Status status) = 0;

  // Ends what End could not, because the caller does not read: without a status. After End only.
  virtual void Abort() = 0;
};

// The calls that a follower passes on: how many there are, and how to end them all. Thread-safe.
class CallRegistry : public std::enable_shared_from_this<CallRegistry> {
 public:
  explicit CallRegistry(size_t limit) : limit_(limit) {}

  // One of the calls, as long as it lives. A call lets go of it last.
  class Entry {
   public:
    Entry(std::shared_ptr<CallRegistry> registry, size_t id)
        : registry_(std::move(registry)), id_(id) {}
    ~Entry() { registry_->Remove(id_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    // Makes it one of those that EndAll ends.
    void Set(std::weak_ptr<OpenCall> call) { registry_->Set(id_, std::move(call)); }

   private:
    const std::shared_ptr<CallRegistry> registry_;
    const size_t id_;
  };

  // Null when there are too many.
  std::unique_ptr<Entry> Add() ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends those that are open now.
  void EndAll(const absl::Status& status, shared::SteadyTime now) ABSL_LOCKS_EXCLUDED(mutex_);

  // Aborts those that were told to end `grace` ago or earlier, and are still there.
  void AbortLate(shared::SteadyTime now, shared::Duration grace) ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until there is none.
  void AwaitNone() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Slot {
    std::weak_ptr<OpenCall> call;
    shared::SteadyTime ended = shared::SteadyTime::max();
  };

  void Set(size_t id, std::weak_ptr<OpenCall> call) ABSL_LOCKS_EXCLUDED(mutex_);
  void Remove(size_t id) ABSL_LOCKS_EXCLUDED(mutex_);

  const size_t limit_;
  shared::Mutex mutex_;
  shared::CondVar none_;
  size_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<size_t, Slot> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPLICA_CALL_REGISTRY_H_
