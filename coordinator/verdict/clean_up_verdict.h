#ifndef SMOKEMESH_COORDINATOR_VERDICT_CLEAN_UP_VERDICT_H_
#define SMOKEMESH_COORDINATOR_VERDICT_CLEAN_UP_VERDICT_H_

#include "google/protobuf/repeated_field.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What came of a run that cleans up after `runs` earlier ones. It proves nothing about what the
// plan is about: its decision is never anything but unspecified, so that no reader takes it for
// evidence. `summary` is for people (`Clean: 3 runs, 47 checks: all clean`), `reasons` name what
// was not removed. Final when no check is open.
v1::Verdict JudgeCleanUp(const google::protobuf::RepeatedPtrField<v1::CheckRecord>& checks,
                         int runs);

// Whether the run cleans up after others.
inline bool IsCleanUp(const v1::Run& run) { return run.options().clean_runs_size() > 0; }

// What became of a check of such a run.
enum class Cleaned {
  kOpen,        // not known yet
  kClean,       // nothing is left, or nothing was there
  kNotRemoved,  // something could not be removed
  kUnknown,     // nobody looked: MISSING, ERRORED, ABORTED
  kLeftOut,     // by -m or -k
};
Cleaned CleanedOf(const v1::CheckRecord& check);

// Exit code of `smokemesh clean`: 0 all clean, 1 something could not be removed, 4 somebody who was
// to clean up did not, or is not ready yet.
int CleanUpExitCode(const v1::Run& run);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_CLEAN_UP_VERDICT_H_
