#ifndef SMOKEMESH_COORDINATOR_ACCESS_TOKEN_FILE_H_
#define SMOKEMESH_COORDINATOR_ACCESS_TOKEN_FILE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/access/caller.h"
#include "shared/clock.h"

namespace smokemesh::coordinator {

// Bearer tokens for people and pipelines. The file holds no secret, only its SHA-256; a token has
// 256 random bits, so that a fast hash is enough. A line for each:
//
//   # name   role    SHA-256 of the secret in 64 hex digits        end (optional)
//   ci       runner  9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b…  2027-02-20T12:00:00Z
//
// Roles: runner, viewer, admin. Agents and replicas have certificates.
struct Token {
  std::string name;
  Role role = Role::kViewer;
  std::string sha256;  // 32 bytes
  std::optional<shared::WallTime> expiry;
};

inline constexpr size_t kMaxTokenFile = 256 << 10;  // bytes
inline constexpr size_t kMaxTokens = 1000;

// INVALID_ARGUMENT has every problem, one a line: `tokens:3: …`. No text of a line is in it but
// names and roles.
absl::StatusOr<std::vector<Token>> ParseTokens(std::string_view text, std::string_view file);

// Reads a file. NOT_FOUND: it is not there. INVALID_ARGUMENT: its content, or that others than its
// owner can write to it.
absl::StatusOr<std::vector<Token>> ReadTokenFile(const std::string& path);

// A line for the file, with a line end.
std::string FormatToken(const Token& token);

// A new secret: `smt_` and 43 letters, digits, `-` and `_`.
std::string NewTokenSecret();

// 32 bytes.
std::string Sha256(std::string_view secret);

// The token of this secret, or nothing. Takes as long for every secret: all tokens are compared, in
// constant time. Whether it has ended is not looked at.
const Token* FindToken(const std::vector<Token>& tokens, std::string_view secret);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_ACCESS_TOKEN_FILE_H_
