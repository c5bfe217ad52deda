#ifndef SMOKEMESH_COORDINATOR_VERDICT_COMPARISON_H_
#define SMOKEMESH_COORDINATOR_VERDICT_COMPARISON_H_

#include <vector>

#include "google/protobuf/repeated_field.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// How many earlier promoted runs a baseline looks at.
inline constexpr int kBaselineRuns = 10;

// What earlier promoted runs of a plan say about its checks. `promoted`: finished runs, the newest
// first; those that were not promoted are passed over. Empty when there is none.
v1::Baseline MakeBaseline(const std::vector<v1::Run>& promoted);

// Sets `comparison` of every judged check that is decided, clears it of all others. Pure: the same
// baseline and outcomes give the same comparison. Nothing is set when the baseline has no run.
void Compare(const v1::Baseline& baseline,
             google::protobuf::RepeatedPtrField<v1::CheckRecord>* checks);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_COMPARISON_H_
