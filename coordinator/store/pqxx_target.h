#ifndef SMOKEMESH_COORDINATOR_STORE_PQXX_TARGET_H_
#define SMOKEMESH_COORDINATOR_STORE_PQXX_TARGET_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace smokemesh::coordinator {

// A database, and the schema in it that the store's tables are in.
struct PqxxTarget {
  // libpq's parameters by keyword. They hold secrets.
  using Parameters = std::map<std::string, std::string>;
  // Servers to try in turn.
  std::vector<Parameters> servers;
  std::string schema;
  // For messages: the URL without its password.
  std::string name;
};

// Whether the server must take writes.
enum class PqxxAccess { kReadAndWrite, kRead };

// Reads `postgresql://user:password@host:port/database?parameter=value` as libpq does, with
// `schema=NAME` on top. What the URL leaves open is set so that a dead server is noticed.
// INVALID_ARGUMENT never quotes what may be a password.
absl::StatusOr<PqxxTarget> ParsePostgresUrl(const std::string& url, PqxxAccess access);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_PQXX_TARGET_H_
