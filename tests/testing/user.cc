#include "tests/testing/user.h"

#include <pwd.h>
#include <unistd.h>

#include <array>

namespace smokemesh::testing {

std::optional<User> FindUser(const std::string& name) {
  passwd entry = {};
  passwd* found = nullptr;
  std::array<char, 1 << 14> text = {};
  if (getpwnam_r(name.c_str(), &entry, text.data(), text.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return User{entry.pw_uid, entry.pw_gid};
}

absl::Status GiveTo(const std::string& user, const std::filesystem::path& path) {
  const std::optional<User> owner = FindUser(user);
  if (!owner.has_value()) return absl::NotFoundError("no such user: " + user);
  if (chown(path.c_str(), owner->uid, owner->gid) != 0) {
    return absl::PermissionDeniedError("cannot give " + path.string() + " to " + user);
  }
  return absl::OkStatus();
}

}  // namespace smokemesh::testing
