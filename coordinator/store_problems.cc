#include "coordinator/store_problems.h"

#include <utility>

#include "shared/logging.h"

namespace smokemesh::coordinator {
namespace {

// Causes that are remembered. Beyond it they are told again.
constexpr size_t kMaxCauses = 100;

void LogToProcess(StoreProblems::Level level, std::string_view text) {
  switch (level) {
    case StoreProblems::Level::kInfo:
      return shared::LogInfo(text);
    case StoreProblems::Level::kWarn:
      return shared::LogWarn(text);
    case StoreProblems::Level::kError:
      return shared::LogError(text);
  }
}

bool IsNew(std::set<std::string>* causes, const std::string& cause) {
  if (causes->count(cause) > 0) return false;
  if (causes->size() >= kMaxCauses) causes->clear();
  causes->insert(cause);
  return true;
}

}  // namespace

StoreProblems::StoreProblems() : StoreProblems(LogToProcess) {}

bool StoreProblems::Works(const absl::Status& status) {
  return status.ok() || absl::IsAlreadyExists(status) || absl::IsFailedPrecondition(status) ||
         absl::IsNotFound(status);
}

void StoreProblems::Report(const absl::Status& status) {
  const std::string cause(status.message());
  if (!Works(status)) {
    if (IsNew(&failures_, cause)) log_(Level::kError, cause);
    return;
  }
  if (!failures_.empty()) {
    failures_.clear();
    log_(Level::kInfo, "the store works again");
  }
  if (!status.ok() && IsNew(&refusals_, cause)) log_(Level::kWarn, cause);
}

}  // namespace smokemesh::coordinator
