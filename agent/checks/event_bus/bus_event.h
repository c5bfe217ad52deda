#ifndef SMOKEMESH_AGENT_CHECKS_EVENT_BUS_BUS_EVENT_H_
#define SMOKEMESH_AGENT_CHECKS_EVENT_BUS_BUS_EVENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent/checks/event_bus/event_format.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// An event as it was found on the bus.
struct BusEvent {
  std::string text;  // the whole JSON text as it was: the envelope, or the dead letter
  std::string data;  // the event itself, as JSON
  std::string id;
  int64_t retry_count = 0;
  std::string channel;  // on which it was received; else empty
  shared::SteadyTime arrived;
};

// Reads an envelope; nothing when `text` is none. Like the bus's own readers, it takes any further
// members, and a missing retry count for 0.
std::optional<BusEvent> ReadEvent(const EventFormat& format, std::string_view text);

// Reads a dead letter; nothing when `text` is none.
std::optional<BusEvent> ReadDeadLetter(const EventFormat& format, std::string_view text);

// Writes the envelope of a new event, byte for byte as a bus in Python does. INVALID_ARGUMENT when
// the plan's parts make none.
absl::StatusOr<std::string> MakeEvent(const v1::EventPublication& publication,
                                      const EventFormat& format, shared::WallTime now);

// `event 5f3… on report.generated, retry_count 0`; without a channel when it is not known.
std::string DescribeEvent(const BusEvent& event, std::string_view channel);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_EVENT_BUS_BUS_EVENT_H_
