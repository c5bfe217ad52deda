#ifndef SMOKEMESH_AGENT_POLICY_POLICY_H_
#define SMOKEMESH_AGENT_POLICY_POLICY_H_

#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "agent/policy/ip_address.h"
#include "shared/yaml/problem.h"
#include "smokemesh/v1/agent_policy.pb.h"

namespace smokemesh::agent {

// What a policy forbids: FAILED_PRECONDITION that IsForbidden tells from every other. The message
// names the line that forbids it and says what to do.
absl::Status ForbiddenError(std::string_view message);
bool IsForbidden(const absl::Status& status);

// What plans may make this agent do (v1::AgentPolicy), as decisions. Every function returns OK or a
// ForbiddenError; none has an effect. Immutable and so thread-safe.
class Policy {
 public:
  // What holds without a file.
  static std::shared_ptr<const Policy> Default();

  // A policy that was read from `file`, with the places of its fields. It must be valid: see
  // policy_file.h.
  Policy(v1::AgentPolicy message, std::string file, shared::Positions positions);

  // Whether steps of `kind` (`http`, `postgres`, `redis`, `event_bus`) may run.
  absl::Status MayRun(std::string_view kind) const;

  // Whether a step of `kind` may ask for `host`, as the plan writes it: before it is resolved. OK
  // also when that depends on its addresses.
  absl::Status MayAsk(std::string_view kind, std::string_view host, int port) const;

  // Whether it may connect to an address of `host`, at the address's port: before there is a
  // socket. Families other than IPv4 and IPv6 are forbidden.
  absl::Status MayConnect(std::string_view kind, std::string_view host,
                          const sockaddr* address) const;

  // Whether it may use the UNIX socket `path`.
  absl::Status MayUseSocket(std::string_view kind, std::string_view path, int port) const;

  // Whether plans may read `${name}`.
  absl::Status MayRead(std::string_view name) const;

  // Whether a session may be opened as the PostgreSQL role `role`: before it is.
  absl::Status MayLogInAs(std::string_view role) const;
  // Whether a session may be used whose role is a superuser.
  bool allows_superuser() const { return message_.postgres().allow_superuser(); }

  // Whether a Redis command, its arguments included, may be sent. Commands that are no commands at
  // all are INVALID_ARGUMENT.
  absl::Status MaySend(const std::vector<std::string>& command) const;

  // `policy.yaml: http and redis steps, 3 targets, …`, for the log.
  std::string Summary() const;

 private:
  // One of `targets`, ready to be compared.
  struct Target {
    std::string name;                  // lower case, without a dot at the end; of a network empty
    bool below = false;                // `*.` stands before `name`
    std::optional<IpNetwork> network;  // an address, or a network
    const v1::AllowedTarget* rule = nullptr;
    std::string place;  // in the file
  };

  std::string PlaceOf(const std::string& path) const;
  bool Applies(const Target& target, std::string_view kind, int port) const;
  static bool Names(const Target& target, std::string_view host);
  absl::Status NotListed(std::string_view kind, const std::string& server) const;

  const v1::AgentPolicy message_;
  const std::string file_;  // empty: there is none
  const shared::Positions positions_;
  std::vector<Target> targets_;
};

// What steps of one kind may reach. Thread-safe.
class TargetGuard {
 public:
  TargetGuard(std::shared_ptr<const Policy> policy, std::string kind)
      : policy_(std::move(policy)), kind_(std::move(kind)) {}

  // As the functions of Policy.
  absl::Status MayAsk(std::string_view host, int port) const {
    return policy_->MayAsk(kind_, host, port);
  }
  absl::Status MayConnect(std::string_view host, const sockaddr* address) const {
    return policy_->MayConnect(kind_, host, address);
  }
  absl::Status MayUseSocket(std::string_view path, int port) const {
    return policy_->MayUseSocket(kind_, path, port);
  }

  const Policy& policy() const { return *policy_; }

 private:
  std::shared_ptr<const Policy> policy_;
  std::string kind_;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_POLICY_POLICY_H_
