// Any text is a selection, which then can be asked, or an error.
#include <cstdint>
#include <string_view>

#include "coordinator/plan/selection.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto selection = smokemesh::coordinator::Selection::Parse(text);
  if (!selection.ok()) return 0;
  selection->MatchesTags({"smoke", "critical"});
  selection->MatchesName("transaction_rollback");
  return 0;
}
