#include "agent/checks/redis/redis_step_runner.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "agent/checks/net/waiter.h"
#include "agent/checks/redis/redis_observation.h"
#include "agent/checks/redis_client/published_message.h"
#include "agent/checks/redis_client/redis_session.h"
#include "agent/checks/redis_client/redis_sessions.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using std::chrono::steady_clock;
using ObservationOr = absl::StatusOr<std::unique_ptr<shared::Observation>>;

class RedisStepRunner final : public StepRunner {
 public:
  explicit RedisStepRunner(std::shared_ptr<const Policy> policy)
      : policy_(policy), sessions_(TargetGuard(std::move(policy), "redis")) {}

  ObservationOr Run(const StepRequest& request, const CheckContext& context) override;

  absl::Status CleanUp(const CheckContext&) override {
    sessions_.Clear();
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<const Policy> policy_;
  RedisSessions sessions_;
};

ObservationOr Receive(RedisSession& session, const Wait& wait, const MessageFilter& wanted,
                      const Waiter& waiter) {
  const shared::SteadyTime begin = steady_clock::now();
  ASSIGN_OR_RETURN(Received received, session.Receive(wait, wanted, waiter));
  return std::make_unique<MessagesObservation>(std::move(received), wait,
                                               steady_clock::now() - begin);
}

ObservationOr Command(RedisSession& session, const std::vector<std::string>& command,
                      const Waiter& waiter) {
  const shared::SteadyTime begin = steady_clock::now();
  ASSIGN_OR_RETURN(RedisReply reply, session.Command(command, waiter));
  return std::make_unique<ReplyObservation>(std::move(reply), steady_clock::now() - begin);
}

ObservationOr RedisStepRunner::Run(const StepRequest& request, const CheckContext& context) {
  const v1::RedisStep& step = request.step->redis();
  if (step.disconnect()) {
    RETURN_IF_ERROR(sessions_.Cut(request, step.session()));
    return std::make_unique<CutObservation>();
  }
  if (step.has_receive()) {
    ASSIGN_OR_RETURN(const Wait wait, WaitOf(step.receive()));
    return sessions_.With(request, step.session(), context,
                          [&](RedisSession& session, const Waiter& waiter) {
                            return Receive(session, wait, MeantBy(request.where), waiter);
                          });
  }
  const std::vector<std::string> command(step.command().begin(), step.command().end());
  RETURN_IF_ERROR(policy_->MaySend(command));  // before there is a connection
  return sessions_.With(request, step.session(), context,
                        [&](RedisSession& session, const Waiter& waiter) {
                          return Command(session, command, waiter);
                        });
}

}  // namespace

std::unique_ptr<StepRunner> MakeRedisStepRunner() { return RedisStepRunners(Policy::Default())(); }

StepRunnerFactory RedisStepRunners(std::shared_ptr<const Policy> policy) {
  return [policy = std::move(policy)] { return std::make_unique<RedisStepRunner>(policy); };
}

}  // namespace smokemesh::agent
