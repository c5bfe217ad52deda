#ifndef SMOKEMESH_COORDINATOR_CLI_ONE_SHOT_H_
#define SMOKEMESH_COORDINATOR_CLI_ONE_SHOT_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/agent.h"
#include "agent/policy/policy.h"
#include "coordinator/coordinator.h"
#include "shared/clock.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// A coordinator and one agent that stands for every selector, in this process, joined by a channel
// without a socket. The same code as a mesh of many machines.
class OneShot {
 public:
  // Starts the coordinator. `store` is the path of a SQLite file; empty keeps nothing.
  // `agent_policy` is the file of what plans may make the agent do; empty: what holds without one.
  // INVALID_ARGUMENT lists what is wrong with it.
  static absl::StatusOr<std::unique_ptr<OneShot>> Start(const std::string& store,
                                                        const std::string& agent_policy);

  // Starts the agent, unless it is there. Without it no check of any run begins. It says that it
  // stands beside the version that a run with these options judges: nobody else can tell.
  absl::Status StartAgent(const v1::RunOptions& run);

  // Waits for at most `grace` until the agent has cleaned up after every check, then stops it.
  // DEADLINE_EXCEEDED when something may have been left behind. It may be started again.
  absl::Status StopAgent(shared::Duration grace);

  // Stops both, the agent as `StopAgent(0)` does.
  ~OneShot();

  // For RunService. The agent has its own.
  std::shared_ptr<grpc::Channel> Channel() { return coordinator_->InProcessChannel(); }

 private:
  OneShot(std::unique_ptr<Coordinator> coordinator, std::shared_ptr<const agent::Policy> policy);

  std::unique_ptr<Coordinator> coordinator_;  // outlives the agent
  const std::shared_ptr<const agent::Policy> policy_;
  std::unique_ptr<agent::Agent> agent_;  // none before StartAgent and after StopAgent
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_ONE_SHOT_H_
