#ifndef SMOKEMESH_TESTS_PLATFORM_EVENT_PUBLISHER_H_
#define SMOKEMESH_TESTS_PLATFORM_EVENT_PUBLISHER_H_

#include <string>

#include "absl/status/status.h"
#include "shared/mutex.h"
#include "tests/platform/config.h"
#include "tests/platform/event.h"
#include "tests/platform/redis_client.h"

namespace smokemesh::platform {

// Puts events on the bus: PUBLISH on the channel named like the event's type, then the same text
// under `events:{channel}:{event_id}` for a week. Thread-safe.
class EventPublisher {
 public:
  explicit EventPublisher(const Config& config);

  absl::Status Publish(const Event& event) ABSL_LOCKS_EXCLUDED(mutex_);

  // Removes the stored copy of an event.
  absl::Status Forget(const std::string& channel, const std::string& event_id)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether Redis answers.
  absl::Status Ping() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status Store(const std::string& channel, const Event& event, std::string text)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Config& config_;
  shared::Mutex mutex_;
  RedisClient redis_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_EVENT_PUBLISHER_H_
