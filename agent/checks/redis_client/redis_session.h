#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_SESSION_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_SESSION_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/checks/net/waiter.h"
#include "agent/checks/redis_client/published_message.h"
#include "agent/checks/redis_client/redis_transport.h"
#include "agent/checks/redis_client/redis_url.h"
#include "agent/checks/redis_client/resp.h"
#include "agent/policy/policy.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// One connection to a Redis server, logged in, on its database. Never reconnects. Used by one
// thread.
class RedisSession {
 public:
  // Greatest number of messages that one wait takes, or that wait to be taken.
  static constexpr size_t kMaxMessages = 10'000;
  // Greatest size of all of them.
  static constexpr size_t kMaxMessageBytes = 4 << 20;
  // How long a subscribed connection may take to prove that it is alive.
  static constexpr shared::Duration kPingTime = std::chrono::seconds(1);

  // Connects where `guard` lets it, logs in and selects the database. UNAUTHENTICATED when the
  // server wants a login or refuses it, PERMISSION_DENIED, UNAVAILABLE when it does not serve
  // (also: no such database).
  static absl::StatusOr<std::unique_ptr<RedisSession>> Open(const RedisUrl& url,
                                                            const v1::TlsOptions& tls,
                                                            const TargetGuard& guard,
                                                            const Waiter& waiter);

  // Sends a command and returns its reply; an error reply is a reply. Subscriptions return when the
  // server has confirmed every channel. FAILED_PRECONDITION, without sending anything, when the
  // session has subscribed and the command is for others, and a ForbiddenError when the policy of
  // the guard forbids the command. After any other error the session is of no use.
  absl::StatusOr<RedisReply> Command(const std::vector<std::string>& command, const Waiter& waiter);

  // Waits for as many messages as `wait` says that `wanted` lets through. Without `settle`, never
  // takes more of them: what comes after stays for the next call. A message that is passed over is
  // gone.
  //
  // FAILED_PRECONDITION when the session has not subscribed. UNAVAILABLE when the connection ended,
  // or when the time went by and it then does not answer PING. DATA_LOSS when there were too many
  // messages. Errors of `wanted` are passed on.
  absl::StatusOr<Received> Receive(const Wait& wait, const MessageFilter& wanted,
                                   const Waiter& waiter);

  // Ends the connection without a goodbye.
  void Cut() { transport_->Cut(); }

  bool usable() const { return usable_; }

  // `host:port`, and the number of the database.
  const std::string& target() const { return transport_->target(); }
  int database() const { return database_; }

 private:
  RedisSession(std::unique_ptr<RedisTransport> transport, int database, TargetGuard guard);

  bool subscribed() const;
  absl::Status LogIn(const RedisUrl& url, const Waiter& waiter);
  absl::StatusOr<RedisReply> Exchange(const std::vector<std::string>& command,
                                      const Waiter& waiter);
  absl::StatusOr<RedisReply> ReadReply(const Waiter& waiter, shared::SteadyTime deadline);
  absl::StatusOr<RedisReply> Confirmations(size_t count, const Waiter& waiter);
  absl::StatusOr<RedisReply> Next(const Waiter& waiter, shared::SteadyTime deadline);
  absl::StatusOr<bool> Collect(size_t count, shared::SteadyTime until, const MessageFilter& wanted,
                               const Waiter& waiter, Received* received);
  absl::StatusOr<bool> NextMessage(shared::SteadyTime until, const Waiter& waiter);
  absl::Status ProveAlive(const Received& received, const Wait& wait, const Waiter& waiter);
  absl::Status Keep(RedisReply message);
  std::string Subscriptions() const;
  absl::Status Broken(absl::Status status, const std::string& what);

  const std::unique_ptr<RedisTransport> transport_;
  const int database_;
  const TargetGuard guard_;
  ReplyReader reader_;
  std::map<std::string, std::set<std::string>> channels_;  // by kind of subscription
  std::deque<PublishedMessage> inbox_;                     // received, not yet taken
  size_t inbox_bytes_ = 0;
  bool usable_ = true;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_SESSION_H_
