#include "coordinator/access/method_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

std::vector<MethodAccess> MakeTable() {
  const std::vector<Role> agents = {Role::kAgent};
  const std::vector<Role> runs = {Role::kRunner, Role::kAdmin};
  const std::vector<Role> reads = {Role::kRunner, Role::kViewer, Role::kAdmin};
  const std::vector<Role> all = {Role::kAgent, Role::kRunner, Role::kViewer, Role::kAdmin,
                                 Role::kReplica};
  return {{"/smokemesh.v1.AgentSessionService/Connect", agents},
          {"/smokemesh.v1.RunService/CreateRun", runs},
          {"/smokemesh.v1.RunService/CancelRun", runs},
          {"/smokemesh.v1.RunService/GetRun", reads},
          {"/smokemesh.v1.RunService/GetRecord", reads},
          {"/smokemesh.v1.RunService/ListRuns", reads},
          {"/smokemesh.v1.RunService/WatchRun", reads},
          {"/smokemesh.v1.RunService/ListAgents", reads},
          {"/grpc.health.v1.Health/Check", all},
          {"/grpc.health.v1.Health/Watch", all}};
}

}  // namespace

const std::vector<MethodAccess>& MethodTable() {
  static const auto& table = *new std::vector<MethodAccess>(MakeTable());
  return table;
}

absl::Status CheckAccess(const Caller& caller, std::string_view path) {
  if (caller.proof == Caller::Proof::kLocal) return absl::OkStatus();
  const std::string shown = shared::EscapeControl(shared::Shorten(path, 128));
  for (const MethodAccess& method : MethodTable()) {
    if (method.path != path) continue;
    if (std::find(method.roles.begin(), method.roles.end(), caller.role) != method.roles.end()) {
      return absl::OkStatus();
    }
    return absl::PermissionDeniedError(
        absl::StrCat(Describe(caller), " may not call ", shown, ": that is for ",
                     absl::StrJoin(method.roles, ", ", [](std::string* out, Role role) {
                       absl::StrAppend(out, std::string(RoleName(role)));
                     })));
  }
  return absl::PermissionDeniedError(
      absl::StrCat(Describe(caller), " may not call ", shown, ": nobody may"));
}

}  // namespace smokemesh::coordinator
