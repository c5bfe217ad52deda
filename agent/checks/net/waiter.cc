#include "agent/checks/net/waiter.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>

namespace smokemesh::agent {
namespace {

timespec TimeLeft(shared::SteadyTime deadline) {
  // A day at most: far deadlines must not overflow.
  const auto left = std::clamp<shared::Duration>(deadline - std::chrono::steady_clock::now(),
                                                 shared::Duration::zero(), std::chrono::hours(24));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
}

}  // namespace

Waiter::Waiter(const CheckContext& context)
    : context_(context),
      cancelled_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      registration_(context.cancellation, [fd = cancelled_.get()] {
        const uint64_t one = 1;
        // Cannot fail: the counter is 0 and nobody else writes.
        [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof(one));
      }) {}

absl::Status Waiter::Wait(int fd, short events, shared::SteadyTime deadline) const {
  while (true) {
    if (context_.cancellation->cancelled()) {
      return absl::CancelledError(context_.cancellation->reason());
    }
    if (std::chrono::steady_clock::now() >= deadline)
      return absl::DeadlineExceededError("too late");
    pollfd entries[] = {{fd, events, 0}, {cancelled_.get(), POLLIN, 0}};
    const timespec left = TimeLeft(deadline);
    const int ready = ppoll(entries, 2, &left, nullptr);
    if (ready < 0 && errno != EINTR) return absl::InternalError("poll failed");
    if (ready > 0 && entries[0].revents != 0 && entries[1].revents == 0) return absl::OkStatus();
  }
}

}  // namespace smokemesh::agent
