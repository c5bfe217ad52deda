// References and Expand agree on what is a template.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "shared/template/template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = [](std::string_view) { return std::optional<std::string>("v"); };
  const auto references = smokemesh::shared::References(text);
  const auto expanded = smokemesh::shared::Expand(text, value, value);
  if (references.ok() != expanded.ok()) std::abort();
  return 0;
}
