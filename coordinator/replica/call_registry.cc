#include "coordinator/replica/call_registry.h"

#include <algorithm>
#include <utility>

namespace smokemesh::coordinator {

using shared::MutexLock;

std::unique_ptr<CallRegistry::Entry> CallRegistry::Add() {
  size_t id = 0;
  {
    MutexLock lock(&mutex_);
    if (calls_.size() >= limit_) return nullptr;
    id = ++last_id_;
    calls_[id];
  }
  return std::make_unique<Entry>(shared_from_this(), id);
}

void CallRegistry::Set(size_t id, std::weak_ptr<OpenCall> call) {
  MutexLock lock(&mutex_);
  calls_[id].call = std::move(call);
}

void CallRegistry::Remove(size_t id) {
  MutexLock lock(&mutex_);
  calls_.erase(id);
  if (calls_.empty()) none_.NotifyAll();
}

void CallRegistry::EndAll(const absl::Status& status, shared::SteadyTime now) {
  std::vector<std::shared_ptr<OpenCall>> open;
  {
    MutexLock lock(&mutex_);
    for (auto& [id, slot] : calls_) {
      std::shared_ptr<OpenCall> call = slot.call.lock();
      if (call == nullptr) continue;
      slot.ended = std::min(slot.ended, now);
      open.push_back(std::move(call));
    }
  }
  // Without the lock: a call that ends takes itself out.
  for (const std::shared_ptr<OpenCall>& call : open) call->End(status);
}

void CallRegistry::AbortLate(shared::SteadyTime now, shared::Duration grace) {
  std::vector<std::shared_ptr<OpenCall>> late;
  {
    MutexLock lock(&mutex_);
    for (auto& [id, slot] : calls_) {
      if (slot.ended > now - grace) continue;
      if (std::shared_ptr<OpenCall> call = slot.call.lock()) late.push_back(std::move(call));
    }
  }
  for (const std::shared_ptr<OpenCall>& call : late) call->Abort();
}

void CallRegistry::AwaitNone() {
  MutexLock lock(&mutex_);
  while (!calls_.empty()) none_.Wait(&mutex_);
}

}  // namespace smokemesh::coordinator
