#include "shared/cancellation.h"

#include <utility>

namespace smokemesh::shared {

void Cancellation::Cancel(std::string reason) {
  MutexLock lock(&mutex_);
  if (cancelled_.load(std::memory_order_relaxed)) return;
  reason_ = std::move(reason);
  cancelled_.store(true, std::memory_order_release);
  // Under the lock, so that a Registration cannot end while its callback runs.
  for (auto& [id, callback] : callbacks_) callback();
  callbacks_.clear();
}

std::string Cancellation::reason() const {
  MutexLock lock(&mutex_);
  return reason_;
}

Cancellation::Registration::Registration(Cancellation* cancellation,
                                         std::function<void()> on_cancel)
    : cancellation_(*cancellation) {
  MutexLock lock(&cancellation_.mutex_);
  if (cancellation_.cancelled_.load(std::memory_order_relaxed)) {
    on_cancel();
    return;
  }
  id_ = cancellation_.next_id_++;
  cancellation_.callbacks_.emplace(id_, std::move(on_cancel));
}

Cancellation::Registration::~Registration() {
  MutexLock lock(&cancellation_.mutex_);
  cancellation_.callbacks_.erase(id_);
}

}  // namespace smokemesh::shared
