#ifndef SMOKEMESH_COORDINATOR_SCHEDULER_MANIFEST_H_
#define SMOKEMESH_COORDINATOR_SCHEDULER_MANIFEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/scheduler/agent_choice.h"
#include "coordinator/scheduler/agent_registry.h"
#include "coordinator/store/run_store.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Which checks of a plan a run is about, by `-m` and `-k`, in plan order. INVALID_ARGUMENT when an
// expression is wrong.
absl::StatusOr<std::vector<bool>> SelectChecks(const v1::Plan& plan, const v1::RunOptions& options);

// Whether a check takes part: selected and without `skip`.
bool IsExpected(const v1::Check& check, bool selected);

// Names of expected checks that the agents would not do for now, in plan order: nobody could run
// one of them, or a part of it, or an agent that it selects stands beside another version than the
// one that the run judges (it may be about to be replaced).
std::vector<std::string> WaitingForAgents(const v1::Plan& plan, const std::vector<bool>& selected,
                                          const v1::RunOptions& options,
                                          const std::vector<const Agent*>& agents);

// Every (check, agent) pair that a run must have evidence for: checks in plan order, agents sorted
// within a check. A check with `on` runs on every agent that matches it and can run it; one
// without runs on one capable agent, in turns over the sorted agents. A check that no agent can run
// has one pair without an agent: an error in the manifest, not an empty loop.
//
// A flow has one pair for each agent that takes any of its roles, and one without an agent for the
// roles that nobody can take. A role with `on` is taken by every agent that matches it, one without
// by one agent, if possible one that has no other role.
//
// Agents that `on` names and that say another version than the run judges (RunOptions.deployment)
// have a pair, too, in which nobody can give evidence (RunState); unless no other agent is there:
// then the pair has no agent.
std::vector<ManifestPair> BuildManifest(const v1::Plan& plan, const std::vector<bool>& selected,
                                        const v1::RunOptions& options,
                                        const std::vector<const Agent*>& agents);

// Why a check, or some roles of it, have no agent, for people.
std::string NoAgentReason(const v1::Check& check, const v1::RunOptions& options,
                          const std::vector<const Agent*>& agents);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SCHEDULER_MANIFEST_H_
