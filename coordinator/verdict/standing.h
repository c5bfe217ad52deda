#ifndef SMOKEMESH_COORDINATOR_VERDICT_STANDING_H_
#define SMOKEMESH_COORDINATOR_VERDICT_STANDING_H_

#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What a check is worth to a verdict: the eight outcomes in the few classes that matter there.
enum class Standing {
  kOpen,     // not decided yet
  kPassed,   // PASSED, FLAKY
  kFailure,  // FAILED, or BLOCKED by a check that FAILED
  kMissing,  // no evidence: ERRORED, ABORTED, MISSING, or BLOCKED by one of these
  kHeld,     // BLOCKED by a check that was left out on purpose: nobody asked, nothing is wrong
  kSkipped,  // SKIPPED
};

// The standing of a check. An outcome from the future that this program does not know is no
// evidence.
Standing StandingOf(const v1::CheckRecord& check);

// Whether what counts as `counts` says includes checks of this standing.
bool IsCounted(Standing standing, v1::Counts counts);

// Whether the check is part of what is judged: neither left out by -m or -k nor a shadow check.
inline bool IsJudged(const v1::CheckRecord& check) {
  return !check.deselected() && !check.shadow();
}

// Whether the check has the tag `critical`.
bool IsCritical(const v1::CheckRecord& check);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_STANDING_H_
