#ifndef SMOKEMESH_COORDINATOR_LEADERSHIP_LEADERSHIP_H_
#define SMOKEMESH_COORDINATOR_LEADERSHIP_LEADERSHIP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/store/lease_store.h"
#include "shared/clock.h"

namespace smokemesh::coordinator {

// Which of several coordinators decides: a state machine over the answers of a LeaseStore. It has
// no thread, no clock and does no I/O. Not thread-safe.
//
// A replica leads only while its lease is valid for certain: counted on its own steady clock from
// the moment before it asked, so that a process that was asleep finds itself deposed before it
// acts. That is for quick reaction only. What keeps two replicas from deciding is the epoch in
// every write.

// ---- Events ----------------------------------------------------------------------------------

// The lease store answered AskForLease or RenewLease, asked at `asked`.
struct LeaseAnswered {
  absl::StatusOr<Lease> lease;
  shared::SteadyTime asked;
};
// A write was refused: another epoch is the newest.
struct WriteFenced {
  uint64_t epoch = 0;
};
// This replica has begun to lead, or could not (it stays a follower then and tries again later).
struct LeadingBegan {
  absl::Status status;
};
// This replica has stopped to lead: nothing of that epoch is going on any more.
struct LeadingEnded {};
// The lease may have been released.
struct LeaseHint {};
// The process is stopping.
struct LeaveRequested {};
// Time has passed: `NextDeadline` has come, or later.
struct LeadershipTick {};

using LeadershipEvent = std::variant<LeaseAnswered, WriteFenced, LeadingBegan, LeadingEnded,
                                     LeaseHint, LeaveRequested, LeadershipTick>;

// ---- Effects ---------------------------------------------------------------------------------

// Ask the store for the lease; answer with LeaseAnswered.
struct AskForLease {};
// Renew it; answer with LeaseAnswered.
struct RenewLease {
  uint64_t epoch = 0;
};
// Give it back. No answer.
struct ReleaseLease {
  uint64_t epoch = 0;
};
// Open the store with this epoch, take its runs up and serve; answer with LeadingBegan.
struct BeginLeading {
  uint64_t epoch = 0;
};
// Stop deciding at once, end all sessions and calls; answer with LeadingEnded.
struct EndLeading {
  std::string reason;
};
// Pass what comes on to the leader at this address; empty: nobody leads, refuse it (UNAVAILABLE).
struct FollowLeader {
  std::string address;
};
// Nothing is held and nothing goes on: the process may end. The last effect.
struct LeftLeadership {};

using LeadershipEffect = std::variant<AskForLease, RenewLease, ReleaseLease, BeginLeading,
                                      EndLeading, FollowLeader, LeftLeadership>;

// ---- The machine -----------------------------------------------------------------------------

struct LeadershipOptions {
  // Unique to this start of this process.
  std::string holder;
  // How long a lease is valid. It is renewed after a third of it.
  shared::Duration ttl = std::chrono::seconds(6);
  // How often a follower asks.
  shared::Duration ask_every = std::chrono::seconds(1);
};

class Leadership {
 public:
  explicit Leadership(LeadershipOptions options);

  // Begins: the first thing to call.
  std::vector<LeadershipEffect> Start(shared::SteadyTime now);

  // Takes one event. Effects are to be carried out in order.
  std::vector<LeadershipEffect> Step(const LeadershipEvent& event, shared::SteadyTime now);

  // When to send a LeadershipTick at the latest.
  std::optional<shared::SteadyTime> NextDeadline() const;

  // Whether this replica may decide at `now`.
  bool Leads(shared::SteadyTime now) const;

 private:
  enum class State { kFollowing, kBeginning, kLeading, kEnding, kLeft };

  const LeadershipOptions options_;
  State state_ = State::kFollowing;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_LEADERSHIP_LEADERSHIP_H_
