// Any text is a plan or a list of problems; a plan that has none takes its defaults and stays
// valid.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "coordinator/plan/plan_loader.h"
#include "coordinator/plan/plan_validator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace smokemesh::coordinator;  // NOLINT(google-build-using-namespace): a fuzzer's own
                                           // file
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  LoadedPlan loaded = LoadPlan(text, "fuzz.yaml");
  const std::vector<Problem> problems = LintPlan(loaded, "fuzz.yaml");
  if (!problems.empty()) {
    if (FormatProblems(problems).empty()) std::abort();
    return 0;
  }
  if (!loaded.problems.empty()) std::abort();
  ApplyDefaults(&loaded.plan);
  if (!ValidatePlan(loaded.plan, {}, "fuzz.yaml").empty()) std::abort();
  return 0;
}
