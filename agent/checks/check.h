#ifndef SMOKEMESH_AGENT_CHECKS_CHECK_H_
#define SMOKEMESH_AGENT_CHECKS_CHECK_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/cancellation.h"
#include "shared/clock.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

// Where the agents of a flow wait for each other.
class Barrier {
 public:
  virtual ~Barrier() = default;

  // Says that this agent is ready, and waits until all are. Call once. DEADLINE_EXCEEDED at
  // `deadline`, CANCELLED when the task is cancelled.
  virtual absl::Status Await(shared::SteadyTime deadline) = 0;
};

// What a check may use of time while it runs. Both must be honoured by everything that waits.
struct CheckContext {
  shared::SteadyTime deadline;
  shared::Cancellation* cancellation = nullptr;  // not owned, never null
  Barrier* barrier = nullptr;                    // not owned; null: there is none
};

// One execution of an assignment. Used by one thread: Run once, then CleanUp once, then destroyed.
class Check {
 public:
  virtual ~Check() = default;

  // Carries the check out, retries included. Fills outcome, message, failures, steps, tries,
  // start_time and duration; everything in it is redacted and bounded. Returns soon after
  // `context.deadline` (FAILED: too late) or cancellation (ABORTED).
  virtual v1::TaskResult Run(const CheckContext& context) = 0;

  // Removes what the check made, whatever happened before. Errors say what may be left behind.
  virtual absl::Status CleanUp(const CheckContext& context) = 0;
};

// Makes checks. Thread-safe.
class CheckFactory {
 public:
  virtual ~CheckFactory() = default;

  // The kinds that it knows, sorted: what an agent tells in its Hello.
  virtual std::vector<std::string> Kinds() const = 0;

  // Makes the check of an assignment. UNIMPLEMENTED for an unknown kind: the message lists the
  // known.
  virtual absl::StatusOr<std::unique_ptr<Check>> Create(const v1::Assignment& assignment) const = 0;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_CHECK_H_
