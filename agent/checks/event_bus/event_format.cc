#include "agent/checks/event_bus/event_format.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "agent/checks/event_bus/glob.h"

namespace smokemesh::agent {
namespace {

constexpr std::string_view kChannel = "{channel}";
constexpr std::string_view kEventId = "{event_id}";

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Fills the two names in, in one pass: what is filled in is not looked at again.
std::string Fill(std::string_view key, std::string_view channel, std::string_view event_id,
                 std::string (*literal)(std::string_view)) {
  std::string filled;
  while (!key.empty()) {
    const size_t at = std::min(key.find(kChannel), key.find(kEventId));
    filled += literal(key.substr(0, at));
    if (at == std::string_view::npos) break;
    key.remove_prefix(at);
    const bool is_channel = key.starts_with(kChannel);
    filled += is_channel ? channel : event_id;
    key.remove_prefix(is_channel ? kChannel.size() : kEventId.size());
  }
  return filled;
}

std::string AsItIs(std::string_view text) { return std::string(text); }

// What stands in `key` for the one `unknown` in `form`; nothing when the rest differs.
std::optional<std::string> Unknown(std::string_view key, std::string_view form,
                                   std::string_view unknown) {
  const size_t at = form.find(unknown);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view before = form.substr(0, at);
  const std::string_view after = form.substr(at + unknown.size());
  if (key.size() <= before.size() + after.size() || !key.starts_with(before) ||
      !key.ends_with(after)) {
    return std::nullopt;
  }
  return std::string(key.substr(before.size(), key.size() - before.size() - after.size()));
}

bool Repeats(std::string_view key, std::string_view name) {
  const size_t at = key.find(name);
  return at != std::string_view::npos && Contains(key.substr(at + name.size()), name);
}

}  // namespace

absl::StatusOr<EventFormat> EventFormat::From(const v1::EventBusFormat& given) {
  v1::EventBusFormat format = given;
  if (format.event_key().empty()) format.set_event_key("events:{channel}:{event_id}");
  if (format.dead_letter_key().empty()) format.set_dead_letter_key("dlq:{channel}");
  if (format.ttl_seconds() == 0) format.set_ttl_seconds(604'800);
  if (format.data_field().empty()) format.set_data_field("data");
  if (format.id_field().empty()) format.set_id_field("event_id");
  if (format.retry_field().empty()) format.set_retry_field("retry_count");
  if (format.dead_letter_field().empty()) format.set_dead_letter_field("event");
  if (!Contains(format.event_key(), kEventId)) {
    return absl::InvalidArgumentError(absl::StrCat("`event_bus.event_key` is \"",
                                                   format.event_key(),
                                                   "\" and does not say where {event_id} stands"));
  }
  if (Repeats(format.event_key(), kEventId) || Repeats(format.event_key(), kChannel)) {
    return absl::InvalidArgumentError(
        absl::StrCat("`event_bus.event_key` is \"", format.event_key(), "\" and names one twice"));
  }
  if (format.ttl_seconds() < 0) {
    return absl::InvalidArgumentError("`event_bus.ttl_seconds` is negative");
  }
  return EventFormat(std::move(format));
}

std::string EventFormat::EventKey(std::string_view channel, std::string_view event_id) const {
  return Fill(format_.event_key(), channel, event_id, &AsItIs);
}

std::string EventFormat::DeadLetterKey(std::string_view channel) const {
  return Fill(format_.dead_letter_key(), channel, kEventId, &AsItIs);
}

std::string EventFormat::EventKeyPattern(std::string_view channel,
                                         std::string_view event_id) const {
  return Fill(format_.event_key(), EscapeGlob(channel),
              event_id.empty() ? "*" : EscapeGlob(event_id), &EscapeGlob);
}

std::optional<std::string> EventFormat::ChannelOf(std::string_view key,
                                                  std::string_view event_id) const {
  return Unknown(key, Fill(format_.event_key(), kChannel, event_id, &AsItIs), kChannel);
}

std::optional<std::string> EventFormat::EventIdOf(std::string_view key,
                                                  std::string_view channel) const {
  return Unknown(key, Fill(format_.event_key(), channel, kEventId, &AsItIs), kEventId);
}

}  // namespace smokemesh::agent
