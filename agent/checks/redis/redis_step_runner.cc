#include "agent/checks/redis/redis_step_runner.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/checks/net/waiter.h"
#include "agent/checks/redis/redis_commands.h"
#include "agent/checks/redis/redis_observation.h"
#include "agent/checks/redis_client/redis_session.h"
#include "agent/checks/redis_client/redis_url.h"
#include "shared/duration.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

constexpr size_t kMaxSessions = 32;
constexpr shared::Duration kDefaultWithin = std::chrono::seconds(2);

using ObservationOr = absl::StatusOr<std::unique_ptr<shared::Observation>>;

class RedisStepRunner final : public StepRunner {
 public:
  ObservationOr Run(const StepRequest& request, const CheckContext& context) override;

  absl::Status CleanUp(const CheckContext&) override {
    sessions_.clear();
    return absl::OkStatus();
  }

 private:
  // A session: connection of the plan, name of the session.
  using Key = std::pair<std::string, std::string>;

  ObservationOr Disconnect(const Key& key);
  absl::StatusOr<RedisSession*> Session(const Key& key, const v1::Connection& connection,
                                        const Waiter& waiter);

  std::map<Key, std::unique_ptr<RedisSession>> sessions_;
};

ObservationOr RedisStepRunner::Disconnect(const Key& key) {
  const auto it = sessions_.find(key);
  if (it == sessions_.end()) {
    return absl::FailedPreconditionError(
        absl::StrCat("session \"", key.second, "\" has no connection to cut: no step opened it"));
  }
  it->second->Cut();
  sessions_.erase(it);
  return std::make_unique<CutObservation>();
}

absl::StatusOr<RedisSession*> RedisStepRunner::Session(const Key& key,
                                                       const v1::Connection& connection,
                                                       const Waiter& waiter) {
  if (const auto it = sessions_.find(key); it != sessions_.end()) return it->second.get();
  if (sessions_.size() >= kMaxSessions) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a check may have at most ", kMaxSessions, " Redis sessions"));
  }
  ASSIGN_OR_RETURN(const RedisUrl url, ParseRedisUrl(connection.redis()));
  ASSIGN_OR_RETURN(std::unique_ptr<RedisSession> session,
                   RedisSession::Open(url, connection.tls(), waiter));
  return (sessions_[key] = std::move(session)).get();
}

ObservationOr Receive(RedisSession& session, const v1::Receive& receive, const Waiter& waiter) {
  const auto count = static_cast<size_t>(receive.has_count() ? receive.count() : 1);
  const shared::Duration within =
      receive.has_within() ? shared::FromProto(receive.within()) : kDefaultWithin;
  const shared::SteadyTime begin = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(std::vector<std::string> messages,
                   session.Receive(count, within, shared::FromProto(receive.settle()), waiter));
  return std::make_unique<MessagesObservation>(std::move(messages), count,
                                               std::chrono::steady_clock::now() - begin);
}

ObservationOr Command(RedisSession& session, const std::vector<std::string>& command,
                      const Waiter& waiter) {
  const shared::SteadyTime begin = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(RedisReply reply, session.Command(command, waiter));
  return std::make_unique<ReplyObservation>(std::move(reply),
                                            std::chrono::steady_clock::now() - begin);
}

ObservationOr RedisStepRunner::Run(const StepRequest& request, const CheckContext& context) {
  const v1::RedisStep& step = request.step->redis();
  const Key key(request.connection_name, step.session().empty() ? "main" : step.session());
  if (step.disconnect()) return Disconnect(key);
  const std::vector<std::string> command(step.command().begin(), step.command().end());
  if (!step.has_receive()) RETURN_IF_ERROR(CheckRedisCommand(command));
  const Waiter waiter(context);
  ASSIGN_OR_RETURN(RedisSession* const session, Session(key, *request.connection, waiter));
  ObservationOr seen = step.has_receive() ? Receive(*session, step.receive(), waiter)
                                          : Command(*session, command, waiter);
  // A late reply must never answer the next command.
  if (!session->usable()) sessions_.erase(key);
  return seen;
}

}  // namespace

std::unique_ptr<StepRunner> MakeRedisStepRunner() { return std::make_unique<RedisStepRunner>(); }

}  // namespace smokemesh::agent
