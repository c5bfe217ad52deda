#include "agent/checks/builtin_checks.h"

#include <utility>

#include "agent/checks/event_bus/event_bus_step_runner.h"
#include "agent/checks/http/http_step_runner.h"
#include "agent/checks/postgres/postgres_step_runner.h"
#include "agent/checks/redis/redis_step_runner.h"
#include "agent/checks/step_check.h"
#include "agent/checks/step_runners.h"

namespace smokemesh::agent {

namespace {

// Stands for a kind that the policy forbids.
class ForbiddenStepRunner final : public StepRunner {
 public:
  explicit ForbiddenStepRunner(absl::Status why) : why_(std::move(why)) {}

  absl::StatusOr<std::unique_ptr<shared::Observation>> Run(const StepRequest&,
                                                           const CheckContext&) override {
    return why_;
  }
  absl::Status CleanUp(const CheckContext&) override { return absl::OkStatus(); }
  absl::Status RemoveScratchSchema(const std::string&, const v1::Connection&, const std::string&,
                                   const CheckContext&) override {
    return why_;
  }

 private:
  const absl::Status why_;
};

}  // namespace

std::unique_ptr<CheckFactory> BuiltinChecks(std::shared_ptr<const Policy> policy) {
  StepRunnerFactories runners = {
      {"event_bus", EventBusStepRunners(policy)},
      {"http", HttpStepRunners(policy)},
      {"postgres", PostgresStepRunners(policy)},
      {"redis", RedisStepRunners(policy)},
  };
  for (auto& [kind, runner] : runners) {
    if (absl::Status allowed = policy->MayRun(kind); !allowed.ok()) {
      runner = [allowed] { return std::make_unique<ForbiddenStepRunner>(allowed); };
    }
  }
  return MakeStepCheckFactory(std::move(runners), &ProcessEnvironment, std::move(policy));
}

}  // namespace smokemesh::agent
