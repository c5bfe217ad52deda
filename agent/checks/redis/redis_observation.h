#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_REDIS_OBSERVATION_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_REDIS_OBSERVATION_H_

#include <string>
#include <string_view>

#include "agent/checks/redis_client/published_message.h"
#include "agent/checks/redis_client/resp.h"
#include "shared/clock.h"
#include "shared/expectation/expectation.h"

namespace smokemesh::agent {

// A reply to a command, for expectations.
class ReplyObservation final : public shared::Observation {
 public:
  ReplyObservation(RedisReply reply, shared::Duration duration);

  absl::StatusOr<shared::Value> Get(std::string_view query,
                                    std::string_view argument) const override;
  std::string Summary() const override;
  Implied UnlessAsked() const override;
  // The server knows no such command.
  bool LacksFeature() const override;

 private:
  const RedisReply reply_;
  const std::string error_;  // also of a command inside a transaction; empty when there is none
  const shared::Duration duration_;
};

// Published messages that were received.
class MessagesObservation final : public shared::Observation {
 public:
  MessagesObservation(Received received, const Wait& wait, shared::Duration duration);

  absl::StatusOr<shared::Value> Get(std::string_view query,
                                    std::string_view argument) const override;
  std::string Summary() const override;
  Implied UnlessAsked() const override;

 private:
  const Received received_;
  const Wait wait_;
  const shared::Duration duration_;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_REDIS_OBSERVATION_H_
