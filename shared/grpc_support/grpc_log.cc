#include "shared/grpc_support/grpc_log.h"

#include <grpc/support/log.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/logging.h"

namespace smokemesh::shared {
namespace {

void Take(gpr_log_func_args* line) {
  const std::string text = absl::StrCat("gRPC: ", line->message);
  // GPR_ASSERT of gRPC 1.51 says so and aborts.
  if (absl::StrContains(line->message, "assertion failed")) return LogError(text);
  if (line->severity == GPR_LOG_SEVERITY_ERROR) return LogInfo(text);
  LogDebug(text);
}

}  // namespace

void TakeGrpcLog() { gpr_set_log_function(Take); }

}  // namespace smokemesh::shared
