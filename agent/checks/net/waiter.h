#ifndef SMOKEMESH_AGENT_CHECKS_NET_WAITER_H_
#define SMOKEMESH_AGENT_CHECKS_NET_WAITER_H_

#include "absl/status/status.h"
#include "agent/checks/check.h"
#include "agent/checks/net/unique_fd.h"

namespace smokemesh::agent {

// Waits for descriptors, but never past a deadline or a cancellation. Used by one thread; must not
// outlive the cancellation of its context.
class Waiter {
 public:
  explicit Waiter(const CheckContext& context);

  // Waits until `fd` has one of `events` (poll(2)) or an error. DEADLINE_EXCEEDED when the
  // context's deadline comes first, CANCELLED with the reason when it is cancelled.
  absl::Status Wait(int fd, short events) const { return Wait(fd, events, context_.deadline); }

  // The same with an earlier deadline.
  absl::Status Wait(int fd, short events, shared::SteadyTime deadline) const;

  const CheckContext& context() const { return context_; }

 private:
  CheckContext context_;
  UniqueFd cancelled_;  // eventfd, readable once cancelled
  shared::Cancellation::Registration registration_;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_NET_WAITER_H_
