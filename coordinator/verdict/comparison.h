#ifndef SMOKEMESH_COORDINATOR_VERDICT_COMPARISON_H_
#define SMOKEMESH_COORDINATOR_VERDICT_COMPARISON_H_

#include <vector>

#include "google/protobuf/repeated_field.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// How many earlier promoted runs a baseline looks at.
inline constexpr int kBaselineRuns = 10;

// What earlier promoted runs of a plan say about its checks. `promoted`: finished runs, the newest
// first; those that were not promoted, and clean-ups, are passed over. Looks at the first
// kBaselineRuns of the rest. Empty when there is none. The rounds of a bake must not see each other
// here, or a release would be compared with itself: all of them use the baseline of the first.
//
// A run judged a check that it neither left out nor SKIPPED and that was no shadow check. Only a
// pass at the first try has a duration: that of a FLAKY one holds its tries and waits. It is the
// longest that any agent took.
v1::Baseline MakeBaseline(const std::vector<v1::Run>& promoted);

// Sets `comparison` of every judged check that is decided and not SKIPPED, clears it of all others.
// Pure: the same baseline and outcomes give the same comparison. Nothing is set when the baseline
// has no run.
//
// `newly_slow`: PASSED at the first try, in a longer time than in each of the last promoted runs in
// which it did so (at least 3), in more than twice their median, and in at least 100 ms more than
// it. The median of an even number of times is the mean of the two in the middle.
void Compare(const v1::Baseline& baseline,
             google::protobuf::RepeatedPtrField<v1::CheckRecord>* checks);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_COMPARISON_H_
