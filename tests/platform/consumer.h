#ifndef SMOKEMESH_TESTS_PLATFORM_CONSUMER_H_
#define SMOKEMESH_TESTS_PLATFORM_CONSUMER_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "tests/platform/config.h"
#include "tests/platform/event.h"
#include "tests/platform/redis_client.h"

namespace smokemesh::platform {

// Receives events from channels on a thread of its own and hands each to `handler`. When that
// fails, the event is published again after 2^n times the base, n = 1, 2, 3; after the third retry
// it goes to `dlq:{channel}`. Other events do not wait meanwhile. A text that is no event is
// dropped. The connection is made again after it broke, every 200 ms.
class Consumer {
 public:
  using Handler = std::function<absl::Status(const Envelope&)>;

  Consumer(const Config& config, std::vector<std::string> channels, Handler handler);

  // Stops the thread; retries that wait are given up.
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // Whether it is subscribed now.
  bool subscribed() const { return subscribed_; }

 private:
  struct Retry {
    std::string channel;
    std::string text;
  };

  // All on the thread.
  void Loop();
  absl::Status Subscribe();
  // Adds the messages that wait, and drops them where there are too many: see Switch::kQueueSmall.
  void Queue(std::vector<std::vector<std::string>>* messages);
  void Receive(const std::string& channel, const std::string& text);
  void Failed(const std::string& channel, Envelope envelope, const absl::Status& error);
  void BuryDead(const std::string& channel, const Envelope& envelope, const absl::Status& error);
  void SendDueRetries();
  std::chrono::milliseconds UntilNextRetry() const;

  const Config& config_;
  const std::vector<std::string> channels_;
  const Handler handler_;
  RedisClient subscription_;
  RedisClient commands_;
  std::multimap<std::chrono::steady_clock::time_point, Retry> retries_;  // at most kMaxRetries
  std::atomic<bool> subscribed_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last: it uses the rest
};

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_CONSUMER_H_
