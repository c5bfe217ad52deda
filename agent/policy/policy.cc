#include "agent/policy/policy.h"

#include <netinet/in.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/redis_commands/redis_commands.h"
#include "shared/text.h"

namespace smokemesh::agent {
namespace {

constexpr char kForbidden[] = "smokemesh.v1.AgentPolicy";

std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

// As names are compared: without case, and without the dot that says that they are complete.
std::string Canonical(std::string_view host) {
  std::string name = Lower(host);
  if (name.ends_with('.')) name.pop_back();
  return name;
}

std::string Shown(std::string_view text) {
  constexpr size_t kLongest = 100;
  return shared::Shorten(shared::EscapeControl(text), kLongest);
}

std::string Server(std::string_view host, int port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return absl::StrCat(v6 ? "[" : "", Shown(host), v6 ? "]:" : ":", port);
}

int PortOf(const sockaddr* address) {
  return ntohs(address->sa_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(address)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(address)->sin_port);
}

template <typename List>
bool Holds(const List& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& entry) { return std::string_view(entry) == text; });
}

// Whether `list` names the command: by its name, or by name and subcommand.
template <typename List>
bool Lists(const List& list, const std::vector<std::string>& command) {
  const std::string name = shared::CommandName(command);
  const std::string with_sub =
      command.size() > 1 ? absl::StrCat(name, " ", absl::AsciiStrToUpper(command[1])) : name;
  return std::any_of(list.begin(), list.end(), [&](const std::string& entry) {
    const std::string wanted = absl::AsciiStrToUpper(entry);
    return wanted == name || wanted == with_sub;
  });
}

}  // namespace

absl::Status ForbiddenError(std::string_view message) {
  absl::Status status =
      absl::FailedPreconditionError(absl::string_view(message.data(), message.size()));
  status.SetPayload(kForbidden, absl::Cord());
  return status;
}

bool IsForbidden(const absl::Status& status) { return status.GetPayload(kForbidden).has_value(); }

std::shared_ptr<const Policy> Policy::Default() {
  static const auto& policy = *new std::shared_ptr<const Policy>(
      std::make_shared<const Policy>(v1::AgentPolicy(), "", shared::Positions()));
  return policy;
}

Policy::Policy(v1::AgentPolicy message, std::string file, shared::Positions positions)
    : message_(std::move(message)), file_(std::move(file)), positions_(std::move(positions)) {
  for (int i = 0; i < message_.targets_size(); ++i) {
    const v1::AllowedTarget& rule = message_.targets(i);
    Target target;
    target.rule = &rule;
    target.place = PlaceOf(absl::StrCat("targets[", i, "].host"));
    target.network = IpNetwork::Parse(rule.host());
    if (!target.network.has_value()) {
      std::string_view name = rule.host();
      target.below = name.starts_with("*.");
      if (target.below) name.remove_prefix(2);
      target.name = name.starts_with('/') ? std::string(name) : Canonical(name);
    }
    targets_.push_back(std::move(target));
  }
}

std::string Policy::PlaceOf(const std::string& path) const {
  const auto it = positions_.find(path);
  if (it == positions_.end()) return file_;
  return absl::StrCat(file_, ":", it->second.line, ":", it->second.column);
}

absl::Status Policy::MayRun(std::string_view kind) const {
  if (message_.kinds().empty() || Holds(message_.kinds(), kind)) return absl::OkStatus();
  return ForbiddenError(absl::StrCat(PlaceOf("kinds"), ": this agent's policy runs steps of kind ",
                                     absl::StrJoin(message_.kinds(), ", "), ", and not ",
                                     Shown(kind), "; add it to `kinds` if plans may use it"));
}

bool Policy::Applies(const Target& target, std::string_view kind, int port) const {
  const v1::AllowedTarget& rule = *target.rule;
  const bool port_listed = std::any_of(rule.ports().begin(), rule.ports().end(),
                                       [&](uint32_t p) { return static_cast<int64_t>(p) == port; });
  return (rule.kinds().empty() || Holds(rule.kinds(), kind)) &&
         (rule.ports().empty() || port_listed);
}

bool Policy::Names(const Target& target, std::string_view host) {
  if (target.network.has_value() || host.starts_with('/')) return false;
  const std::string name = Canonical(host);
  if (!target.below) return name == target.name;
  return name.size() > target.name.size() + 1 && name.ends_with(target.name) &&
         name[name.size() - target.name.size() - 1] == '.';
}

absl::Status Policy::NotListed(std::string_view kind, const std::string& server) const {
  return ForbiddenError(absl::StrCat(PlaceOf("targets"), ": this agent's policy does not let ",
                                     Shown(kind), " steps reach ", server,
                                     "; add it to `targets` if plans may"));
}

absl::Status Policy::MayAsk(std::string_view kind, std::string_view host, int port) const {
  if (targets_.empty()) return absl::OkStatus();
  const bool possible = std::any_of(targets_.begin(), targets_.end(), [&](const Target& target) {
    return Applies(target, kind, port) && (target.network.has_value() || Names(target, host));
  });
  return possible ? absl::OkStatus() : NotListed(kind, Server(host, port));
}

absl::Status Policy::MayConnect(std::string_view kind, std::string_view host,
                                const sockaddr* address) const {
  const std::optional<IpAddress> ip = IpAddress::From(address);
  if (!ip.has_value()) {
    return ForbiddenError(absl::StrCat(Shown(host),
                                       " has an address that is neither IPv4 nor IPv6,"
                                       " and plans must not reach it"));
  }
  const int port = PortOf(address);
  std::string server = Server(ip->ToString(), port);
  if (ip->ToString() != host) absl::StrAppend(&server, " (", Shown(host), ")");
  const bool is_metadata = IsMetadataAddress(*ip);
  const Target* without_leave = nullptr;
  for (const Target& target : targets_) {
    if (!Applies(target, kind, port)) continue;
    const bool meant =
        target.network.has_value() ? target.network->Contains(*ip) : Names(target, host);
    if (!meant) continue;
    if (!is_metadata || target.rule->allow_metadata_address()) return absl::OkStatus();
    without_leave = &target;
  }
  if (is_metadata) {
    const std::string what =
        absl::StrCat(server,
                     " is a link-local or metadata address, where clouds serve "
                     "credentials, and plans must not reach it");
    if (without_leave != nullptr) {
      return ForbiddenError(absl::StrCat(without_leave->place, ": ", what,
                                         " unless this target has `allow_metadata_address: true`"));
    }
    return ForbiddenError(absl::StrCat(
        what,
        "; a target with `allow_metadata_address: true` in the policy file of the agent "
        "(--policy) would let them"));
  }
  return targets_.empty() ? absl::OkStatus() : NotListed(kind, server);
}

absl::Status Policy::MayUseSocket(std::string_view kind, std::string_view path, int port) const {
  if (targets_.empty()) return absl::OkStatus();
  const bool listed = std::any_of(targets_.begin(), targets_.end(), [&](const Target& target) {
    return Applies(target, kind, port) && !target.network.has_value() && target.name == path;
  });
  if (listed) return absl::OkStatus();
  return NotListed(kind,
                   absl::StrCat("the UNIX socket ", path.empty() ? "of the machine" : Shown(path)));
}

absl::Status Policy::MayRead(std::string_view name) const {
  if (message_.variables().empty()) return absl::OkStatus();
  for (const std::string& entry : message_.variables()) {
    std::string_view pattern = entry;
    if (pattern.ends_with('*')) {
      pattern.remove_suffix(1);
      if (name.starts_with(pattern)) return absl::OkStatus();
    } else if (name == pattern) {
      return absl::OkStatus();
    }
  }
  return ForbiddenError(absl::StrCat(PlaceOf("variables"),
                                     ": this agent's policy does not let plans read ${",
                                     Shown(name), "}; add it to `variables` if they may"));
}

absl::Status Policy::MayLogInAs(std::string_view role) const {
  const auto& roles = message_.postgres().roles();
  if (roles.empty() || Holds(roles, role)) return absl::OkStatus();
  return ForbiddenError(absl::StrCat(PlaceOf("postgres.roles"),
                                     ": this agent's policy does not let plans log in as \"",
                                     Shown(role), "\"; add it to `postgres.roles` if they may"));
}

absl::Status Policy::MaySend(const std::vector<std::string>& command) const {
  if (command.empty() || command[0].empty()) return shared::CheckRedisSession(command);
  const v1::RedisPolicy& redis = message_.redis();
  // What breaks a session stays forbidden whatever a policy lists.
  absl::Status status = shared::CheckRedisSession(command);
  if (!status.ok()) return ForbiddenError(std::string(status.message()));
  if (Lists(redis.commands(), command) || Lists(redis.more_commands(), command)) {
    return absl::OkStatus();
  }
  if (!redis.commands().empty()) {
    const std::string sub = command.size() > 1 ? absl::AsciiStrToUpper(command[1]) : "";
    const std::string name = shared::CommandName(command);
    const bool by_sub = std::any_of(
        redis.commands().begin(), redis.commands().end(), [&](const std::string& entry) {
          return absl::AsciiStrToUpper(entry).rfind(absl::StrCat(name, " "), 0) == 0;
        });
    return ForbiddenError(absl::StrCat(
        PlaceOf("redis.commands"),
        ": this agent's policy does not let plans send the Redis command ", Shown(name),
        by_sub ? absl::StrCat(" ", Shown(sub)) : "", "; add it to `redis.commands` if they may"));
  }
  status = shared::CheckRedisCommand(command);
  if (status.ok()) return status;
  return ForbiddenError(absl::StrCat(
      std::string(status.message()),
      "; `redis.more_commands` in the policy file of the agent (--policy) would allow it"));
}

std::string Policy::Summary() const {
  const auto count = [](int number, std::string_view what) {
    return number == 0 ? absl::StrCat("all ", std::string(what), "s")
                       : absl::StrCat(number, " ", std::string(what), number == 1 ? "" : "s");
  };
  return absl::StrCat(
      file_.empty() ? "no policy file" : absl::StrCat("policy ", file_), ": ",
      message_.kinds().empty() ? "all kinds" : absl::StrJoin(message_.kinds(), ", "), "; ",
      count(message_.targets_size(), "target"), "; ", count(message_.variables_size(), "variable"),
      "; ", count(message_.postgres().roles_size(), "PostgreSQL role"),
      allows_superuser() ? " with superusers" : " but superusers", "; ",
      message_.redis().commands().empty()
          ? absl::StrCat("the built-in Redis commands",
                         message_.redis().more_commands().empty() ? "" : " and more")
          : count(message_.redis().commands_size(), "Redis command"));
}

}  // namespace smokemesh::agent
