#ifndef SMOKEMESH_TESTS_PLATFORM_CONFIG_H_
#define SMOKEMESH_TESTS_PLATFORM_CONFIG_H_

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/platform/switches.h"

namespace smokemesh::platform {

// What one process of the platform is told. Every service reads the same variables; a service that
// does not need one ignores it.
struct Config {
  std::string service;       // gateway, identity, engagement, worker, ingestion or normalize
  std::string database_url;  // DATABASE_URL
  std::string redis_url;     // REDIS_URL
  std::string jwt_secret;    // JWT_SECRET
  // Where the gateway finds the others: IDENTITY_URL and so on. Empty: the gateway answers 503.
  std::string identity_url;
  std::string engagement_url;
  std::string ingestion_url;
  std::string normalize_url;
  std::vector<std::string> cors_origins;  // CORS_ORIGINS, separated by commas
  std::string version = "1.0.0";          // VERSION
  int bcrypt_cost = 4;                    // BCRYPT_COST
  int rate_limit = 120;                   // RATE_LIMIT: requests per window and client
  int anonymous_rate_limit = 0;  // RATE_LIMIT_ANONYMOUS: those without a token; 0: the same
  std::chrono::milliseconds rate_window{60000};  // RATE_WINDOW_SECONDS
  std::chrono::milliseconds retry_base{1000};    // RETRY_BASE_SECONDS: retry n waits 2^n times this
  std::chrono::milliseconds backend_timeout{5000};  // BACKEND_TIMEOUT_SECONDS
  std::chrono::seconds token_lifetime{8 * 3600};
  std::chrono::seconds event_ttl{604800};
  Switches switches;

  bool Has(Switch which) const { return switches.contains(which); }
};

// Reads the environment. INVALID_ARGUMENT names the variable that is missing or unreadable.
absl::StatusOr<Config> ReadConfig(const std::string& service, Switches switches);

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_CONFIG_H_
