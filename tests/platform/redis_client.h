#ifndef SMOKEMESH_TESTS_PLATFORM_REDIS_CLIENT_H_
#define SMOKEMESH_TESTS_PLATFORM_REDIS_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smokemesh::platform {

// A reply that is not an error.
struct RedisReply {
  std::optional<std::string> text;  // strings and states; nothing for nil, numbers and arrays
  int64_t number = 0;
  std::vector<RedisReply> items;
};

// One connection to Redis, opened when first needed and again after it broke. Each command waits up
// to 2 s. Not thread-safe.
class RedisClient {
 public:
  // `url`: redis://[[user]:password@]host:port[/database]
  explicit RedisClient(std::string url);
  ~RedisClient();
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  // UNAVAILABLE when there is no connection or no answer in time, FAILED_PRECONDITION with Redis's
  // own text when it refuses the command.
  absl::StatusOr<RedisReply> Command(const std::vector<std::string>& argv);

  // The next message for a connection that has subscribed: its parts, such as {"message", channel,
  // text}. An empty list when none came in `wait`.
  absl::StatusOr<std::vector<std::string>> NextMessage(std::chrono::milliseconds wait);

  // Closes the connection; the next command opens another.
  void Disconnect();

  bool connected() const;

 private:
  struct Connection;
  absl::Status Connect();

  const std::string url_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_REDIS_CLIENT_H_
