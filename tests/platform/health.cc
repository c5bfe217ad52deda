#include "tests/platform/health.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "shared/logging.h"
#include "tests/platform/event.h"
#include "tests/platform/json.h"

namespace smokemesh::platform {

HttpHandler HealthHandler(const Config& config, std::vector<Dependency> dependencies) {
  return [&config, dependencies = std::move(dependencies)](const HttpRequest&) {
    Json states = Json::object();
    bool healthy = !config.Has(Switch::kHealthUnhealthy);
    for (const auto& [name, check] : dependencies) {
      const absl::Status status = config.Has(Switch::kHealthStatic) ? absl::OkStatus() : check();
      states[name] = status.ok() ? "up" : "down";
      if (status.ok()) continue;
      healthy = false;
      shared::LogWarn(absl::StrCat("health: ", name, ": ", status.message()));
    }
    Json body = {{"status", healthy ? "healthy" : "degraded"},
                 {"timestamp", NaiveUtc(std::chrono::system_clock::now())},
                 {"service", config.service == "gateway" ? "api-gateway" : config.service}};
    if (!config.Has(Switch::kVersionMissing)) body["version"] = config.version;
    body["dependencies"] = states;
    HttpResponse response;
    response.status = healthy ? 200 : 503;
    response.body = body.dump();
    return response;
  };
}

}  // namespace smokemesh::platform
