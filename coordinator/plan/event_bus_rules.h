#ifndef SMOKEMESH_COORDINATOR_PLAN_EVENT_BUS_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_EVENT_BUS_RULES_H_

#include <string>

#include "coordinator/plan/problem_list.h"
#include "coordinator/plan/step_place.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Reports what is wrong with `event_bus` of a connection that leads to Redis. `path` is its path,
// `where` names the connection.
void CheckEventBusFormat(const v1::EventBusFormat& format, const std::string& path,
                         const std::string& where, ProblemList* problems);

// Reports what is wrong with what an event-bus step does: its action and the fields of that. The
// fields of `receive` are looked at elsewhere. `format` is that of its connection.
void CheckEventBusActions(const v1::EventBusStep& step, const v1::EventBusFormat& format,
                          const StepPlace& place);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_EVENT_BUS_RULES_H_
