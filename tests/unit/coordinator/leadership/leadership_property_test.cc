#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/leadership/leadership.h"

// Several machines with a lease store that loses and delays questions and answers, and with
// processes that sleep, die and stop, in virtual time, by seed.

namespace smokemesh::coordinator {
namespace {

using shared::Duration;
using shared::SteadyTime;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kTtl = seconds(6);
constexpr Duration kTroubled = seconds(120);
// A lease, a question, the longest call and the longest beginning and ending.
constexpr Duration kHealed = seconds(20);

// What the interface promises, at the world's time.
class ModelLease {
 public:
  Lease Acquire(const std::string& holder, Duration now) {
    if (ends_ <= now) {
      lease_ = {lease_.epoch + 1, holder, holder + ":1", {}};
      ends_ = now + kTtl;
    }
    return Read(now);
  }
  Lease Renew(uint64_t epoch, Duration now) {
    if (epoch == lease_.epoch) ends_ = now + kTtl;
    return Read(now);
  }
  void Release(uint64_t epoch, Duration now) {
    if (epoch == lease_.epoch) ends_ = std::min(ends_, now);
  }
  Lease Read(Duration now) const {
    Lease lease = lease_;
    lease.remaining = ends_ - now;
    return lease;
  }

 private:
  Lease lease_;
  Duration ends_{};
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {
    const size_t count = 2 + Below(2);
    for (size_t i = 0; i < count; ++i) Boot(static_cast<int>(i));
  }

  // Empty: nothing was violated.
  std::string Run() {
    while (violation_.empty() && now_ < kTroubled) RunNext();
    healed_ = true;
    for (auto& [place, process] : processes_) {
      if (process == nullptr || process->stopped) {
        Boot(place);
      } else {
        process->asleep_until = std::min(process->asleep_until, now_);
      }
    }
    while (violation_.empty() && now_ < kTroubled + kHealed) RunNext();
    if (violation_.empty() && Leaders() != 1) violation_ = "nobody leads after all is well again";
    if (violation_.empty() && begun_.empty()) violation_ = "nobody ever led";
    return violation_;
  }

  size_t terms() const { return begun_.size(); }

 private:
  struct Process {
    std::string name;
    SteadyTime boot{};   // its own clock when it was started
    Duration booted{};   // the world's
    double speed = 1.0;  // of its clock
    Duration asleep_until{};
    bool stopped = false;  // it has left
    bool term = false;     // it begins, leads or ends
    std::unique_ptr<Leadership> machine;
  };
  using ProcessPtr = std::shared_ptr<Process>;
  struct Entry {
    Duration at;
    uint64_t order;
    std::function<void()> run;
    bool operator>(const Entry& other) const {
      return std::tie(at, order) > std::tie(other.at, other.order);
    }
  };

  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool Chance(int percent) { return static_cast<int>(Below(100)) < percent; }
  Duration Between(Duration low, Duration high) {
    return low + Duration(Below(static_cast<uint64_t>((high - low).count()) + 1));
  }

  void At(Duration at, std::function<void()> run) {
    queue_.push({std::max(at, now_), ++order_, std::move(run)});
  }

  SteadyTime LocalNow(const Process& process) const {
    return process.boot +
           Duration(static_cast<int64_t>(static_cast<double>((now_ - process.booted).count()) *
                                         process.speed));
  }

  void Boot(int place) {
    auto process = std::make_shared<Process>();
    process->name = "p" + std::to_string(place) + "." + std::to_string(++starts_);
    process->boot = SteadyTime(seconds(Below(100000)));
    process->booted = now_;
    process->speed = 1.0 + (static_cast<double>(Below(21)) - 10.0) / 1000.0;
    LeadershipOptions options{
        .holder = process->name, .address = process->name + ":1", .ttl = kTtl};
    process->machine = std::make_unique<Leadership>(options);
    processes_[place] = process;
    CarryOut(process, process->machine->Start(LocalNow(*process)));
    if (!healed_) PlanTrouble(place, process);
  }

  void PlanTrouble(int place, const ProcessPtr& process) {
    At(now_ + Between(seconds(1), seconds(60)), [this, place, process] {
      if (healed_ || processes_[place] != process) return;
      switch (Below(4)) {
        case 0:  // kill -9
          processes_[place] = nullptr;
          At(now_ + Between({}, seconds(10)), [this, place] {
            if (processes_[place] == nullptr) Boot(place);
          });
          return;
        case 1:
          Feed(process, LeaveRequested{});
          return;
        default:
          process->asleep_until = now_ + Between({}, seconds(20));
          break;
      }
      PlanTrouble(place, process);
    });
  }

  bool Alive(const ProcessPtr& process) const {
    for (const auto& [place, one] : processes_) {
      if (one == process) return true;
    }
    return false;
  }

  // Gives the process an event, when it is awake.
  void Feed(const ProcessPtr& process, const LeadershipEvent& event) {
    if (!Alive(process)) return;
    if (process->asleep_until > now_) {
      At(process->asleep_until, [this, process, event] { Feed(process, event); });
      return;
    }
    CarryOut(process, process->machine->Step(event, LocalNow(*process)));
  }

  void CarryOut(const ProcessPtr& process, const std::vector<LeadershipEffect>& effects) {
    for (const LeadershipEffect& effect : effects) {
      std::visit([&](const auto& one) { CarryOutOne(process, one); }, effect);
    }
    const std::optional<SteadyTime> deadline = process->machine->NextDeadline();
    if (!deadline.has_value()) return;
    const auto wait = static_cast<int64_t>(
        static_cast<double>((*deadline - LocalNow(*process)).count()) / process->speed);
    At(now_ + Duration(wait + 1), [this, process] { Feed(process, LeadershipTick{}); });
  }

  // A call of the store, at most 5 s long; `call` runs at the store, unless it is lost.
  void Ask(const ProcessPtr& process, std::function<Lease()> call) {
    const SteadyTime asked = LocalNow(*process);
    const bool slow = !healed_ && Chance(10);
    const Duration there = Between({}, slow ? seconds(2) : milliseconds(50));
    const Duration back = Between({}, slow ? seconds(2) : milliseconds(50));
    const bool lost = !healed_ && Chance(10);
    const bool answer_lost = !healed_ && Chance(10);
    if (lost || answer_lost) {
      if (!lost) At(now_ + there, [call] { call(); });
      At(now_ + seconds(5), [this, process, asked] {
        Feed(process, LeaseAnswered{absl::UnavailableError("no answer"), asked});
      });
      return;
    }
    At(now_ + there, [this, process, asked, back, call] {
      const Lease lease = call();
      At(now_ + back, [this, process, asked, lease] {
        Feed(process, LeaseAnswered{lease, asked});
      });
    });
  }

  void CarryOutOne(const ProcessPtr& process, const AskForLease&) {
    Ask(process, [this, name = process->name] { return lease_.Acquire(name, now_); });
  }
  void CarryOutOne(const ProcessPtr& process, const RenewLease& effect) {
    Ask(process, [this, epoch = effect.epoch] { return lease_.Renew(epoch, now_); });
  }
  void CarryOutOne(const ProcessPtr& /*process*/, const ReleaseLease& effect) {
    if (!healed_ && Chance(20)) return;
    lease_.Release(effect.epoch, now_);
    for (const auto& [place, one] : processes_) {
      if (one != nullptr && Chance(80)) At(now_, [this, p = one] { Feed(p, LeaseHint{}); });
    }
  }
  void CarryOutOne(const ProcessPtr& process, const BeginLeading& effect) {
    if (!begun_.insert(effect.epoch).second) violation_ = "an epoch was led twice";
    if (process->term) violation_ = "it begins before it has ended";
    process->term = true;
    const bool fails = !healed_ && Chance(10);
    At(now_ + Between({}, seconds(3)), [this, process, fails] {
      if (fails) process->term = false;
      // What has failed has ended: EndLeading, if it comes, finds nothing.
      Feed(process, LeadingBegan{fails ? absl::InternalError("planned") : absl::OkStatus()});
    });
  }
  void CarryOutOne(const ProcessPtr& process, const EndLeading& /*effect*/) {
    At(now_ + Between({}, seconds(3)), [this, process] {
      process->term = false;
      Feed(process, LeadingEnded{});
    });
  }
  void CarryOutOne(const ProcessPtr& process, const FollowLeader& effect) {
    if (effect.address == process->name + ":1") violation_ = "it follows itself";
  }
  void CarryOutOne(const ProcessPtr& process, const LeftLeadership&) {
    if (process->term) violation_ = "it leaves before it has ended";
    process->stopped = true;
    for (auto& [place, one] : processes_) {
      if (one != process) continue;
      At(now_ + Between({}, seconds(5)), [this, p = place, process] {
        if (processes_[p] == process) Boot(p);
      });
    }
  }

  int Leaders() const {
    int leaders = 0;
    for (const auto& [place, process] : processes_) {
      if (process != nullptr && process->machine->Leads(LocalNow(*process))) ++leaders;
    }
    return leaders;
  }

  // Whoever believes that it leads holds the lease by the store's own clock.
  void Check() {
    for (const auto& [place, process] : processes_) {
      if (process == nullptr || !process->machine->Leads(LocalNow(*process))) continue;
      const Lease lease = lease_.Read(now_);
      if (lease.epoch != process->machine->epoch() || lease.holder != process->name ||
          lease.remaining <= Duration::zero()) {
        violation_ = process->name + " leads with epoch " +
                     std::to_string(process->machine->epoch()) + ", the lease is " + lease.holder +
                     "'s with epoch " + std::to_string(lease.epoch);
      }
    }
    if (Leaders() > 1) violation_ = "two lead at once";
  }

  void RunNext() {
    // The machines are looked at between events, too.
    const Duration next = queue_.empty() ? now_ + seconds(1) : queue_.top().at;
    while (now_ + milliseconds(100) < next) {
      now_ += milliseconds(100);
      Check();
    }
    now_ = next;
    if (!queue_.empty()) {
      const std::function<void()> run = queue_.top().run;
      queue_.pop();
      run();
    }
    if (violation_.empty()) Check();
  }

  std::mt19937_64 random_;
  Duration now_ = seconds(1);
  bool healed_ = false;
  int starts_ = 0;
  uint64_t order_ = 0;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
  std::map<int, ProcessPtr> processes_;
  ModelLease lease_;
  std::set<uint64_t> begun_;
  std::string violation_;
};

TEST(LeadershipPropertyTest, NeverTwoAndAlwaysOneAgain) {
  size_t terms = 0;
  constexpr uint64_t kSeeds = 2000;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    World world(seed);
    ASSERT_EQ(world.Run(), "") << "seed " << seed;
    terms += world.terms();
  }
  // A world in which nothing happens proves nothing.
  EXPECT_GT(terms, kSeeds * 5);
}

}  // namespace
}  // namespace smokemesh::coordinator
