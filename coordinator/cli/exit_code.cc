#include "coordinator/cli/exit_code.h"

#include "coordinator/verdict/clean_up_verdict.h"
#include "coordinator/verdict/verdict.h"

namespace smokemesh::coordinator {

int ExitCodeForSignal(int signal) { return 128 + signal; }

int ExitCodeForError(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kExitUnreachable;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kOutOfRange:
      return kExitUsage;
    default:
      return kExitNoVerdict;
  }
}

int ExitCodeForRun(const v1::Run& run) {
  if (IsCleanUp(run)) return kExitNoVerdict;
  if (run.has_bake()) {
    return run.bake().final() ? ExitCode(run.bake().decision()) : kExitNoVerdict;
  }
  return run.verdict().final() ? ExitCode(run.verdict().decision()) : kExitNoVerdict;
}

}  // namespace smokemesh::coordinator
