#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_RESP_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_RESP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace smokemesh::agent {

// A reply of a Redis server (RESP2).
struct RedisReply {
  enum class Type { kNil, kString, kStatus, kError, kInteger, kArray };
  Type type = Type::kNil;
  std::string text;  // string, status, error
  int64_t integer = 0;
  std::vector<RedisReply> elements;
};

// Writes a command in the protocol's form.
std::string FormatCommand(const std::vector<std::string>& command);

// Takes replies out of a stream of bytes.
class ReplyReader {
 public:
  static constexpr size_t kMaxBytes = 1 << 20;    // of one reply
  static constexpr size_t kMaxElements = 10'000;  // of one reply, nested ones included

  ReplyReader();
  ~ReplyReader();

  // The next reply in what was fed; nothing while it is not complete. DATA_LOSS when it is too
  // large, too deep (7 levels) or not Redis' protocol; the stream is of no use then.
  absl::StatusOr<std::optional<RedisReply>> Next();

  void Feed(std::string_view bytes);

  // Whether something was fed that no reply was made of yet.
  bool unread() const { return pending_bytes_ > 0; }

 private:
  struct Driver;
  std::unique_ptr<Driver> driver_;
  size_t pending_bytes_ = 0;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_RESP_H_
