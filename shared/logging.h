#ifndef SMOKEMESH_SHARED_LOGGING_H_
#define SMOKEMESH_SHARED_LOGGING_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "shared/redactor.h"

namespace smokemesh::shared {

// Process-wide log on standard error: one line each, `2026-11-22T11:42:25.310Z warning text`.
// Control characters are escaped, secrets that `LogRedactor` knows are hidden, lines are cut at 4
// KiB. Thread-safe.

// Sets the lowest level that is written: debug, info, warn, error, off. Default: warn.
absl::Status SetLogLevel(std::string_view level);

// Secrets to hide in the log.
Redactor& LogRedactor();

void LogDebug(std::string_view text);
void LogInfo(std::string_view text);
void LogWarn(std::string_view text);
void LogError(std::string_view text);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_LOGGING_H_
