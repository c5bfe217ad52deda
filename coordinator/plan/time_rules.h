#ifndef SMOKEMESH_COORDINATOR_PLAN_TIME_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_TIME_RULES_H_

#include "coordinator/plan/problem_list.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// The timeout of a check: its own, or the plan's default.
shared::Duration TimeoutOf(const v1::Plan& plan, const v1::Check& check);

// Reports what is wrong with the times of a plan, its suites and its checks: out of range, or
// longer than the time around them. In a file only, as it is written there: who runs a plan may
// shorten its timeout, and defaults are no wish of anybody.
void CheckTimes(const v1::Plan& plan, ProblemList* problems);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_TIME_RULES_H_
