#ifndef SMOKEMESH_TESTS_PLATFORM_HEALTH_H_
#define SMOKEMESH_TESTS_PLATFORM_HEALTH_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "tests/platform/config.h"
#include "tests/platform/http_message.h"

namespace smokemesh::platform {

// Something that a service cannot do its work without.
using Dependency = std::pair<std::string, std::function<absl::Status()>>;

// `/health`: asks every dependency. 200 `healthy` or 503 `degraded`, with service and version.
HttpHandler HealthHandler(const Config& config, std::vector<Dependency> dependencies);

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_HEALTH_H_
