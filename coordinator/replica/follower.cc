#include "coordinator/replica/follower.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::steady_clock;

constexpr auto kLookEvery = std::chrono::milliseconds(250);

}  // namespace

absl::StatusOr<std::unique_ptr<Follower>> Follower::Start(const FollowerOptions& options) {
  std::unique_ptr<Follower> follower(new Follower);
  ASSIGN_OR_RETURN(
      follower->port_,
      OpenServerPort({.listen = options.listen,
                      .patience = options.listen_patience,
                      .credentials = options.security.port,
                      .add_services = [&follower, &options](grpc::ServerBuilder* builder) {
                        // A service is good for one server only, and a port that is taken needs
                        // several.
                        follower->service_ = std::make_unique<ForwardingService>(options.advertise,
                                                                                 options.security);
                        builder->RegisterCallbackGenericService(follower->service_.get());
                      }}));
  follower->loop_ = std::make_unique<shared::EventLoop>(
      shared::EventLoop::Alarm{.deadline = [one = follower.get()] { return one->next_look_; },
                               .ring = [one = follower.get()] { one->LookAfterCalls(); }});
  return follower;
}

Follower::~Follower() { Stop("this replica is stopping"); }

void Follower::LookAfterCalls() {
  next_look_ = steady_clock::now() + kLookEvery;
  service_->AbortLate();
  const bool serving = service_->ReachesLeader();
  if (serving == serving_) return;
  serving_ = serving;
  if (auto* health = port_.server->GetHealthCheckService()) health->SetServingStatus(serving);
}

void Follower::Stop(const std::string& reason) {
  if (loop_ != nullptr) loop_->Stop();
  if (port_.server == nullptr) return;
  if (auto* health = port_.server->GetHealthCheckService()) health->SetServingStatus(false);
  service_->Close(absl::UnavailableError(absl::StrCat(reason, ": try again")));
  CloseServerPort(port_.server.get());
  port_.server.reset();
}

}  // namespace smokemesh::coordinator
