// Any text as a file of variables: a list of problems that shows no value, or variables.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "shared/env_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace shared = smokemesh::shared;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto nothing = [](std::string_view) { return std::optional<std::string>(); };
  const auto variables = shared::ParseEnvFile(text, "fuzz.env", nothing);
  if (!variables.ok()) {
    if (!absl::IsInvalidArgument(variables.status()) || variables.status().message().empty()) {
      std::abort();
    }
    return 0;
  }
  for (const shared::EnvVariable& variable : *variables) {
    if (variable.name.empty() || variable.line < 1) std::abort();
  }
  return 0;
}
