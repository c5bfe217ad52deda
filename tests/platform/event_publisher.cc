#include "tests/platform/event_publisher.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::platform {

EventPublisher::EventPublisher(const Config& config) : config_(config), redis_(config.redis_url) {}

absl::Status EventPublisher::Publish(const Event& event) {
  if (config_.Has(Switch::kEventsNotPublished)) return absl::OkStatus();
  std::string channel = event.event_type;
  if (config_.Has(Switch::kEventChannelWrong)) channel = "events." + channel;
  std::string text = EnvelopeText(event);
  shared::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(redis_.Command({"PUBLISH", channel, text}).status());
  if (config_.Has(Switch::kEventTwice)) {
    RETURN_IF_ERROR(redis_.Command({"PUBLISH", channel, text}).status());
  }
  return Store(channel, event, std::move(text));
}

absl::Status EventPublisher::Store(const std::string& channel, const Event& event,
                                   std::string text) {
  if (config_.Has(Switch::kEventsNotPersisted)) return absl::OkStatus();
  if (config_.Has(Switch::kEventStoredDiffers)) {
    Event other = event;
    other.fields.clear();
    text = EnvelopeText(other);
  }
  const char* prefix = config_.Has(Switch::kEventKeyWrong) ? "event:" : "events:";
  std::vector<std::string> command = {"SET", absl::StrCat(prefix, channel, ":", event.event_id),
                                      std::move(text)};
  if (!config_.Has(Switch::kEventTtlMissing)) {
    const int64_t ttl = config_.Has(Switch::kEventTtlShort) ? 60 : config_.event_ttl.count();
    command.insert(command.end(), {"EX", absl::StrCat(ttl)});
  }
  return redis_.Command(command).status();
}

absl::Status EventPublisher::Forget(const std::string& channel, const std::string& event_id) {
  shared::MutexLock lock(&mutex_);
  return redis_.Command({"DEL", absl::StrCat("events:", channel, ":", event_id)}).status();
}

absl::Status EventPublisher::Ping() {
  shared::MutexLock lock(&mutex_);
  return redis_.Command({"PING"}).status();
}

}  // namespace smokemesh::platform
