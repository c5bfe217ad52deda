// Whatever a Redis server answers, in pieces of any size: replies within the bounds, or DATA_LOSS.
#include <cstdint>
#include <cstdlib>

#include "agent/checks/event_bus/bus_event.h"
#include "agent/checks/redis_client/element.h"
#include "agent/checks/redis_client/resp.h"
#include "tests/fuzz/input.h"

namespace {

using smokemesh::agent::RedisReply;

struct Size {
  size_t bytes = 0;
  size_t elements = 0;
};

void Measure(const RedisReply& reply, int depth, Size* size) {
  if (depth > 10) std::abort();
  size->bytes += reply.text.size();
  size->elements += reply.elements.size();
  for (const RedisReply& element : reply.elements) Measure(element, depth + 1, size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using smokemesh::agent::ReplyReader;
  smokemesh::testing::Input input(data, size);
  ReplyReader reader;
  while (!input.empty()) {
    reader.Feed(input.Piece());
    while (true) {
      const auto reply = reader.Next();
      if (!reply.ok()) {
        if (!absl::IsDataLoss(reply.status())) std::abort();
        return 0;
      }
      if (!reply->has_value()) break;
      Size seen;
      Measure(**reply, 0, &seen);
      if (seen.bytes > ReplyReader::kMaxBytes || seen.elements > ReplyReader::kMaxElements) {
        std::abort();
      }
    }
  }
  return 0;
}
