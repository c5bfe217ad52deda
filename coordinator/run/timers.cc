#include "coordinator/run/timers.h"

namespace smokemesh::coordinator {

void Timers::Set(const TimerKey& key, shared::SteadyTime when) {
  const auto [it, is_new] = by_key_.try_emplace(key, when);
  if (!is_new) {
    if (it->second == when) return;
    by_time_.erase({it->second, key});
    it->second = when;
  }
  by_time_.emplace(when, key);
}

void Timers::Cancel(const TimerKey& key) {
  const auto it = by_key_.find(key);
  if (it == by_key_.end()) return;
  by_time_.erase({it->second, key});
  by_key_.erase(it);
}

void Timers::CancelAll(TimerKey::Kind kind, const std::string& id) {
  auto it = by_key_.lower_bound({kind, id, 0, 0});
  while (it != by_key_.end() && it->first.kind == kind && it->first.id == id) {
    by_time_.erase({it->second, it->first});
    it = by_key_.erase(it);
  }
}

std::optional<shared::SteadyTime> Timers::Next() const {
  if (by_time_.empty()) return std::nullopt;
  return by_time_.begin()->first;
}

std::optional<std::pair<shared::SteadyTime, TimerKey>> Timers::PopDue(shared::SteadyTime now) {
  if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
  std::pair<shared::SteadyTime, TimerKey> due = *by_time_.begin();
  by_time_.erase(by_time_.begin());
  by_key_.erase(due.second);
  return due;
}

}  // namespace smokemesh::coordinator
