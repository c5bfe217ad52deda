#ifndef SMOKEMESH_COORDINATOR_CLI_REPLAY_H_
#define SMOKEMESH_COORDINATOR_CLI_REPLAY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/report/reporter.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Recorded runs judged again by another policy. Pure; reports are one or several lines, escaped.

// Whether a run can be judged again. FAILED_PRECONDITION, for people: it is open, or only cleans
// up.
absl::Status CheckReplayable(const v1::Run& run);

// A run then and now.
struct Replayed {
  v1::Run then;
  v1::Run now;  // the same outcomes; verdict and digest of the new policy
};

// Judges the outcomes of a record, and the rounds before it where it is one of a bake.
Replayed Replay(const v1::Run& recorded, const v1::Policy& policy);

// Whether the decision is another one.
bool IsOtherwise(const Replayed& replayed);

// The first reason for the verdict now that was none then; else the first one then that is none
// now; empty when the reasons are the same.
std::string FirstDifference(const Replayed& replayed);

// The full report by the new policy, under a head that says what was replayed. `policy_file` is how
// the policy is called.
std::string ReplayText(const Replayed& replayed, const std::string& policy_file,
                       const TextOptions& options);

// A table with one line for each run, and how many would have been judged otherwise.
std::string ReplayTable(const std::vector<Replayed>& replayed);

// One JSON document for one or more runs, as docs/cli.md describes it.
std::string ReplayJson(const std::vector<Replayed>& replayed, const std::string& policy_file);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_REPLAY_H_
