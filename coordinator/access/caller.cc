#include "coordinator/access/caller.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

namespace smokemesh::coordinator {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 5> kRoles = {{{Role::kAgent, "agent"},
                                                                      {Role::kRunner, "runner"},
                                                                      {Role::kViewer, "viewer"},
                                                                      {Role::kAdmin, "admin"},
                                                                      {Role::kReplica, "replica"}}};

}  // namespace

std::string_view RoleName(Role role) {
  for (const auto& [known, name] : kRoles) {
    if (known == role) return name;
  }
  return "unknown";
}

std::optional<Role> ParseRole(std::string_view name) {
  for (const auto& [role, known] : kRoles) {
    if (known == name) return role;
  }
  return std::nullopt;
}

std::string Describe(const Caller& caller) {
  if (caller.proof == Caller::Proof::kLocal) return "a local caller";
  std::string text = absl::StrCat(std::string(RoleName(caller.role)), " ", caller.name);
  if (caller.proof == Caller::Proof::kToken) absl::StrAppend(&text, " (token)");
  if (!caller.via.empty()) absl::StrAppend(&text, " (via replica ", caller.via, ")");
  return text;
}

}  // namespace smokemesh::coordinator
