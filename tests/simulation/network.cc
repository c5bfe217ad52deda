#include "tests/simulation/network.h"

#include <algorithm>
#include <utility>

namespace smokemesh::testing {

using shared::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

Duration Stream::Latency() {
  // Most messages are fast also where some take long.
  SimRandom& random = world_.random;
  const Duration most = random.Chance(0.8) ? milliseconds(5) : world_.swarm.latency;
  return milliseconds(1) + random.Within(most);
}

void Stream::Open(StreamServer* asked) {
  server_ = asked == nullptr || !asked->up() ? nullptr : asked->Decider();
  if (server_ != asked) via_ = asked;
  if (server_ != nullptr && server_->up()) {
    server_life_ = server_->life();
    return;
  }
  // Nobody listens there, or nothing comes back at all until the client gives up.
  up_works_ = down_works_ = false;
  if (world_.storm() && world_.random.Chance(world_.swarm.black_holes)) {
    world_.report.Fault("connections into a black hole");
    return;
  }
  EndClient(absl::UnavailableError("connection refused"),
            milliseconds(1) + world_.random.Within(seconds(1)));
}

void Stream::Send(v1::ConnectRequest message) {
  if (client_open_ && up_works_) PushUp(std::move(message));
}

void Stream::HalfClose() {
  if (client_open_ && up_works_) PushUp(HalfClosed{});
}

void Stream::PushUp(Up item) {
  up_.push_back(std::move(item));
  last_up_ = std::max(last_up_, world_.now() + Latency());
  world_.At(last_up_, [self = shared_from_this()] { self->DeliverUp(); });
}

void Stream::DeliverUp() {
  if (up_.empty()) return;
  Duration held = std::max(client_.mute_until, server_->deaf_until);
  if (via_ != nullptr) held = std::max({held, via_->deaf_until, via_->mute_until});
  if (held > world_.now() || (via_ != nullptr && via_->paused())) {
    last_up_ = std::max(last_up_, std::max(held, world_.now() + milliseconds(200)));
    world_.At(last_up_, [self = shared_from_this()] { self->DeliverUp(); });
    return;
  }
  Up item = std::move(up_.front());
  up_.pop_front();
  if (!up_works_ || refused_) return;
  const auto shared_item = std::make_shared<Up>(std::move(item));
  server_->Do(server_life_,
              [self = shared_from_this(), shared_item] { self->Take(std::move(*shared_item)); });
}

void Stream::Take(Up item) {
  if (refused_) return;
  const auto self = shared_from_this();
  if (std::holds_alternative<HalfClosed>(item)) {
    if (server_open_) server_->OnHalfClose(self);
    return;
  }
  v1::ConnectRequest& message = std::get<v1::ConnectRequest>(item);
  if (server_open_) {
    server_->OnMessage(self, std::move(message));
  } else if (message.has_hello()) {
    server_open_ = true;
    if (server_->OnHello(self, std::move(*message.mutable_hello()))) return;
    refused_ = true;
    if (server_open_) Close(absl::UnavailableError("nobody decides here"));
  }
}

void Stream::Send(v1::ConnectResponse message) {
  if (server_open_) PushDown(std::move(message));
}

void Stream::Close(absl::Status status) {
  if (!server_open_) return;
  server_open_ = false;
  PushDown(std::move(status));
}

void Stream::PushDown(Down item) {
  if (!down_works_) return;
  down_.push_back(std::move(item));
  last_down_ = std::max(last_down_, world_.now() + Latency());
  world_.At(last_down_, [self = shared_from_this()] { self->DeliverDown(); });
}

void Stream::DeliverDown() {
  if (down_.empty()) return;
  Duration held = std::max(server_->mute_until, client_.deaf_until);
  if (via_ != nullptr) held = std::max({held, via_->deaf_until, via_->mute_until});
  if (held > world_.now() || (via_ != nullptr && via_->paused())) {
    last_down_ = std::max(last_down_, std::max(held, world_.now() + milliseconds(200)));
    world_.At(last_down_, [self = shared_from_this()] { self->DeliverDown(); });
    return;
  }
  const auto item = std::make_shared<Down>(std::move(down_.front()));
  down_.pop_front();
  if (!down_works_) return;
  client_.Do(client_life_, [self = shared_from_this(), item] {
    if (!self->client_open_) return;
    if (auto* message = std::get_if<v1::ConnectResponse>(item.get())) {
      self->client_.OnMessage(self, std::move(*message));
    } else {
      self->client_open_ = false;
      self->client_.OnEnd(self, std::get<absl::Status>(*item));
    }
  });
}

void Stream::EndClient(absl::Status status, Duration after) {
  world_.In(after, [self = shared_from_this(), status = std::move(status)] {
    self->client_.Do(self->client_life_, [self, status] {
      if (!std::exchange(self->client_open_, false)) return;
      self->client_.OnEnd(self, status);
    });
  });
}

void Stream::EndServer(const std::string& reason, Duration after) {
  if (server_ == nullptr) return;
  world_.In(after, [self = shared_from_this(), reason] {
    self->server_->Do(self->server_life_, [self, reason] {
      if (std::exchange(self->server_open_, false)) self->server_->OnLost(self, reason);
    });
  });
}

void Stream::Cancel() {
  EndClient(absl::CancelledError("given up"), Duration::zero());
  // A reset overtakes what is on its way, or comes behind it.
  const Duration soon = milliseconds(1) + world_.random.Within(milliseconds(50));
  const Duration after = world_.random.Chance(0.5) ? soon : last_up_ - world_.now() + soon;
  if (up_works_) EndServer("cancelled", std::max(after, soon));
}

void Stream::Cut(double silent) {
  up_works_ = down_works_ = false;
  if (!world_.random.Chance(silent)) {
    EndClient(absl::UnavailableError("connection reset"), world_.random.Within(seconds(3)));
  }
  if (!world_.random.Chance(silent)) EndServer("cut", world_.random.Within(seconds(3)));
}

void Stream::KillDirection(bool to_server) { (to_server ? up_works_ : down_works_) = false; }

void Stream::ServerDied(double silent) {
  server_open_ = false;
  if (!world_.random.Chance(silent)) {
    EndClient(absl::UnavailableError("connection reset"), world_.random.Within(seconds(2)));
  }
  up_works_ = down_works_ = false;
}

void Stream::ClientDied(double silent) {
  client_open_ = false;
  down_works_ = false;
  // What it had written may still arrive; then the server hears of the end, or does not.
  if (world_.random.Chance(silent)) return;
  EndServer("reset", std::max(last_up_ - world_.now(), Duration::zero()) + milliseconds(1));
}

}  // namespace smokemesh::testing
