#ifndef SMOKEMESH_COORDINATOR_VERDICT_VERDICT_H_
#define SMOKEMESH_COORDINATOR_VERDICT_VERDICT_H_

#include <string_view>
#include <vector>

#include "google/protobuf/repeated_field.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What a verdict is made from. Points into a run, which must outlive it.
struct Evidence {
  const google::protobuf::RepeatedPtrField<v1::CheckRecord>& checks;
  const google::protobuf::RepeatedPtrField<v1::Suite>& suites;
  const v1::RunOptions& options;  // which round of a bake it is, and what the rounds before came to
};
inline Evidence EvidenceOf(const v1::Run& run) {
  return {run.checks(), run.suites(), run.options()};
}

// The verdict over the checks of a run and a policy. Pure: no clock, no I/O; the order in which
// results came does not matter. Deselected checks and shadow checks are not judged. A check whose
// outcome is unspecified is open: it counts for nothing yet.
//
//   ROLLBACK      a rollback rule holds. Evidence that is still to come cannot undo it, so it is
//                 final at once.
//   INCONCLUSIVE  evidence is missing (ERRORED, ABORTED, MISSING, or BLOCKED by one of these)
//                 beyond what is tolerated, a critical check was SKIPPED, or nothing ran.
//   HOLD          a check did not pass and is not tolerated, or a hold rule holds.
//   PROMOTE       every check is PASSED, FLAKY, SKIPPED or tolerated, at least one passed, and the
//                 outcomes add up to the manifest.
//
// The last three are final when no check is open; until then the decision is unspecified.
v1::Verdict Judge(const Evidence& evidence, const v1::Policy& policy);

// Outcome of a check from the outcomes of its pairs, by quorum `all`, `any` or a number:
// unspecified until it is certain. A check without pairs is MISSING.
v1::Outcome Quorum(const std::vector<v1::Outcome>& outcomes, std::string_view quorum);

// Whether an outcome counts as passed (PASSED, FLAKY).
bool CountsAsPassed(v1::Outcome outcome);

// Whether an outcome is missing evidence (ERRORED, ABORTED, MISSING).
bool IsMissingEvidence(v1::Outcome outcome);

// Adds one check of this outcome, `planned` included.
void Count(v1::Outcome outcome, v1::OutcomeCounts* counts);

// The process's exit code for a decision: 0, 1, 5, 4; 4 for an unspecified one.
int ExitCode(v1::Decision decision);

// `PROMOTE`, `ROLLBACK`, `HOLD`, `INCONCLUSIVE`, `UNDECIDED`.
std::string_view Name(v1::Decision decision);

// `PASSED`, …, `OPEN` for unspecified.
std::string_view Name(v1::Outcome outcome);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_VERDICT_H_
