#ifndef SMOKEMESH_AGENT_CHECKS_PARALLEL_STEPS_H_
#define SMOKEMESH_AGENT_CHECKS_PARALLEL_STEPS_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "agent/checks/check.h"
#include "agent/checks/step_execution.h"
#include "agent/checks/step_report.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// The end of the group that begins at `begin`: neighbouring steps with the same `parallel`. A step
// without one is a group of its own.
size_t EndOfGroup(const std::vector<v1::Step>& steps, size_t begin);

// Carries out the steps of one group, from `begin` to before `end`, and returns what became of each
// of them; nothing for those that were not reached. Steps on one session of one connection are a
// branch: they keep their order, see what those before them in the branch captured, and are not
// reached after one that did not pass. Branches run at the same time (at most 50 of them; further
// ones wait for a free thread) and do not stop each other. Returns when all have ended. `call` says
// what the first step is carried out with.
std::vector<std::optional<StepReport>> RunGroup(const std::vector<v1::Step>& steps, size_t begin,
                                                size_t end, const StepCall& call,
                                                const CheckContext& context,
                                                StepExecution* execution);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_PARALLEL_STEPS_H_
