#ifndef SMOKEMESH_TESTS_TESTING_USER_H_
#define SMOKEMESH_TESTS_TESTING_USER_H_

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace smokemesh::testing {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};

// The account of this name on this machine, or nothing. Thread-safe, which getpwnam(3) is not.
std::optional<User> FindUser(const std::string& name);

// Makes `user` the owner of a file or directory. NOT_FOUND, PERMISSION_DENIED.
absl::Status GiveTo(const std::string& user, const std::filesystem::path& path);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_USER_H_
