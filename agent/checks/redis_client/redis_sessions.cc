#include "agent/checks/redis_client/redis_sessions.h"

#include "absl/strings/str_cat.h"
#include "agent/checks/redis_client/redis_url.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

absl::StatusOr<std::unique_ptr<RedisSession>> Open(const v1::Connection& connection,
                                                   const TargetGuard& guard, const Waiter& waiter) {
  ASSIGN_OR_RETURN(const RedisUrl url, ParseRedisUrl(connection.redis()));
  return RedisSession::Open(url, connection.tls(), guard, waiter);
}

}  // namespace

RedisSessions::Key RedisSessions::KeyOf(const StepRequest& request,
                                        const std::string& step_session) {
  std::string name = request.session;
  if (name.empty()) name = step_session;
  if (name.empty()) name = "main";
  return {request.connection_name, std::move(name)};
}

RedisSessions::ObservationOr RedisSessions::With(const StepRequest& request,
                                                 const std::string& step_session,
                                                 const CheckContext& context, const Use& use) {
  const Waiter waiter(context);
  if (request.fresh_session) {
    ASSIGN_OR_RETURN(const std::unique_ptr<RedisSession> session,
                     Open(*request.connection, guard_, waiter));
    return use(*session, waiter);
  }
  const Key key = KeyOf(request, step_session);
  ASSIGN_OR_RETURN(const Shared session, Find(key, *request.connection, waiter));
  ObservationOr seen = use(*session, waiter);
  if (!session->usable()) Forget(key);
  return seen;
}

absl::StatusOr<RedisSessions::Shared> RedisSessions::Find(const Key& key,
                                                          const v1::Connection& connection,
                                                          const Waiter& waiter) {
  {
    shared::MutexLock lock(&mutex_);
    if (const auto it = sessions_.find(key); it != sessions_.end()) return it->second;
    if (sessions_.size() >= kMost) {
      return absl::ResourceExhaustedError(
          absl::StrCat("a check may have at most ", kMost, " Redis sessions"));
    }
    sessions_[key] = nullptr;
  }
  auto opened = Open(connection, guard_, waiter);
  if (!opened.ok()) {
    Forget(key);
    return opened.status();
  }
  Shared session = *std::move(opened);
  shared::MutexLock lock(&mutex_);
  sessions_[key] = session;
  return session;
}

void RedisSessions::Forget(const Key& key) {
  shared::MutexLock lock(&mutex_);
  sessions_.erase(key);
}

absl::Status RedisSessions::Cut(const StepRequest& request, const std::string& step_session) {
  const Key key = KeyOf(request, step_session);
  Shared session;
  {
    shared::MutexLock lock(&mutex_);
    if (const auto it = sessions_.find(key); it != sessions_.end()) {
      session = it->second;
      sessions_.erase(it);
    }
  }
  if (session == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("session \"", key.second, "\" has no connection to cut: no step opened it"));
  }
  session->Cut();
  return absl::OkStatus();
}

void RedisSessions::Clear() {
  std::map<Key, Shared> ended;
  shared::MutexLock lock(&mutex_);
  ended.swap(sessions_);
}

absl::StatusOr<shared::Value> CutObservation::Get(std::string_view, std::string_view) const {
  return shared::Absent{};
}

}  // namespace smokemesh::agent
