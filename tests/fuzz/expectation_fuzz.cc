// Any text is an expectation or an error that says why.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "shared/expectation/expectation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* kind : {"postgres", "redis", "http", "event_bus", "message"}) {
    const auto parsed =
        smokemesh::shared::ParseExpectation(text, smokemesh::shared::QueriesOf(kind));
    if (!parsed.ok() && parsed.status().message().empty()) std::abort();
  }
  return 0;
}
