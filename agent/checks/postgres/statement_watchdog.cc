#include "agent/checks/postgres/statement_watchdog.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace smokemesh::agent {
namespace {

constexpr shared::Duration kGrace = std::chrono::milliseconds(60);
constexpr shared::Duration kLook = std::chrono::milliseconds(20);

}  // namespace

StatementWatchdog::StatementWatchdog(const CheckContext& context, Actions actions)
    : context_(context),
      actions_(std::move(actions)),
      registration_(context.cancellation,
                    [this] {
                      shared::MutexLock lock(&mutex_);
                      cancelled_ = true;
                      changed_.NotifyAll();
                    }),
      thread_([this] { Watch(); }) {}

StatementWatchdog::~StatementWatchdog() { Stop(); }

std::optional<StatementWatchdog::Reason> StatementWatchdog::Stop() {
  {
    shared::MutexLock lock(&mutex_);
    done_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
  shared::MutexLock lock(&mutex_);
  return reason_;
}

bool StatementWatchdog::cut() const {
  shared::MutexLock lock(&mutex_);
  return cut_;
}

void StatementWatchdog::Watch() {
  {
    shared::MutexLock lock(&mutex_);
    while (!done_ && !reason_.has_value()) {
      const shared::SteadyTime now = std::chrono::steady_clock::now();
      if (cancelled_) {
        reason_ = Reason::kCancelled;
      } else if (now >= context_.deadline) {
        reason_ = Reason::kDeadline;
      } else if (actions_.too_much()) {
        reason_ = Reason::kTooMuch;
      } else {
        changed_.WaitUntil(&mutex_, std::min(context_.deadline, now + kLook));
      }
    }
    if (done_) return;
  }
  actions_.ask();
  const shared::SteadyTime patience = std::chrono::steady_clock::now() + kGrace;
  shared::MutexLock lock(&mutex_);
  while (!done_ && reason_ != Reason::kTooMuch) {
    if (!changed_.WaitUntil(&mutex_, patience)) break;
  }
  if (done_) return;
  cut_ = true;
  actions_.cut();
}

}  // namespace smokemesh::agent
