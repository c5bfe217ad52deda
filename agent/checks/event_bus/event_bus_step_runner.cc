#include "agent/checks/event_bus/event_bus_step_runner.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "agent/checks/event_bus/event_actions.h"
#include "agent/checks/redis_client/redis_sessions.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using std::chrono::steady_clock;
using ObservationOr = absl::StatusOr<std::unique_ptr<shared::Observation>>;

class EventBusStepRunner final : public StepRunner {
 public:
  explicit EventBusStepRunner(std::shared_ptr<const Policy> policy)
      : policy_(policy), sessions_(TargetGuard(std::move(policy), "event_bus")) {}

  ObservationOr Run(const StepRequest& request, const CheckContext& context) override;

  absl::Status CleanUp(const CheckContext&) override {
    sessions_.Clear();
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<const Policy> policy_;
  RedisSessions sessions_;
};

// The commands that the step's action sends.
std::vector<std::string> CommandsOf(const v1::EventBusStep& step) {
  if (step.has_publish()) {
    if (step.publish().not_stored()) return {"PUBLISH"};
    return {"PUBLISH", "SET"};
  }
  if (step.has_stored()) return {"GET", "TTL"};
  if (step.has_history()) return {"SCAN", "GET"};
  if (step.has_dead_letters()) return {"LLEN", "LRANGE"};
  if (step.has_forget()) return {"DEL", "LLEN", "LRANGE", "LREM"};
  if (step.subscribe_size() > 0) return {"SUBSCRIBE"};
  return {};
}

absl::StatusOr<EventFacts> Act(const Bus& bus, const v1::EventBusStep& step,
                               const std::vector<shared::Expectation>& where) {
  if (step.has_publish()) return PublishEvent(bus, step.publish());
  if (step.has_receive()) return ReceiveEvents(bus, step.receive(), where);
  if (step.has_stored()) return LookAtStored(bus, step.stored());
  if (step.has_history()) return LookAtHistory(bus, step.history());
  if (step.has_dead_letters()) return LookAtDeadLetters(bus, step.dead_letters());
  if (step.has_forget()) return ForgetEvents(bus, step.forget());
  if (step.subscribe_size() > 0) {
    return SubscribeToEvents(bus, {step.subscribe().begin(), step.subscribe().end()});
  }
  return absl::InvalidArgumentError("the step names no action");
}

ObservationOr EventBusStepRunner::Run(const StepRequest& request, const CheckContext& context) {
  const v1::EventBusStep& step = request.step->event_bus();
  if (step.disconnect()) {
    RETURN_IF_ERROR(sessions_.Cut(request, step.session()));
    return std::make_unique<CutObservation>();
  }
  ASSIGN_OR_RETURN(const EventFormat format, EventFormat::From(request.connection->event_bus()));
  // Before there is a connection: an event must not be half published.
  for (const std::string& command : CommandsOf(step)) {
    RETURN_IF_ERROR(policy_->MaySend({command, "argument"}));
  }
  return sessions_.With(
      request, step.session(), context,
      [&](RedisSession& session, const Waiter& waiter) -> ObservationOr {
        const shared::SteadyTime begin = steady_clock::now();
        absl::StatusOr<EventFacts> facts = Act({session, format, waiter}, step, request.where);
        if (absl::IsUnknown(facts.status())) {
          return std::make_unique<RefusedObservation>(std::string(facts.status().message()));
        }
        RETURN_IF_ERROR(facts.status());
        facts->duration = steady_clock::now() - begin;
        return std::make_unique<EventObservation>(*std::move(facts));
      });
}

}  // namespace

std::unique_ptr<StepRunner> MakeEventBusStepRunner() {
  return EventBusStepRunners(Policy::Default())();
}

StepRunnerFactory EventBusStepRunners(std::shared_ptr<const Policy> policy) {
  return [policy = std::move(policy)] { return std::make_unique<EventBusStepRunner>(policy); };
}

}  // namespace smokemesh::agent
