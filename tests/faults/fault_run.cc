#include "tests/faults/fault_run.h"

#include <utility>

#include "shared/status_macros.h"
#include "tests/testing/stack/platform_stack.h"

namespace smokemesh::testing {
namespace {

absl::Status Run(const FaultRunOptions& options, const Fault* fault, LocalVector* vectors,
                 FaultRun* result) {
  StackOptions stack_options;
  stack_options.bin_dir = options.bin_dir;
  if (fault == nullptr || !fault->vectors) stack_options.shared_vectors = vectors;
  if (fault != nullptr) stack_options.rate_window_seconds = fault->rate_window_seconds;
  ASSIGN_OR_RETURN(const auto stack, PlatformStack::Start(stack_options));
  if (fault != nullptr) RETURN_IF_ERROR(stack->Apply(fault->name));
  ASSIGN_OR_RETURN(result->run,
                   RunPlan(options.program, options.plan, stack->Environment(), options.limit));
  RETURN_IF_ERROR(stack->WakeServers());
  ASSIGN_OR_RETURN(result->leftovers, stack->Leftovers());
  return absl::OkStatus();
}

}  // namespace

FaultRun RunFault(const FaultRunOptions& options, const Fault* fault, LocalVector* vectors) {
  FaultRun result;
  if (fault != nullptr) result.fault = fault->name;
  result.problem = Run(options, fault, vectors, &result);
  return result;
}

}  // namespace smokemesh::testing
