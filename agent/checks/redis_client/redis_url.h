#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_URL_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_URL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace smokemesh::agent {

// A Redis server and how to log in.
struct RedisUrl {
  bool tls = false;
  std::string user;      // empty: the default user
  std::string password;  // empty: no login
  std::string host;
  int port = 6379;
  int database = 0;
};

// Reads `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. User and
// password are percent-decoded. INVALID_ARGUMENT never quotes the text: it may hold a password.
absl::StatusOr<RedisUrl> ParseRedisUrl(std::string_view text);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_URL_H_
