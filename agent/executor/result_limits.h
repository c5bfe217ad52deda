#ifndef SMOKEMESH_AGENT_EXECUTOR_RESULT_LIMITS_H_
#define SMOKEMESH_AGENT_EXECUTOR_RESULT_LIMITS_H_

#include <cstddef>

#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

// Longest result in its binary form. A batch and the frame around it stay far below the 256 KiB
// that a coordinator accepts.
inline constexpr size_t kMaxResultBytes = 64 * 1024;

// Makes a result fit to be sent: all text becomes one line of valid UTF-8 (anything else would end
// the whole stream at the receiver), and evidence is shortened until at most `max_bytes` remain.
// What is left out is said where it is missing. The outcome, the identifiers and the first failure
// always stay.
void LimitResult(size_t max_bytes, v1::TaskResult* result);

// Takes away all evidence but the message and the first failure, shortened: the last resort for a
// result that a coordinator refuses as too large.
void StripEvidence(v1::TaskResult* result);

// Replaces a result that a coordinator refused even without its evidence: ERRORED, with the
// identifiers, the times and one sentence.
void GiveUpResult(v1::TaskResult* result);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_EXECUTOR_RESULT_LIMITS_H_
