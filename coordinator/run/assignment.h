#ifndef SMOKEMESH_COORDINATOR_RUN_ASSIGNMENT_H_
#define SMOKEMESH_COORDINATOR_RUN_ASSIGNMENT_H_

#include <optional>
#include <string>
#include <string_view>

#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// The parts of a task's identifier, `<run>/<check>/<agent>/<attempt>`. Only an agent's name may
// hold a `/`.
struct TaskName {
  std::string run_id;
  std::string check;
  std::string agent_id;
  int attempt = 0;
};

std::string FormatTaskId(const TaskName& name);

// Nothing when `task_id` is no such identifier.
std::optional<TaskName> ParseTaskId(std::string_view task_id);

// What an agent is sent for one pair: the check and no more of the plan than it needs.
v1::Assignment MakeAssignment(const v1::Plan& plan, const v1::Check& check, const TaskName& name);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_ASSIGNMENT_H_
