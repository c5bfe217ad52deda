#ifndef SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_OBSERVATION_H_
#define SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_OBSERVATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/checks/event_bus/bus_event.h"
#include "shared/clock.h"
#include "shared/expectation/expectation.h"

namespace smokemesh::agent {

// What an action saw.
struct EventFacts {
  std::string summary;
  std::vector<BusEvent> events;
  std::optional<int64_t> count;  // what `events` says, if it is not the number of `events`
  bool received = false;         // the events arrived one after the other on a subscription
  std::optional<int64_t> ttl;
  std::optional<int64_t> receivers;
  shared::Duration duration{0};
  // Holds unless the step expects something of `events`.
  std::optional<shared::Observation::Mismatch> unless_asked;
};

// The events that an action saw, for expectations: the queries of v1::EventBusStep.
class EventObservation final : public shared::Observation {
 public:
  explicit EventObservation(EventFacts facts);

  absl::StatusOr<shared::Value> Get(std::string_view query,
                                    std::string_view argument) const override;
  std::string Summary() const override { return facts_.summary; }
  Implied UnlessAsked() const override;

 private:
  const EventFacts facts_;
};

// An action that did not come about because the server refused a command. Fails the step whatever
// it expects.
class RefusedObservation final : public shared::Observation {
 public:
  explicit RefusedObservation(std::string why) : why_(std::move(why)) {}

  absl::StatusOr<shared::Value> Get(std::string_view query,
                                    std::string_view argument) const override;
  std::string Summary() const override { return why_; }
  Implied UnlessAsked() const override;

 private:
  const std::string why_;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_OBSERVATION_H_
