#ifndef SMOKEMESH_TESTS_PLATFORM_JWT_H_
#define SMOKEMESH_TESTS_PLATFORM_JWT_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace smokemesh::platform {

// What a token says about its bearer.
struct Claims {
  std::string sub;  // the user's UUID
  std::string email;
  std::optional<std::string> cpa_firm_id;
  std::optional<std::string> client_id;
  int64_t exp = 0;  // seconds since 1970
  int64_t iat = 0;
  std::string type = "access";
};

// The checks that a verifier makes; each can be left out to stand for a broken deployment.
struct TokenChecks {
  bool signature = true;  // also the algorithm: HS256 and nothing else
  bool expiry = true;
  bool unsigned_allowed = false;  // "alg": "none" needs no signature
};

// Signs with HS256.
std::string SignToken(const Claims& claims, std::string_view secret);

// UNAUTHENTICATED with the reason when the token is not acceptable at `now`.
absl::StatusOr<Claims> VerifyToken(std::string_view token, std::string_view secret,
                                   std::chrono::system_clock::time_point now, TokenChecks checks);

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_JWT_H_
