#ifndef SMOKEMESH_COORDINATOR_SCHEDULER_MANIFEST_H_
#define SMOKEMESH_COORDINATOR_SCHEDULER_MANIFEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
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

// Names of expected checks that none of the agents could run now, in plan order.
std::vector<std::string> WaitingForAgents(const v1::Plan& plan, const std::vector<bool>& selected,
                                          const std::vector<const Agent*>& agents);

// Every (check, agent) pair that a run must have evidence for: checks in plan order, agents sorted
// within a check. A check with `on` runs on every agent that matches it and can run its kind; one
// without runs on one capable agent, in turns over the sorted agents. A check that no agent can run
// has one pair without an agent: an error in the manifest, not an empty loop.
std::vector<ManifestPair> BuildManifest(const v1::Plan& plan, const std::vector<bool>& selected,
                                        const std::vector<const Agent*>& agents);

// Why a check has no agent, for people.
std::string NoAgentReason(const v1::Check& check, const std::vector<const Agent*>& agents);

// The selector as a person would write it: `service "engagement"`, `any agent`.
std::string SelectorText(const v1::Check& check);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SCHEDULER_MANIFEST_H_
