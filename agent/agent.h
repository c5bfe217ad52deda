#ifndef SMOKEMESH_AGENT_AGENT_H_
#define SMOKEMESH_AGENT_AGENT_H_

#include <grpcpp/channel.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/policy/policy.h"
#include "shared/clock.h"

namespace smokemesh::agent {

struct AgentOptions {
  // Identifier: stable over restarts, unique in the mesh.
  std::string agent_id;
  // The service that the agent stands beside.
  std::string service;
  std::map<std::string, std::string> labels;
  // Version of what stands beside it, for example an image digest; empty: it cannot say.
  std::string deployment;
  // Folder for results that are not acknowledged (agent/spool); empty: they are in memory only.
  std::string state_directory;
  // Greatest number of checks that run at once.
  int max_parallel = 16;
  // What plans may make it do; null: what holds without a policy file.
  std::shared_ptr<const Policy> policy;
  // To other replicas of the coordinator than `channel`.
  std::vector<std::shared_ptr<grpc::Channel>> other_channels = {};
  // Where they lead, for the log: `127.0.0.1:7443`.
  std::string coordinator;
  // Stand for every `on:` selector (one-shot runs). `channel` leads into this process.
  bool stands_for_all = false;
};

// Composition root of the agent: session, executor, the built-in kinds of checks. Thread-safe.
class Agent {
 public:
  // Starts to connect over `channel` and keeps at it until stopped. The environment that `${NAME}`
  // reads is the process's. INVALID_ARGUMENT for wrong options, else why `state_directory` cannot
  // be used.
  static absl::StatusOr<std::unique_ptr<Agent>> Start(const AgentOptions& options,
                                                      std::shared_ptr<grpc::Channel> channel);

  // Stops as `Drain(0)` does.
  virtual ~Agent() = default;

  // Takes no more assignments, waits for at most `grace` until what runs has ended, cleaned up and
  // been acknowledged; cancels what is left, cleans that up, and stops. OK when every result is
  // delivered, or safe in `state_directory`, from where the next start delivers it; the log says
  // how many. DEADLINE_EXCEEDED when something could not be cleaned up, or results are lost.
  virtual absl::Status Drain(shared::Duration grace) = 0;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_AGENT_H_
