#include "coordinator/replica/lease_keeper.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "shared/logging.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;
using std::chrono::steady_clock;

// How long one wait for a hint lasts, and the shortest that a broken one may take.
constexpr auto kHintWait = std::chrono::seconds(2);
constexpr auto kHintPause = std::chrono::milliseconds(200);

}  // namespace

LeaseKeeper::LeaseKeeper(LeadershipOptions options, std::unique_ptr<LeaseStore> store,
                         ReplicaRole* role)
    : options_(std::move(options)),
      store_(std::move(store)),
      role_(*role),
      leads_until_(shared::SteadyTime::min().time_since_epoch()),
      machine_(options_),
      loop_({.deadline = [this] { return machine_.NextDeadline(); },
             .ring = [this] { Feed(LeadershipTick{}); }}) {}

LeaseKeeper::~LeaseKeeper() { Leave(); }

void LeaseKeeper::Start() {
  {
    MutexLock lock(&mutex_);
    started_ = true;
  }
  loop_.Post([this] { CarryOut(machine_.Start(steady_clock::now())); });
  hints_ = std::thread([this] { WaitForHints(); });
}

void LeaseKeeper::ReportFenced(uint64_t epoch) {
  loop_.Post([this, epoch] { Feed(WriteFenced{epoch}); });
}

void LeaseKeeper::Leave() {
  {
    MutexLock lock(&mutex_);
    if (!started_) return;
  }
  loop_.Post([this] { Feed(LeaveRequested{}); });
  {
    MutexLock lock(&mutex_);
    while (!left_) changed_.Wait(&mutex_);
  }
  store_->Interrupt();
  if (hints_.joinable()) hints_.join();
  store_loop_.Stop();
  loop_.Stop();
}

// ---- The machine -----------------------------------------------------------------------------

void LeaseKeeper::Feed(const LeadershipEvent& event) {
  const std::vector<LeadershipEffect> effects = machine_.Step(event, steady_clock::now());
  // Before anything else: those who decide look at it.
  leads_until_ = machine_.leads_until().time_since_epoch();
  CarryOut(effects);
}

void LeaseKeeper::CarryOut(const std::vector<LeadershipEffect>& effects) {
  for (const LeadershipEffect& effect : effects) {
    std::visit([this](const auto& one) { CarryOutOne(one); }, effect);
  }
}

void LeaseKeeper::CarryOutOne(const AskForLease&) {
  Ask([this] { return store_->Acquire(options_.holder, options_.address, options_.ttl); });
}

void LeaseKeeper::CarryOutOne(const RenewLease& effect) {
  Ask([this, epoch = effect.epoch] { return store_->Renew(epoch, options_.ttl); });
}

void LeaseKeeper::CarryOutOne(const ReleaseLease& effect) {
  store_loop_.Post([this, epoch = effect.epoch] {
    const absl::Status status = store_->Release(epoch);
    if (!status.ok()) {
      shared::LogInfo(absl::StrCat("the lease could not be given back, and ends by itself: ",
                                   std::string(status.message())));
    }
  });
}

void LeaseKeeper::CarryOutOne(const BeginLeading& effect) {
  shared::LogInfo(absl::StrCat("this replica takes the lead, with epoch ", effect.epoch));
  role_.Begin(effect.epoch, [this, epoch = effect.epoch](absl::Status status) {
    if (status.ok()) {
      shared::LogInfo(absl::StrCat("this replica leads, with epoch ", epoch));
    } else {
      shared::LogError(absl::StrCat("this replica cannot lead: ", std::string(status.message())));
    }
    loop_.Post([this, status = std::move(status)] { Feed(LeadingBegan{status}); });
  });
}

void LeaseKeeper::CarryOutOne(const EndLeading& effect) {
  shared::LogWarn(absl::StrCat("this replica does not lead any more: ", effect.reason));
  role_.End(effect.reason, [this] { loop_.Post([this] { Feed(LeadingEnded{}); }); });
}

void LeaseKeeper::CarryOutOne(const FollowLeader& effect) {
  shared::LogInfo(effect.address.empty()
                      ? "this replica follows; it knows no leader"
                      : absl::StrCat("this replica follows the leader at ", effect.address));
  role_.Follow(effect.address);
}

void LeaseKeeper::CarryOutOne(const LeftLeadership&) {
  MutexLock lock(&mutex_);
  left_ = true;
  changed_.NotifyAll();
}

// ---- The store -------------------------------------------------------------------------------

void LeaseKeeper::Ask(std::function<absl::StatusOr<Lease>()> question) {
  store_loop_.Post([this, question = std::move(question)] {
    const shared::SteadyTime asked = steady_clock::now();
    absl::StatusOr<Lease> lease = question();
    loop_.Post([this, asked, lease = std::move(lease)] {
      Note(lease.status());
      Feed(LeaseAnswered{lease, asked});
    });
  });
}

void LeaseKeeper::Note(const absl::Status& answer) {
  if (answer.ok() == store_answers_) return;
  store_answers_ = answer.ok();
  if (answer.ok()) {
    shared::LogInfo("the store of the lease answers again");
  } else {
    shared::LogWarn(
        absl::StrCat("the store does not answer about the lease: ", std::string(answer.message())));
  }
}

void LeaseKeeper::WaitForHints() {
  while (true) {
    const shared::SteadyTime begin = steady_clock::now();
    store_->AwaitChange(kHintWait);
    const shared::Duration waited = steady_clock::now() - begin;
    if (waited < kHintWait) loop_.Post([this] { Feed(LeaseHint{}); });
    MutexLock lock(&mutex_);
    // One that cannot wait must not keep a processor busy.
    const shared::SteadyTime until = begin + kHintPause;
    while (!left_ && steady_clock::now() < until) changed_.WaitUntil(&mutex_, until);
    if (left_) return;
  }
}

}  // namespace smokemesh::coordinator
