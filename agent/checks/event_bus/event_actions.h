#ifndef SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_ACTIONS_H_
#define SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_ACTIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/checks/event_bus/event_format.h"
#include "agent/checks/event_bus/event_observation.h"
#include "agent/checks/net/waiter.h"
#include "agent/checks/redis_client/redis_session.h"
#include "shared/expectation/expectation.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// Where an action takes place.
struct Bus {
  RedisSession& session;
  const EventFormat& format;
  const Waiter& waiter;
};

// The actions of v1::EventBusStep; `duration` of what they return is not filled in. Errors are
// those of RedisSession, and UNKNOWN when the server refused a command: the message names the
// command and says what to look at.
absl::StatusOr<EventFacts> SubscribeToEvents(const Bus& bus,
                                             const std::vector<std::string>& channels);
absl::StatusOr<EventFacts> PublishEvent(const Bus& bus, const v1::EventPublication& publication);
absl::StatusOr<EventFacts> ReceiveEvents(const Bus& bus, const v1::Receive& receive,
                                         const std::vector<shared::Expectation>& where);
absl::StatusOr<EventFacts> LookAtStored(const Bus& bus, const v1::EventReference& reference);
absl::StatusOr<EventFacts> LookAtHistory(const Bus& bus, const v1::EventList& list);
absl::StatusOr<EventFacts> LookAtDeadLetters(const Bus& bus, const v1::EventList& list);
absl::StatusOr<EventFacts> ForgetEvents(const Bus& bus, const v1::EventReference& reference);

// Sends a command and returns its reply; UNKNOWN when it is an error.
absl::StatusOr<RedisReply> Ask(const Bus& bus, const std::vector<std::string>& command);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_ACTIONS_H_
