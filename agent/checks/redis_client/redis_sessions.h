#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_SESSIONS_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_SESSIONS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/checks/net/waiter.h"
#include "agent/checks/redis_client/redis_session.h"
#include "agent/checks/step_runner.h"
#include "agent/policy/policy.h"
#include "shared/expectation/expectation.h"
#include "shared/mutex.h"

namespace smokemesh::agent {

// The named sessions of one check. Thread-safe, as long as no session is used by two threads at
// once; the lock is held over no I/O.
class RedisSessions {
 public:
  static constexpr size_t kMost = 128;

  // Every session connects and sends as `guard` lets it.
  explicit RedisSessions(TargetGuard guard) : guard_(std::move(guard)) {}

  using ObservationOr = absl::StatusOr<std::unique_ptr<shared::Observation>>;
  using Use = std::function<ObservationOr(RedisSession&, const Waiter&)>;

  // Calls `use` with the session that the request asks for: the request's, else `step_session`,
  // else `main`. It is opened when it is not open, and given up when it is of no use afterwards: a
  // late reply must never answer the next command. A fresh session is closed before this returns.
  // RESOURCE_EXHAUSTED when the check has too many.
  ObservationOr With(const StepRequest& request, const std::string& step_session,
                     const CheckContext& context, const Use& use);

  // Cuts the session without a goodbye. FAILED_PRECONDITION when it is not open.
  absl::Status Cut(const StepRequest& request, const std::string& step_session);

  // Ends all sessions.
  void Clear();

 private:
  using Key = std::pair<std::string, std::string>;  // connection of the plan, name of the session
  using Shared = std::shared_ptr<RedisSession>;

  static Key KeyOf(const StepRequest& request, const std::string& step_session);
  absl::StatusOr<Shared> Find(const Key& key, const v1::Connection& connection,
                              const Waiter& waiter);
  void Forget(const Key& key);

  const TargetGuard guard_;
  shared::Mutex mutex_;
  std::map<Key, Shared> sessions_ ABSL_GUARDED_BY(mutex_);  // null while it is being opened
};

// A connection that was cut on purpose.
class CutObservation final : public shared::Observation {
 public:
  absl::StatusOr<shared::Value> Get(std::string_view query,
                                    std::string_view argument) const override;
  std::string Summary() const override { return "connection cut"; }
  Implied UnlessAsked() const override { return {}; }
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_SESSIONS_H_
