#ifndef SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_FORMAT_H_
#define SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// How events lie on the server: v1::EventBusFormat with its defaults filled in. Immutable.
class EventFormat {
 public:
  // INVALID_ARGUMENT when the keys cannot tell one event or one channel from another.
  static absl::StatusOr<EventFormat> From(const v1::EventBusFormat& format);

  std::string EventKey(std::string_view channel, std::string_view event_id) const;
  std::string DeadLetterKey(std::string_view channel) const;

  // Pattern (SCAN MATCH) of the keys of all events of `channel`, or of the one with `event_id`. It
  // may also find keys of other channels: ask ChannelOf.
  std::string EventKeyPattern(std::string_view channel, std::string_view event_id) const;

  // The channel in the key of an event whose identifier is known; nothing when the key is of
  // another form, or names no channel.
  std::optional<std::string> ChannelOf(std::string_view key, std::string_view event_id) const;

  // The identifier in the key of an event of `channel`; nothing when the key is of another form.
  std::optional<std::string> EventIdOf(std::string_view key, std::string_view channel) const;

  int64_t ttl_seconds() const { return format_.ttl_seconds(); }
  const std::string& data_field() const { return format_.data_field(); }
  const std::string& id_field() const { return format_.id_field(); }
  const std::string& retry_field() const { return format_.retry_field(); }
  const std::string& dead_letter_field() const { return format_.dead_letter_field(); }

 private:
  explicit EventFormat(v1::EventBusFormat format) : format_(std::move(format)) {}

  v1::EventBusFormat format_;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_EVENT_BUS_EVENT_FORMAT_H_
