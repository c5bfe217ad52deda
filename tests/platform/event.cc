#include "tests/platform/event.h"

#include <cstdint>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/platform/json.h"

namespace smokemesh::platform {
namespace {

// json.dumps of Python with its defaults.
void Write(const Json& value, std::string* out) {
  if (value.is_object()) {
    *out += '{';
    const char* separator = "";
    for (const auto& [key, item] : value.items()) {
      *out += separator;
      Write(Json(key), out);
      *out += ": ";
      Write(item, out);
      separator = ", ";
    }
    *out += '}';
  } else if (value.is_array()) {
    *out += '[';
    const char* separator = "";
    for (const Json& item : value) {
      *out += separator;
      Write(item, out);
      separator = ", ";
    }
    *out += ']';
  } else {
    *out += value.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  }
}

std::string PythonJson(const Json& value) {
  std::string out;
  Write(value, &out);
  return out;
}

}  // namespace

std::string NaiveUtc(std::chrono::system_clock::time_point time) {
  const int64_t micros =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  std::string text = absl::FormatTime(
      "%Y-%m-%dT%H:%M:%S", absl::FromUnixSeconds(micros / 1'000'000), absl::UTCTimeZone());
  if (micros % 1'000'000 != 0) {
    char fraction[16];
    std::snprintf(fraction, sizeof(fraction), ".%06d", static_cast<int>(micros % 1'000'000));
    text += fraction;
  }
  return text;
}

std::string EnvelopeText(const Event& event) {
  Json metadata = Json::object();
  if (!event.correlation_id.empty()) metadata["correlation_id"] = event.correlation_id;
  Json data = {{"event_id", event.event_id},
               {"event_type", event.event_type},
               {"timestamp", event.timestamp},
               {"service", event.service},
               {"user_id", OrNull(event.user_id)},
               {"organization_id", OrNull(event.organization_id)},
               {"metadata", metadata}};
  for (const auto& [name, value] : event.fields) data[name] = value;
  return PythonJson({{"data", data}, {"retry_count", 0}, {"event_id", event.event_id}});
}

struct Envelope::State {
  Json json;
};

Envelope::Envelope(std::unique_ptr<State> state) : state_(std::move(state)) {}
Envelope::~Envelope() = default;
Envelope::Envelope(Envelope&&) noexcept = default;
Envelope& Envelope::operator=(Envelope&&) noexcept = default;

absl::StatusOr<Envelope> Envelope::Parse(std::string_view text) {
  auto state = std::make_unique<State>();
  state->json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const Json& json = state->json;
  if (!json.is_object()) return absl::InvalidArgumentError("not a JSON object");
  auto data = json.find("data");
  if (data == json.end() || !data->is_object()) {
    return absl::InvalidArgumentError("no object \"data\"");
  }
  for (const char* name : {"event_id", "event_type", "service"}) {
    auto it = data->find(name);
    if (it == data->end() || !it->is_string()) {
      return absl::InvalidArgumentError(absl::StrCat("no text \"data.", name, "\""));
    }
  }
  auto retries = json.find("retry_count");
  if (retries != json.end() && !retries->is_number_integer()) {
    return absl::InvalidArgumentError("\"retry_count\" is not a number");
  }
  return Envelope(std::move(state));
}

std::string Envelope::Field(std::string_view name) const {
  const Json& data = state_->json["data"];
  auto it = data.find(std::string(name));
  return it != data.end() && it->is_string() ? it->get<std::string>() : "";
}

std::string Envelope::event_id() const { return Field("event_id"); }
std::string Envelope::event_type() const { return Field("event_type"); }
std::string Envelope::service() const { return Field("service"); }

int Envelope::retry_count() const { return state_->json.value("retry_count", 0); }

void Envelope::set_retry_count(int count) { state_->json["retry_count"] = count; }

std::string Envelope::Text() const { return PythonJson(state_->json); }

std::string Envelope::DeadLetterText(std::string_view error, std::string_view timestamp,
                                     std::string_view channel, bool complete) const {
  return PythonJson({{"event", complete ? state_->json : Json(nullptr)},
                     {"error", error},
                     {"timestamp", timestamp},
                     {"channel", channel}});
}

}  // namespace smokemesh::platform
