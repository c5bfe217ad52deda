#include "coordinator/replica/forwarding_service.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "coordinator/access/forwarded_identity.h"
#include "coordinator/replica/forwarded_call.h"
#include "shared/grpc_support/grpc_status.h"
#include "shared/grpc_support/replica_metadata.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;

// Streams of agents and watchers, and calls.
constexpr size_t kMaxCalls = 20'000;

// A call that is refused at once.
class RefusedCall final : public grpc::ServerGenericBidiReactor {
 public:
  explicit RefusedCall(const absl::Status& status) { Finish(shared::ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

grpc::ServerGenericBidiReactor* Refuse(const absl::Status& status) {
  return new RefusedCall(status);
}

grpc::ServerGenericBidiReactor* RefuseWithoutLeader(grpc::CallbackServerContext* context,
                                                    const char* why) {
  context->AddTrailingMetadata(shared::kNoLeader, "1");
  return Refuse(absl::UnavailableError(why));
}

}  // namespace

ForwardingService::ForwardingService(std::string self, ServerSecurity security)
    : self_(std::move(self)),
      security_(std::move(security)),
      registry_(std::make_shared<CallRegistry>(kMaxCalls)) {}

ForwardingService::~ForwardingService() { registry_->AwaitNone(); }

void ForwardingService::Follow(const std::string& address) {
  // Channels end here, not on the thread of the last call.
  std::vector<std::shared_ptr<LeaderChannels>> gone;
  {
    MutexLock lock(&mutex_);
    if (leader_ != nullptr ? leader_->address() == address : address.empty()) return;
    if (leader_ != nullptr) retired_.push_back(std::move(leader_));
    leader_ = address.empty() ? nullptr
                              : std::make_shared<LeaderChannels>(address, security_.to_replicas);
  }
  registry_->EndAll(absl::UnavailableError("the leader of the replicas has changed: try again"),
                    std::chrono::steady_clock::now());
  MutexLock lock(&mutex_);
  const auto idle = std::partition(retired_.begin(), retired_.end(),
                                   [](const auto& channels) { return !channels->Idle(); });
  std::move(idle, retired_.end(), std::back_inserter(gone));
  retired_.erase(idle, retired_.end());
}

bool ForwardingService::ReachesLeader() {
  std::shared_ptr<LeaderChannels> leader;
  {
    MutexLock lock(&mutex_);
    leader = leader_;
  }
  return leader != nullptr && leader->Reachable();
}

void ForwardingService::Close(const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    closed_ = status;
  }
  registry_->EndAll(status, std::chrono::steady_clock::now());
}

grpc::ServerGenericBidiReactor* ForwardingService::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  ForwardedCall::Options options;
  std::optional<Caller> caller;
  if (security_.callers != nullptr) {
    absl::StatusOr<Caller> known = security_.callers->CallerOf(*context);
    if (!known.ok()) return Refuse(known.status());
    if (known->proof != Caller::Proof::kLocal) {
      caller = *std::move(known);
      options.metadata.emplace_back(kForwardedIdentity, EncodeForwarded(*caller));
      options.callers = security_.callers.get();
      options.caller = &*caller;
    }
  }
  if (context->client_metadata().find(shared::kForwardedBy) != context->client_metadata().end()) {
    return RefuseWithoutLeader(context,
                               "this replica does not lead, and was taken for the leader: try "
                               "again");
  }
  options.metadata.emplace_back(shared::kForwardedBy, self_);
  options.entry = registry_->Add();
  if (options.entry == nullptr) {
    return Refuse(absl::UnavailableError("too many calls at once: try again in a moment"));
  }
  {
    MutexLock lock(&mutex_);
    if (!closed_.ok()) return Refuse(closed_);
    if (leader_ != nullptr) options.place = LeaderChannels::Take(leader_);
  }
  if (options.place == nullptr) {
    return RefuseWithoutLeader(context, "no replica leads at the moment: try again");
  }
  return ForwardedCall::Start(context, std::move(options));
}

}  // namespace smokemesh::coordinator
