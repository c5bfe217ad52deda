#ifndef SMOKEMESH_AGENT_CHECKS_WAITING_H_
#define SMOKEMESH_AGENT_CHECKS_WAITING_H_

#include <functional>

#include "absl/status/status.h"
#include "shared/cancellation.h"
#include "shared/clock.h"

namespace smokemesh::agent {

// Waits until `until`; returns false as soon as `cancellation` is used.
bool WaitUntil(shared::SteadyTime until, shared::Cancellation* cancellation);

// Calls `run` with 0 to `count` - 1, each on a thread of its own (0 on the caller's), none before
// all threads exist, and returns when all calls have. Bounding `run` is the caller's business.
// RESOURCE_EXHAUSTED, and nothing was called, when the system gives too few threads; INTERNAL when
// a call threw.
absl::Status RunTogether(int count, const std::function<void(int index)>& run);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_WAITING_H_
