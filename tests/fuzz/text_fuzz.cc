// Whatever comes from outside and is to be shown: one line without control characters, cut where it
// must be, and without the secrets that are known.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "shared/redactor.h"
#include "shared/text.h"
#include "tests/fuzz/input.h"

namespace shared = smokemesh::shared;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  smokemesh::testing::Input input(data, size);
  const size_t limit = input.Byte();
  const std::string secret(input.Piece());
  const std::string text(input.Rest());
  const std::string line = shared::EscapeControl(text);
  for (const char c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
  if (shared::Shorten(text, limit).size() > limit + 40) std::abort();
  shared::Redactor redactor;
  redactor.Add(secret);
  const std::string shown = redactor.Redact(text + secret + text);
  // Stars of the replacement can make a secret of stars again.
  if (secret.size() >= 4 && secret.find('*') == std::string::npos &&
      shown.find(secret) != std::string::npos) {
    std::abort();
  }
  (void)shared::Nearest(text.substr(0, 64), {"status", "header", secret});
  return 0;
}
