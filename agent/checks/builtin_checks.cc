#include "agent/checks/builtin_checks.h"

#include "agent/checks/event_bus/event_bus_step_runner.h"
#include "agent/checks/http/http_step_runner.h"
#include "agent/checks/postgres/postgres_step_runner.h"
#include "agent/checks/redis/redis_step_runner.h"
#include "agent/checks/step_check.h"

namespace smokemesh::agent {

std::unique_ptr<CheckFactory> BuiltinChecks() {
  return MakeStepCheckFactory({
      {"event_bus", &MakeEventBusStepRunner},
      {"http", &MakeHttpStepRunner},
      {"postgres", &MakePostgresStepRunner},
      {"redis", &MakeRedisStepRunner},
  });
}

}  // namespace smokemesh::agent
