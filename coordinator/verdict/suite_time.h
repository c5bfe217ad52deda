#ifndef SMOKEMESH_COORDINATOR_VERDICT_SUITE_TIME_H_
#define SMOKEMESH_COORDINATOR_VERDICT_SUITE_TIME_H_

#include <string_view>
#include <vector>

#include "shared/clock.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// How long checks and suites took. Reports show what rules judge. Times are those that agents
// report.

// A duration from outside. What no clock shows (negative, beyond some 30 years) is cut, so that
// sums do not overflow.
shared::Duration SaneDuration(const google::protobuf::Duration& duration);

// The longest that any agent took for the check, its tries and waits included.
shared::Duration TimeOf(const v1::CheckRecord& check);

// A suite's time against its target.
struct SuiteTime {
  // Longest time from the first start to the last end on any one agent. Clocks of different agents
  // are not compared. More results can only make it longer.
  shared::Duration time{0};
  shared::Duration target{0};  // 0: none
  bool ended_by_max = false;   // the coordinator ended it: what ran then has no time
  // Has a target, and took longer than it or was ended by its max. Exactly the target is in time.
  bool over_target = false;
};

// The time of the suite `name` whose checks are `checks`. Shadow checks take none: what never
// counts makes nobody late.
SuiteTime SuiteTimeOf(std::string_view name, shared::Duration target,
                      const std::vector<const v1::CheckRecord*>& checks);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_SUITE_TIME_H_
