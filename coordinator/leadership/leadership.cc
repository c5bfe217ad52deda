#include "coordinator/leadership/leadership.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace smokemesh::coordinator {
namespace {

using shared::Duration;
using shared::SteadyTime;

// Of the lease: renewed after this part of it, ...
constexpr int kRenewalsPerLease = 3;
// ... tried again after this part when the store did not answer, ...
constexpr int kRetriesPerLease = 12;
// ... and not counted on for this part: clocks that run at different speeds.
constexpr int kMarginsPerLease = 20;
// A hint is followed this soon after the last question at the earliest, in parts of `ask_every`.
constexpr int kHintsPerAsk = 10;

}  // namespace

Leadership::Leadership(LeadershipOptions options) : options_(std::move(options)) {}

std::vector<LeadershipEffect> Leadership::Start(SteadyTime now) {
  Effects effects;
  next_ask_ = now;
  Follow("", &effects);
  OnTime(now, &effects);
  return effects;
}

std::vector<LeadershipEffect> Leadership::Step(const LeadershipEvent& event, SteadyTime now) {
  Effects effects;
  if (state_ == State::kLeft) return effects;
  std::visit([&](const auto& one) { On(one, now, &effects); }, event);
  OnTime(now, &effects);
  return effects;
}

std::optional<SteadyTime> Leadership::NextDeadline() const {
  switch (state_) {
    case State::kFollowing:
      if (asking_ || leaving_) return std::nullopt;
      return next_ask_;
    case State::kBeginning:
    case State::kLeading:
      return asking_ ? valid_until_ : std::min(valid_until_, next_ask_);
    case State::kEnding:
    case State::kLeft:
      break;
  }
  return std::nullopt;
}

SteadyTime Leadership::leads_until() const { return holds() ? valid_until_ : SteadyTime::min(); }

void Leadership::OnTime(SteadyTime now, Effects* effects) {
  if (holds() && now >= valid_until_) {
    Depose("its lease has run out before the store confirmed it", effects);
  }
  if (asking_ || now < next_ask_) return;
  if (holds()) {
    asking_ = true;
    effects->emplace_back(RenewLease{epoch_});
  } else if (state_ == State::kFollowing && !leaving_) {
    asking_ = true;
    last_ask_ = now;
    effects->emplace_back(AskForLease{});
  }
}

// ---- The store's answers ---------------------------------------------------------------------

bool Leadership::IsOurs(const Lease& lease) const {
  return lease.holder == options_.holder && lease.remaining > Duration::zero();
}

void Leadership::TakeValidity(const Lease& lease, SteadyTime asked) {
  valid_until_ = asked + std::min(lease.remaining, options_.ttl) - options_.ttl / kMarginsPerLease;
  next_ask_ = asked + options_.ttl / kRenewalsPerLease;
}

void Leadership::On(const LeaseAnswered& answer, SteadyTime now, Effects* effects) {
  asking_ = false;
  switch (state_) {
    case State::kBeginning:
    case State::kLeading:
      return KeepLease(answer, now, effects);
    case State::kFollowing:
      return SeekLease(answer, now, effects);
    case State::kEnding:
      if (answer.lease.ok() && !IsOurs(*answer.lease) &&
          answer.lease->remaining > Duration::zero()) {
        leader_ = answer.lease->address;
      }
      if (ended_) FinishEnding(now, effects);
      return;
    case State::kLeft:
      return;
  }
}

void Leadership::KeepLease(const LeaseAnswered& answer, SteadyTime now, Effects* effects) {
  if (!answer.lease.ok()) {
    next_ask_ = now + options_.ttl / kRetriesPerLease;
    return;
  }
  if (answer.lease->epoch == epoch_ && IsOurs(*answer.lease)) {
    return TakeValidity(*answer.lease, answer.asked);
  }
  if (answer.lease->remaining > Duration::zero()) leader_ = answer.lease->address;
  Depose(absl::StrCat("another replica has taken the lease, with epoch ", answer.lease->epoch),
         effects);
}

void Leadership::SeekLease(const LeaseAnswered& answer, SteadyTime now, Effects* effects) {
  const bool ours = answer.lease.ok() && IsOurs(*answer.lease);
  if (leaving_) {
    if (ours) effects->emplace_back(ReleaseLease{answer.lease->epoch});
    return Leave(effects);
  }
  next_ask_ = std::max(now + options_.ask_every, not_before_);
  // Who led may still do; only this replica does not reach the store.
  if (!answer.lease.ok()) return;
  if (!ours) {
    const bool held = answer.lease->remaining > Duration::zero();
    // The moment when it ends is the one to ask at.
    if (held) next_ask_ = std::max(now, std::min(next_ask_, now + answer.lease->remaining));
    return Follow(held ? answer.lease->address : "", effects);
  }
  if (answer.lease->epoch <= epoch_) {
    effects->emplace_back(ReleaseLease{answer.lease->epoch});
    Follow("", effects);
    next_ask_ = now + options_.ask_every / kHintsPerAsk;
    return;
  }
  TakeValidity(*answer.lease, answer.asked);
  if (now >= valid_until_) {
    // It took too long to hear of it: ask for a newer one.
    effects->emplace_back(ReleaseLease{answer.lease->epoch});
    Follow("", effects);
    next_ask_ = now + options_.ask_every / kHintsPerAsk;
    return;
  }
  epoch_ = answer.lease->epoch;
  state_ = State::kBeginning;
  leader_.clear();
  told_.reset();
  effects->emplace_back(BeginLeading{epoch_});
}

// ---- Leading ---------------------------------------------------------------------------------

void Leadership::On(const WriteFenced& fenced, SteadyTime /*now*/, Effects* effects) {
  if (!holds() || fenced.epoch != epoch_) return;
  Depose("a write was refused: another replica has taken the lease", effects);
}

void Leadership::On(const LeadingBegan& began, SteadyTime now, Effects* effects) {
  // After EndLeading, what comes of it is told by LeadingEnded.
  if (state_ != State::kBeginning) return;
  if (began.status.ok()) {
    state_ = State::kLeading;
    return;
  }
  state_ = State::kEnding;
  not_before_ = now + options_.ttl;
  On(LeadingEnded{}, now, effects);
}

void Leadership::On(const LeadingEnded&, SteadyTime now, Effects* effects) {
  if (state_ != State::kEnding || ended_) return;
  ended_ = true;
  // A renewal that is under way must not make the lease valid again after it was given back.
  if (!asking_) FinishEnding(now, effects);
}

void Leadership::Depose(std::string reason, Effects* effects) {
  state_ = State::kEnding;
  ended_ = false;
  effects->emplace_back(EndLeading{std::move(reason)});
}

void Leadership::FinishEnding(SteadyTime now, Effects* effects) {
  ended_ = false;
  state_ = State::kFollowing;
  effects->emplace_back(ReleaseLease{epoch_});
  if (leaving_) return Leave(effects);
  next_ask_ = std::max(now, not_before_);
  Follow(std::exchange(leader_, {}), effects);
}

// ---- Following and leaving -------------------------------------------------------------------

void Leadership::On(const LeaseHint&, SteadyTime now, Effects* /*effects*/) {
  if (state_ != State::kFollowing) return;
  const SteadyTime soonest = std::max(last_ask_ + options_.ask_every / kHintsPerAsk, not_before_);
  next_ask_ = std::min(next_ask_, std::max(now, soonest));
}

void Leadership::On(const LeaveRequested&, SteadyTime /*now*/, Effects* effects) {
  leaving_ = true;
  if (holds()) Depose("this replica is stopping", effects);
  // The answer that is awaited may be a lease, which must be given back.
  if (state_ == State::kFollowing && !asking_) Leave(effects);
}

void Leadership::Leave(Effects* effects) {
  state_ = State::kLeft;
  effects->emplace_back(LeftLeadership{});
}

void Leadership::Follow(const std::string& address, Effects* effects) {
  const std::string& target = address == options_.address ? std::string() : address;
  if (told_ == target) return;
  told_ = target;
  effects->emplace_back(FollowLeader{target});
}

}  // namespace smokemesh::coordinator
