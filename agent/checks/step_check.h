#ifndef SMOKEMESH_AGENT_CHECKS_STEP_CHECK_H_
#define SMOKEMESH_AGENT_CHECKS_STEP_CHECK_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/checks/check.h"
#include "agent/checks/step_runner.h"
#include "agent/policy/policy.h"
#include "shared/template/template.h"

namespace smokemesh::agent {

// The environment of this process, as `${NAME}` reads it.
std::optional<std::string> ProcessEnvironment(std::string_view name);

// Makes checks that consist of steps. `runners` are by kind of step (`postgres`, `redis`, `http`);
// the checks it knows are those kinds, `scenario`, which mixes them, and `flow` (flow_run.h).
//
// Such a check runs its steps in order and stops at the first one that does not pass; the rest are
// SKIPPED. Steps of one `parallel` group run at the same time, on threads that end before the next
// step begins. `when` leaves a step out; a check of which nothing is left is SKIPPED. A check that
// fails is tried again as its plan says, cleaned up in between. With `attempt` above 1 its
// `finally` steps run first, since an agent that died may have left things behind. CleanUp runs
// `finally`, each step whatever became of the one before, then ends the runners' sessions; a
// `finally` step that needs a value which no step captured is passed over.
//
// An assignment with `clean_up` runs no steps: it does what CleanUp does, and drops the scratch
// schema, for each execution that is named there. Run does all of it.
//
// `policy` says which variables of `environment` plans may read; what runners may do is theirs.
std::unique_ptr<CheckFactory> MakeStepCheckFactory(
    std::map<std::string, StepRunnerFactory> runners,
    shared::Lookup environment = &ProcessEnvironment,
    std::shared_ptr<const Policy> policy = Policy::Default());

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_STEP_CHECK_H_
