#ifndef SMOKEMESH_COORDINATOR_VERDICT_EVIDENCE_H_
#define SMOKEMESH_COORDINATOR_VERDICT_EVIDENCE_H_

#include <string>

#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Why a check did not pass, in one line for people:
// `constraints on engagement@host, step 4 "INSERT …": expected sqlstate == 23514, saw 00000`.
// Without a failure in a result it says what else is known: a message, the coordinator's reason, or
// the bare outcome.
std::string EvidenceLine(const v1::CheckRecord& check);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_EVIDENCE_H_
