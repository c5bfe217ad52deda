#include "tests/platform/rate_limiter.h"

namespace smokemesh::platform {
namespace {
constexpr size_t kMaxClients = 10'000;
}  // namespace

RateLimiter::RateLimiter(size_t limit, std::chrono::milliseconds window)
    : limit_(limit), window_(window) {}

RateLimiter::Decision RateLimiter::Ask(const std::string& client,
                                       std::chrono::steady_clock::time_point now) {
  shared::MutexLock lock(&mutex_);
  if (clients_.size() >= kMaxClients && !clients_.contains(client)) Forget(now - window_);
  auto& times = clients_[client];
  while (!times.empty() && times.front() <= now - window_) times.pop_front();
  if (times.size() >= limit_) {
    const auto wait = times.front() + window_ - now;
    return {.accepted = false, .retry_after = std::chrono::ceil<std::chrono::seconds>(wait)};
  }
  times.push_back(now);
  return {.accepted = true, .remaining = limit_ - times.size()};
}

void RateLimiter::Forget(std::chrono::steady_clock::time_point before) {
  std::erase_if(clients_, [before](const auto& client) {
    return client.second.empty() || client.second.back() <= before;
  });
  if (clients_.size() >= kMaxClients) clients_.clear();  // a flood of clients: start again
}

}  // namespace smokemesh::platform
