#ifndef SMOKEMESH_COORDINATOR_CLI_LEFTOVERS_H_
#define SMOKEMESH_COORDINATOR_CLI_LEFTOVERS_H_

#include <string>
#include <vector>

#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Most runs that are cleaned up after at once.
inline constexpr int kMaxCleanRuns = 100;

// Whether something of a run that has ended may be left: an agent had a check and never reported on
// it, was cancelled in it, or could not clean up. A check that was BLOCKED or left out never began.
bool MayHaveLeftSomething(const v1::Run& run);

// The runs that need no cleaning any more if `run` was one that cleaned up: all checks were looked
// at, and all are clean. Otherwise none.
std::vector<std::string> CleanedBy(const v1::Run& run);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_LEFTOVERS_H_
