#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_SESSION_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_SESSION_H_

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
#include "agent/checks/redis_client/redis_transport.h"
#include "agent/checks/redis_client/redis_url.h"
#include "agent/checks/redis_client/resp.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// One connection to a Redis server, logged in, on its database. Never reconnects. Used by one
// thread.
class RedisSession {
 public:
  // Greatest number of messages that are kept.
  static constexpr size_t kMaxMessages = 10'000;
  // Greatest size of all of them. More is DATA_LOSS.
  static constexpr size_t kMaxMessageBytes = 4 << 20;

  // Connects, logs in and selects the database. UNAUTHENTICATED when the server wants a login or
  // refuses it, PERMISSION_DENIED, UNAVAILABLE when it does not serve (also: no such database).
  static absl::StatusOr<std::unique_ptr<RedisSession>> Open(const RedisUrl& url,
                                                            const v1::TlsOptions& tls,
                                                            const Waiter& waiter);

  // Sends a command and returns its reply; an error reply is a reply. Subscriptions return when the
  // server has confirmed every channel. FAILED_PRECONDITION, without sending anything, when the
  // session has subscribed and the command is for others. After any other error the session is of
  // no use.
  absl::StatusOr<RedisReply> Command(const std::vector<std::string>& command, const Waiter& waiter);

  // Waits for `count` published messages until `within` has passed, and then for more during
  // `settle`. Returns what came, in order. Without `settle`, never more than `count`: the others
  // stay for the next call. FAILED_PRECONDITION when the session has not subscribed.
  absl::StatusOr<std::vector<std::string>> Receive(size_t count, shared::Duration within,
                                                   shared::Duration settle, const Waiter& waiter);

  // Ends the connection without a goodbye.
  void Cut() { transport_->Cut(); }

  bool usable() const { return usable_; }

 private:
  explicit RedisSession(std::unique_ptr<RedisTransport> transport);

  bool subscribed() const;
  absl::Status LogIn(const RedisUrl& url, const Waiter& waiter);
  absl::StatusOr<RedisReply> Exchange(const std::vector<std::string>& command,
                                      const Waiter& waiter);
  absl::StatusOr<RedisReply> Confirmations(size_t count, const Waiter& waiter);
  absl::StatusOr<RedisReply> Next(const Waiter& waiter, shared::SteadyTime deadline);
  absl::Status Await(size_t count, shared::SteadyTime until, const Waiter& waiter);
  absl::Status Keep(RedisReply message);
  absl::Status Broken(absl::Status status, const std::string& what);

  const std::unique_ptr<RedisTransport> transport_;
  ReplyReader reader_;
  std::map<std::string, std::set<std::string>> channels_;  // by kind of subscription
  std::deque<std::string> messages_;
  size_t message_bytes_ = 0;
  bool usable_ = true;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_SESSION_H_
