#ifndef SMOKEMESH_COORDINATOR_PLAN_REPETITION_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_REPETITION_RULES_H_

#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/step_place.h"
#include "shared/clock.h"

namespace smokemesh::coordinator {

// Reports what is wrong with when, how often and on which session a step is done: its `repeat`,
// `until`, `when`, `session` and `name`. `timeout` is the check's.
void CheckRepetition(const AnyStep& step, shared::Duration timeout, const StepPlace& place);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_REPETITION_RULES_H_
