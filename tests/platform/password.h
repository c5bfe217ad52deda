#ifndef SMOKEMESH_TESTS_PLATFORM_PASSWORD_H_
#define SMOKEMESH_TESTS_PLATFORM_PASSWORD_H_

#include <string>

#include "absl/status/statusor.h"

namespace smokemesh::platform {

// A salted bcrypt hash (`$2b$`). `cost` is the binary logarithm of the rounds, 4 to 31.
absl::StatusOr<std::string> HashPassword(const std::string& password, int cost);

// Whether `password` is the one behind `hash`. Compares in constant time.
bool PasswordMatches(const std::string& password, const std::string& hash);

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_PASSWORD_H_
