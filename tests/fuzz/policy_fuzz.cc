// Any text is a policy or a list of problems. What is a policy can be the plan's own: the plan
// stays valid with it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "coordinator/plan/plan_loader.h"
#include "coordinator/plan/plan_validator.h"
#include "coordinator/plan/policy_file.h"

namespace {

using namespace smokemesh::coordinator;  // NOLINT(google-build-using-namespace): own file
namespace v1 = smokemesh::v1;

constexpr std::string_view kPlan = R"yaml(name: judged
connections: {api: {http: "https://api.example.com"}}
suites: [{name: web, target: 10s}, {name: other}]
checks:
  - {name: one, suite: web, tags: [smoke, critical], http: {steps: [{request: {url: /}}]}}
  - {name: two, suite: web, tags: [smoke], retry: {attempts: 2}, http: {steps: [{request: {url: /}}]}}
  - {name: three, suite: other, tags: [slow], shadow: true, http: {steps: [{request: {url: /}}]}}
  - {name: four, suite: other, tags: [smoke, slow], skip: not today, http: {steps: [{request: {url: /}}]}}
)yaml";

v1::Plan JudgedPlan() {
  LoadedPlan loaded = LoadPlan(kPlan, "plan.yaml");
  if (!LintPlan(loaded, "plan.yaml").empty()) std::abort();
  ApplyDefaults(&loaded.plan);
  return loaded.plan;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const v1::Plan& plan = *new v1::Plan(JudgedPlan());
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const LoadedPolicy loaded = LoadPolicy(text, "fuzz.yaml", plan);
  if (!loaded.problems.empty()) {
    if (FormatProblems(loaded.problems).empty()) std::abort();
    return 0;
  }
  v1::Plan with_policy = plan;
  *with_policy.mutable_policy() = loaded.policy;
  if (!ValidatePlan(with_policy, {}, "fuzz.yaml").empty()) std::abort();
  return 0;
}
