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
// the moment before it asked, less a twentieth of the lease for clocks that run at different
// speeds, so that a process that was asleep finds itself deposed before it acts. That is for quick
// reaction only. What keeps two replicas from deciding is the epoch in every write.
//
// An epoch is led once: a lease that this replica still holds from an earlier time of leading is
// given back, and asked for again. Otherwise a write of then could be carried out now.

// ---- Events ----------------------------------------------------------------------------------

// The lease store answered AskForLease or RenewLease, or failed to. `asked` is the moment before it
// was asked. Exactly one for each of them; there is never more than one of them to be answered.
struct LeaseAnswered {
  absl::StatusOr<Lease> lease;
  shared::SteadyTime asked;
};
// A write of this epoch was refused (IsFenced): another one is the newest.
struct WriteFenced {
  uint64_t epoch = 0;
};
// This replica has begun to lead, or could not: then nothing of it is left, and it follows and
// tries again after the time of a lease. The answer to BeginLeading; it may come after EndLeading.
struct LeadingBegan {
  absl::Status status;
};
// This replica has stopped to lead: nothing of that epoch is going on any more. Exactly one for
// each EndLeading, after the LeadingBegan that it may have overtaken.
struct LeadingEnded {};
// The lease may have been released: ask soon. Too many of them do no harm.
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
// Give it back. No answer. Carried out before what is asked later.
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
// Pass what comes on to the leader at this address; empty: nobody is known to lead, refuse it
// (UNAVAILABLE). Holds until the next one, or BeginLeading. Only when it changes.
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
  // Where others reach this replica. It never follows a leader at this address: that is an earlier
  // process here, whose lease has not ended yet.
  std::string address;
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
  bool Leads(shared::SteadyTime now) const {
    return (state_ == State::kBeginning || state_ == State::kLeading) && now < valid_until_;
  }

  // Until when it may decide if nothing else happens. In the past when it may not. For those on
  // other threads who must not decide while this machine has not been asked.
  shared::SteadyTime leads_until() const;

  // The newest epoch that it has led; 0: none.
  uint64_t epoch() const { return epoch_; }

 private:
  // Following: it asks for the lease. Ending: EndLeading is being carried out.
  enum class State { kFollowing, kBeginning, kLeading, kEnding, kLeft };
  using Effects = std::vector<LeadershipEffect>;

  void On(const LeaseAnswered& answer, shared::SteadyTime now, Effects* effects);
  void On(const WriteFenced& fenced, shared::SteadyTime now, Effects* effects);
  void On(const LeadingBegan& began, shared::SteadyTime now, Effects* effects);
  void On(const LeadingEnded&, shared::SteadyTime now, Effects* effects);
  void On(const LeaseHint&, shared::SteadyTime now, Effects* effects);
  void On(const LeaveRequested&, shared::SteadyTime now, Effects* effects);
  void On(const LeadershipTick&, shared::SteadyTime, Effects*) {}

  // What an answer says to a replica that holds a lease, and to one that does not.
  void KeepLease(const LeaseAnswered& answer, shared::SteadyTime now, Effects* effects);
  void SeekLease(const LeaseAnswered& answer, shared::SteadyTime now, Effects* effects);
  bool IsOurs(const Lease& lease) const;
  void TakeValidity(const Lease& lease, shared::SteadyTime asked);

  // What `now` demands, whatever the event was.
  void OnTime(shared::SteadyTime now, Effects* effects);
  void Depose(std::string reason, Effects* effects);
  // After LeadingEnded, and after the answer that was awaited then.
  void FinishEnding(shared::SteadyTime now, Effects* effects);
  void Leave(Effects* effects);
  void Follow(const std::string& address, Effects* effects);
  bool holds() const { return state_ == State::kBeginning || state_ == State::kLeading; }

  const LeadershipOptions options_;
  State state_ = State::kFollowing;
  bool leaving_ = false;
  bool ended_ = false;  // kEnding: LeadingEnded has come
  uint64_t epoch_ = 0;
  shared::SteadyTime valid_until_{};

  bool asking_ = false;              // an answer is awaited
  shared::SteadyTime next_ask_{};    // for the lease, or its renewal
  shared::SteadyTime last_ask_{};    // for the lease
  shared::SteadyTime not_before_{};  // for the lease: it could not begin to lead
  std::string leader_;               // as last known while not leading
  std::optional<std::string> told_;  // of the last FollowLeader; nothing: BeginLeading came after
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_LEADERSHIP_LEADERSHIP_H_
