#include "agent/session/outbox.h"

#include <utility>

namespace smokemesh::agent {

void Outbox::Reset() {
  urgent_.clear();
  urgent_bytes_ = 0;
  results_released_ = false;
  closing_ = false;
  closed_ = false;
  in_flight_ = false;
  results_->Rewind();
}

void Outbox::Push(v1::ConnectRequest message) {
  urgent_bytes_ += message.ByteSizeLong();
  urgent_.push_back(std::move(message));
}

std::optional<Outbox::Next> Outbox::TakeNext() {
  if (in_flight_ || closed_) return std::nullopt;
  Next next;
  if (!urgent_.empty()) {
    next.message = std::move(urgent_.front());
    urgent_.pop_front();
    urgent_bytes_ -= next.message.ByteSizeLong();
  } else if (closing_) {
    next.half_close = true;
    closed_ = true;
  } else if (const v1::Results* batch = results_released_ ? results_->TakeNext() : nullptr;
             batch != nullptr) {
    *next.message.mutable_results() = *batch;
  } else {
    return std::nullopt;
  }
  in_flight_ = true;
  return next;
}

}  // namespace smokemesh::agent
