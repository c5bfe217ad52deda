#ifndef SMOKEMESH_COORDINATOR_REPLICA_LEASE_KEEPER_H_
#define SMOKEMESH_COORDINATOR_REPLICA_LEASE_KEEPER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "coordinator/leadership/leadership.h"
#include "coordinator/store/lease_store.h"
#include "shared/clock.h"
#include "shared/event_loop/event_loop.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

// What a replica does as a leader and as a follower. Called on the keeper's thread, in the order in
// which things happen: must not block. `done` is called once, on any thread.
class ReplicaRole {
 public:
  virtual ~ReplicaRole() = default;

  // Begin to lead: BeginLeading.
  virtual void Begin(uint64_t epoch, std::function<void(absl::Status)> done) = 0;
  // Stop to lead: EndLeading. Nothing is decided from the moment when it returns.
  virtual void End(const std::string& reason, std::function<void()> done) = 0;
  // FollowLeader.
  virtual void Follow(const std::string& address) = 0;
};

// Carries a Leadership out over a LeaseStore: one thread for the machine, one for the store, one
// that waits for hints. Thread-safe.
class LeaseKeeper {
 public:
  // `role` must outlive this.
  LeaseKeeper(LeadershipOptions options, std::unique_ptr<LeaseStore> store, ReplicaRole* role);
  // Leaves.
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  void Start();

  // Whether this replica may decide now. Does not block.
  bool Leads() const {
    return std::chrono::steady_clock::now().time_since_epoch() < leads_until_.load();
  }

  // A write under this epoch was refused. Does not block.
  void ReportFenced(uint64_t epoch);

  // Gives the lease back after it has ended what goes on, and ends the threads. Blocks: for as long
  // as the role takes to end, and two calls of the store.
  void Leave();

 private:
  void Feed(const LeadershipEvent& event);
  void CarryOut(const std::vector<LeadershipEffect>& effects);
  void CarryOutOne(const AskForLease&);
  void CarryOutOne(const RenewLease& effect);
  void CarryOutOne(const ReleaseLease& effect);
  void CarryOutOne(const BeginLeading& effect);
  void CarryOutOne(const EndLeading& effect);
  void CarryOutOne(const FollowLeader& effect);
  void CarryOutOne(const LeftLeadership&);
  // Asks on the store's thread and feeds the answer.
  void Ask(std::function<absl::StatusOr<Lease>()> question);
  void Note(const absl::Status& answer);
  void WaitForHints() ABSL_LOCKS_EXCLUDED(mutex_);

  const LeadershipOptions options_;
  const std::unique_ptr<LeaseStore> store_;
  ReplicaRole& role_;
  std::atomic<shared::SteadyTime::duration> leads_until_;

  // The loop's thread only.
  Leadership machine_;
  bool store_answers_ = true;

  shared::Mutex mutex_;
  shared::CondVar changed_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool left_ ABSL_GUARDED_BY(mutex_) = false;

  shared::EventLoop store_loop_;
  shared::EventLoop loop_;
  std::thread hints_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPLICA_LEASE_KEEPER_H_
