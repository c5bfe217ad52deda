#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "agent/agent.h"
#include "agent/agent_flags.h"
#include "agent/agent_identity.h"
#include "agent/coordinator_connection.h"
#include "agent/policy/policy_file.h"
#include "agent/session/coordinator_channel.h"
#include "shared/core_dumps.h"
#include "shared/credentials/client_security.h"
#include "shared/env_file.h"
#include "shared/grpc_support/grpc_log.h"
#include "shared/logging.h"
#include "shared/shutdown.h"

namespace smokemesh::agent {
namespace {

constexpr int kDone = 0;
constexpr int kIncomplete = 1;
constexpr int kUsage = 2;

int Refuse(const absl::Status& status) {
  std::fprintf(stderr, "smokemesh-agent: %s\n", std::string(status.message()).c_str());
  return kUsage;
}

// Before the first thread: the environment changes.
absl::Status LoadEnvFile(const std::string& path) {
  const auto variables = shared::ReadEnvFile(path);
  if (!variables.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--env-file: ", std::string(variables.status().message())));
  }
  shared::SetMissing(*variables);
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  shared::ForbidCoreDumps();
  ParsedAgentFlags parsed = ParseAgentFlags(argc, argv);
  if (parsed.exit_code != 0 && !parsed.flags.env_file.empty()) {
    if (const absl::Status loaded = LoadEnvFile(parsed.flags.env_file); !loaded.ok()) {
      return Refuse(loaded);
    }
    parsed = ParseAgentFlags(argc, argv);  // it reads the environment
  }
  if (parsed.exit_code.has_value()) {
    std::fputs(parsed.text.c_str(), *parsed.exit_code == 0 ? stdout : stderr);
    return *parsed.exit_code;
  }
  const AgentFlags& flags = parsed.flags;
  if (const absl::Status level = shared::SetLogLevel(flags.log_level); !level.ok()) {
    return Refuse(level);
  }
  shared::TakeGrpcLog();
  std::shared_ptr<const Policy> policy;
  if (!flags.policy.empty()) {
    absl::StatusOr<std::shared_ptr<const Policy>> read = ReadPolicyFile(flags.policy);
    if (!read.ok()) return Refuse(read.status());
    policy = *std::move(read);
  }
  const absl::StatusOr<std::vector<CoordinatorAddress>> addresses =
      ParseCoordinatorAddresses(flags.coordinator);
  if (!addresses.ok()) return Refuse(addresses.status());
  for (const CoordinatorAddress& address : *addresses) {
    const absl::Status secure =
        shared::CheckClientSecurity(flags.security, address.target, address.loopback);
    if (!secure.ok()) return Refuse(secure);
  }

  // Before the first thread: gRPC's threads inherit the blocked signals.
  shared::Shutdown& shutdown = shared::Shutdown::Install(kIncomplete);

  const absl::StatusOr<CoordinatorConnection> connection =
      ConnectTo(*addresses, flags.security, flags.id);
  if (!connection.ok()) return Refuse(connection.status());
  std::optional<AgentIdentity> identity;
  const std::string& id = connection->agent_id.empty() ? flags.id : connection->agent_id;
  if (id.empty()) identity.emplace(flags.service, flags.coordinator);
  AgentOptions options;
  options.agent_id = identity.has_value() ? identity->id() : id;
  options.service = flags.service;
  options.labels = flags.labels;
  options.deployment = flags.deployment;
  options.state_directory = flags.state;
  options.max_parallel = flags.max_parallel;
  options.coordinator = flags.coordinator;
  options.policy = policy;
  options.other_channels.assign(connection->channels.begin() + 1, connection->channels.end());
  absl::StatusOr<std::unique_ptr<Agent>> agent =
      Agent::Start(options, connection->channels.front());
  if (!agent.ok()) {
    Refuse(agent.status());
    return absl::IsInvalidArgument(agent.status()) ? kUsage : kIncomplete;
  }

  if (flags.state.empty()) {
    shared::LogInfo("results are in memory only until they are delivered: there is no --state");
  }

  shutdown.Wait();
  shared::LogInfo(absl::StrCat("draining: ", shutdown.cancellation().reason()));
  const absl::Status drained = (*agent)->Drain(flags.drain_timeout);
  if (!drained.ok()) {
    shared::LogError(absl::StrCat("left something undone: ", std::string(drained.message())));
    // A check that does not stop still has its thread: tearing down around it could crash.
    _exit(kIncomplete);
  }
  shared::LogInfo("left");
  return kDone;
}

}  // namespace
}  // namespace smokemesh::agent

int main(int argc, char** argv) {
  // Debian builds abseil with a deadlock detector that costs gRPC 2 to 10 % of its CPU time.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return smokemesh::agent::Main(argc, argv);
}
