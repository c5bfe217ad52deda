#include "agent/checks/event_bus/bus_event.h"

#include <nlohmann/json.hpp>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/checks/event_bus/python_json.h"
#include "shared/expectation/expectation.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using Json = nlohmann::ordered_json;

// The value of one member of a JSON object.
shared::Value Member(std::string_view object, const std::string& name) {
  return shared::JsonPointer(object, "/" + absl::StrReplaceAll(name, {{"~", "~0"}, {"/", "~1"}}));
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace

std::optional<BusEvent> ReadEvent(const EventFormat& format, std::string_view text) {
  const shared::Value data = Member(text, format.data_field());
  const auto* object = std::get_if<shared::Json>(&data);
  if (object == nullptr || !object->text.starts_with('{')) return std::nullopt;
  const shared::Value id = Member(object->text, format.id_field());
  if (!std::holds_alternative<shared::String>(id)) return std::nullopt;
  BusEvent event;
  event.text = std::string(text);
  event.data = object->text;
  event.id = std::get<shared::String>(id).text;
  const shared::Value retries = Member(text, format.retry_field());
  if (const auto* count = std::get_if<int64_t>(&retries)) event.retry_count = *count;
  return event;
}

std::optional<BusEvent> ReadDeadLetter(const EventFormat& format, std::string_view text) {
  const shared::Value held = Member(text, format.dead_letter_field());
  std::string envelope;
  if (const auto* object = std::get_if<shared::Json>(&held)) envelope = object->text;
  // Some buses keep the text as a string.
  if (const auto* quoted = std::get_if<shared::String>(&held)) envelope = quoted->text;
  std::optional<BusEvent> event = ReadEvent(format, envelope);
  if (event.has_value()) event->text = std::string(text);
  return event;
}

absl::StatusOr<std::string> MakeEvent(const v1::EventPublication& publication,
                                      const EventFormat& format, shared::WallTime now) {
  if (publication.channel().empty() || publication.event_id().empty()) {
    return absl::InvalidArgumentError("`publish` needs a `channel` and an `event_id`");
  }
  ASSIGN_OR_RETURN(const Json metadata, ReadJsonObject(publication.metadata(), "metadata"));
  ASSIGN_OR_RETURN(const Json further, ReadJsonObject(publication.data(), "data"));
  if (further.contains(format.id_field())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "`data` may not have a member `", format.id_field(), "`: `event_id` of the step is it"));
  }
  Json data = Json::object();
  data[format.id_field()] = publication.event_id();
  data["event_type"] =
      publication.event_type().empty() ? publication.channel() : publication.event_type();
  data["timestamp"] = PythonUtcTime(now);
  data["service"] = publication.service().empty() ? "smokemesh" : publication.service();
  data["user_id"] = TextOrNull(publication.user_id());
  data["organization_id"] = TextOrNull(publication.organization_id());
  data["metadata"] = metadata;
  for (const auto& [name, value] : further.items()) data[name] = value;
  Json envelope = Json::object();
  envelope[format.data_field()] = std::move(data);
  envelope[format.retry_field()] = 0;
  envelope[format.id_field()] = publication.event_id();
  return PythonDumps(envelope);
}

std::string DescribeEvent(const BusEvent& event, std::string_view channel) {
  return absl::StrCat("event ", event.id, channel.empty() ? "" : " on ", std::string(channel),
                      ", retry_count ", event.retry_count);
}

}  // namespace smokemesh::agent
