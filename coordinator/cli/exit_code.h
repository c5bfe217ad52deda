#ifndef SMOKEMESH_COORDINATOR_CLI_EXIT_CODE_H_
#define SMOKEMESH_COORDINATOR_CLI_EXIT_CODE_H_

#include "absl/status/status.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Every exit code of `smokemesh`. Those of a verdict (0 PROMOTE, 1 ROLLBACK, 4 INCONCLUSIVE,
// 5 HOLD) come from `ExitCode` in coordinator/verdict/verdict.h.

// Usage or configuration: bad flag, bad plan, zero checks selected, no such run.
inline constexpr int kExitUsage = 2;
// No coordinator answers.
inline constexpr int kExitUnreachable = 3;
// There is no verdict: as INCONCLUSIVE.
inline constexpr int kExitNoVerdict = 4;

// 130 for SIGINT, 143 for SIGTERM: a signal never exits 0.
int ExitCodeForSignal(int signal);

// For a call to a coordinator that failed: 3 when it could not be reached, 2 when it refused what
// was asked, 4 otherwise.
int ExitCodeForError(const absl::Status& status);

// For a run: the code of its verdict, or of its bake where it carries one; 4 while that is open, or
// when there is none because the run only cleans up.
int ExitCodeForRun(const v1::Run& run);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_EXIT_CODE_H_
