#include "coordinator/replica/replica.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/coordinator.h"
#include "coordinator/replica/follower.h"
#include "coordinator/replica/lease_keeper.h"
#include "coordinator/store/open_store.h"
#include "shared/event_loop/event_loop.h"
#include "shared/logging.h"
#include "shared/mutex.h"
#include "shared/status_macros.h"
#include "shared/uuid.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;
using std::chrono::steady_clock;

// The other role has just closed the port.
constexpr auto kListenPatience = std::chrono::seconds(3);
constexpr auto kListenAgain = std::chrono::seconds(1);
// What sessions get to hear their end.
constexpr auto kStopGrace = std::chrono::milliseconds(500);
// A follower asks this often in the time of a lease.
constexpr int kAsksPerLease = 6;

// `HOST:0` with the port that was picked.
std::string WithPort(const std::string& address, int port) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || address.substr(colon + 1) != "0") return address;
  return absl::StrCat(address.substr(0, colon + 1), port);
}

class ReplicaImpl final : public Replica, public ReplicaRole {
 public:
  explicit ReplicaImpl(ReplicaOptions options)
      : options_(std::move(options)),
        roles_({.deadline = [this] { return listen_again_; }, .ring = [this] { ListenAgain(); }}) {}

  ~ReplicaImpl() override { Stop(); }

  absl::Status Start() {
    ASSIGN_OR_RETURN(std::unique_ptr<LeaseStore> store, OpenLeaseStore(options_.store));
    ASSIGN_OR_RETURN(follower_, Follower::Start(FollowerOf({})));
    port_ = follower_->port();
    options_.listen = WithPort(options_.listen, port_);
    options_.advertise = WithPort(options_.advertise, port_);
    LeadershipOptions leadership{
        .holder = absl::StrCat(options_.advertise, " ", shared::RandomUuid()),
        .address = options_.advertise,
        .ttl = options_.lease,
        .ask_every = options_.lease / kAsksPerLease};
    keeper_ = std::make_unique<LeaseKeeper>(std::move(leadership), std::move(store), this);
    keeper_->Start();
    return absl::OkStatus();
  }

  int port() const override { return port_; }
  bool Leads() const override { return keeper_->Leads(); }

  void Stop() override {
    MutexLock lock(&stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    if (keeper_ != nullptr) keeper_->Leave();
    roles_.Stop();
    // A follower is left, or nothing.
    follower_.reset();
  }

  // ---- ReplicaRole, on the keeper's thread ---------------------------------------------------

  void Begin(uint64_t epoch, std::function<void(absl::Status)> done) override {
    {
      MutexLock lock(&mutex_);
      deposed_ = false;
    }
    roles_.Post([this, epoch, done = std::move(done)] { done(Lead(epoch)); });
  }

  void End(const std::string& /*reason*/, std::function<void()> done) override {
    {
      MutexLock lock(&mutex_);
      deposed_ = true;
      if (coordinator_ != nullptr) coordinator_->Depose();
    }
    roles_.Post([this, done = std::move(done)] {
      StopLeading();
      done();
    });
  }

  void Follow(const std::string& address) override {
    roles_.Post([this, address] {
      leader_ = address;
      if (follower_ != nullptr) {
        follower_->Follow(address);
      } else {
        Listen();
      }
    });
  }

 private:
  FollowerOptions FollowerOf(shared::Duration patience) const {
    return {.listen = options_.listen,
            .listen_patience = patience,
            .security = options_.security,
            .advertise = options_.advertise};
  }

  // ---- On the roles' thread ------------------------------------------------------------------

  absl::Status Lead(uint64_t epoch) {
    listen_again_.reset();
    if (follower_ != nullptr) {
      follower_->Stop("this replica takes the lead");
      follower_.reset();
    }
    CoordinatorOptions options;
    options.listen = options_.listen;
    options.listen_patience = kListenPatience;
    options.store = options_.store;
    options.epoch = epoch;
    options.leadership.may_decide = [keeper = keeper_.get()] { return keeper->Leads(); };
    options.leadership.on_fenced = [keeper = keeper_.get(), epoch] { keeper->ReportFenced(epoch); };
    options.engine = options_.engine;
    options.security = options_.security;
    ASSIGN_OR_RETURN(std::shared_ptr<Coordinator> coordinator, Coordinator::Start(options));
    MutexLock lock(&mutex_);
    coordinator_ = std::move(coordinator);
    if (deposed_) coordinator_->Depose();
    return absl::OkStatus();
  }

  void StopLeading() {
    std::shared_ptr<Coordinator> coordinator;
    {
      MutexLock lock(&mutex_);
      coordinator = std::move(coordinator_);
    }
    if (coordinator != nullptr) coordinator->Stop(kStopGrace);
  }

  void Listen() {
    listen_again_.reset();
    absl::StatusOr<std::unique_ptr<Follower>> follower =
        Follower::Start(FollowerOf(kListenPatience));
    if (!follower.ok()) {
      shared::LogError(std::string(follower.status().message()));
      listen_again_ = steady_clock::now() + kListenAgain;
      return;
    }
    follower_ = *std::move(follower);
    follower_->Follow(leader_);
  }

  void ListenAgain() {
    if (listen_again_.has_value() && steady_clock::now() >= *listen_again_) Listen();
  }

  ReplicaOptions options_;
  int port_ = 0;

  // The roles' thread only, after Start and before Stop.
  std::unique_ptr<Follower> follower_;  // null while it leads, or the port is taken
  std::string leader_;
  std::optional<shared::SteadyTime> listen_again_;

  shared::Mutex mutex_;
  bool deposed_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<Coordinator> coordinator_ ABSL_GUARDED_BY(mutex_);

  shared::Mutex stop_mutex_;
  bool stopped_ ABSL_GUARDED_BY(stop_mutex_) = false;

  shared::EventLoop roles_;
  std::unique_ptr<LeaseKeeper> keeper_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Replica>> Replica::Start(const ReplicaOptions& options) {
  auto replica = std::make_unique<ReplicaImpl>(options);
  RETURN_IF_ERROR(replica->Start());
  return replica;
}

}  // namespace smokemesh::coordinator
