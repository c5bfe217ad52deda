#include "tests/platform/config.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/status_macros.h"

namespace smokemesh::platform {
namespace {

std::string Text(const char* name, const char* otherwise = "") {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

absl::Status ReadInt(const char* name, int least, int most, int* value) {
  const std::string text = Text(name);
  if (text.empty()) return absl::OkStatus();
  if (!absl::SimpleAtoi(text, value) || *value < least || *value > most) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": expected a number from ", least, " to ", most));
  }
  return absl::OkStatus();
}

absl::Status ReadSeconds(const char* name, std::chrono::milliseconds* value) {
  const std::string text = Text(name);
  if (text.empty()) return absl::OkStatus();
  double seconds = 0;
  if (!absl::SimpleAtod(text, &seconds) || !(seconds > 0 && seconds < 86400)) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": expected seconds, such as 0.5 or 60"));
  }
  *value = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
  return absl::OkStatus();
}

absl::Status Require(const char* name, const std::string& value) {
  if (!value.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the variable ", name, " is not set"));
}

}  // namespace

absl::StatusOr<Config> ReadConfig(const std::string& service, Switches switches) {
  Config config;
  config.service = service;
  config.switches = std::move(switches);
  config.database_url = Text("DATABASE_URL");
  config.redis_url = Text("REDIS_URL");
  config.jwt_secret = Text("JWT_SECRET");
  config.identity_url = Text("IDENTITY_URL");
  config.engagement_url = Text("ENGAGEMENT_URL");
  config.ingestion_url = Text("INGESTION_URL");
  config.normalize_url = Text("NORMALIZE_URL");
  config.cors_origins = absl::StrSplit(
      Text("CORS_ORIGINS", "http://localhost:3000,http://localhost:5173,http://localhost:3001"),
      ',', absl::SkipWhitespace());
  config.version = Text("VERSION", "1.0.0");
  if (config.Has(Switch::kStaleVersion)) config.version = "0.9.3";
  if (config.Has(Switch::kTokenLifetimeLong)) {
    config.token_lifetime = std::chrono::hours(24 * 30);
  }
  RETURN_IF_ERROR(ReadInt("BCRYPT_COST", 4, 15, &config.bcrypt_cost));
  RETURN_IF_ERROR(ReadInt("RATE_LIMIT", 1, 1'000'000, &config.rate_limit));
  RETURN_IF_ERROR(ReadInt("RATE_LIMIT_ANONYMOUS", 0, 1'000'000, &config.anonymous_rate_limit));
  RETURN_IF_ERROR(ReadSeconds("RATE_WINDOW_SECONDS", &config.rate_window));
  RETURN_IF_ERROR(ReadSeconds("RETRY_BASE_SECONDS", &config.retry_base));
  RETURN_IF_ERROR(ReadSeconds("BACKEND_TIMEOUT_SECONDS", &config.backend_timeout));

  const bool stores = service == "identity" || service == "engagement" || service == "worker";
  if (stores) RETURN_IF_ERROR(Require("DATABASE_URL", config.database_url));
  if (service == "engagement" || service == "worker") {
    RETURN_IF_ERROR(Require("REDIS_URL", config.redis_url));
  }
  if (service == "identity" || service == "engagement") {
    RETURN_IF_ERROR(Require("JWT_SECRET", config.jwt_secret));
  }
  return config;
}

}  // namespace smokemesh::platform
