#include "agent/checks/event_bus/event_observation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/checks/redis_client/element.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using shared::Absent;
using shared::Value;

Value OrAbsent(const std::optional<int64_t>& number) {
  if (!number.has_value()) return Absent{};
  return *number;
}

}  // namespace

EventObservation::EventObservation(EventFacts facts) : facts_(std::move(facts)) {}

absl::StatusOr<Value> EventObservation::Get(std::string_view query,
                                            std::string_view argument) const {
  if (query == "duration") return facts_.duration;
  if (query == "ttl") return OrAbsent(facts_.ttl);
  if (query == "receivers") return OrAbsent(facts_.receivers);
  if (query == "events") {
    return facts_.count.value_or(static_cast<int64_t>(facts_.events.size()));
  }
  const bool of_a_text = query == "event" || query == "text";
  const bool of_a_message = query == "channel" || query == "gap";
  if (!of_a_text && !of_a_message) {
    return absl::InvalidArgumentError(
        absl::StrCat("event bus steps have no query \"", std::string(query), "\""));
  }
  ASSIGN_OR_RETURN(const Element element, ReadElement(query, argument));
  if (element.index >= facts_.events.size()) return Absent{};
  const BusEvent& event = facts_.events[element.index];
  if (of_a_message) {
    if (!element.pointer.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("`", std::string(query), "` takes the number of an event only"));
    }
    if (!facts_.received) return Absent{};
    if (query == "channel") return shared::Text{event.channel};
    if (element.index == 0) return Absent{};
    return shared::Duration(event.arrived - facts_.events[element.index - 1].arrived);
  }
  if (query == "event") return shared::JsonPointer(event.data, element.pointer);
  if (element.pointer.empty()) return shared::Text{event.text};
  return shared::JsonPointer(event.text, element.pointer);
}

shared::Observation::Implied EventObservation::UnlessAsked() const {
  Implied implied;
  implied.queries = {"events"};
  implied.mismatch = facts_.unless_asked;
  return implied;
}

absl::StatusOr<Value> RefusedObservation::Get(std::string_view, std::string_view) const {
  return Absent{};
}

shared::Observation::Implied RefusedObservation::UnlessAsked() const {
  Implied implied;  // of no query: an expectation never replaces it
  implied.mismatch = Mismatch{"that the server does what an event bus asks of it", why_};
  return implied;
}

}  // namespace smokemesh::agent
