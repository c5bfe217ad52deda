#ifndef SMOKEMESH_COORDINATOR_RUN_CLEAN_UP_H_
#define SMOKEMESH_COORDINATOR_RUN_CLEAN_UP_H_

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/store/run_store.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// A run with RunOptions.clean_runs proves nothing: each of its checks is sent to one agent, with
// the names of earlier executions, and the agent removes what these may have left behind. Pure.

// What the store knows of a run that is cleaned up after.
struct EarlierRun {
  std::string run_id;
  std::vector<ManifestPair> manifest;
};

// The plan as a run that cleans up follows it: nothing waits for, blocks or excludes anything else,
// nothing is left out by `skip`, no budget and no policy holds; a check has the time that it has
// for one run for each of them, up to a bound.
v1::Plan CleanUpPlan(const v1::Plan& plan, int runs);

// Which executions of a check to clean up after: for each run the agents that the request names,
// else those that the run's record has for this check, else (without a record) `candidates`. Empty:
// the check was not to run in any of the runs, so there is nothing to clean up.
std::vector<v1::CleanUpTarget> CleanUpTargets(const v1::RunOptions& options,
                                              const std::vector<EarlierRun>& earlier,
                                              std::string_view check,
                                              const std::vector<std::string>& candidates);

// The manifest with one agent for each check, in turns: whoever of them does it, it is done.
std::vector<ManifestPair> OneAgentEach(const std::vector<ManifestPair>& manifest);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_CLEAN_UP_H_
