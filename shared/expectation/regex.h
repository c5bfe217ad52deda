#ifndef SMOKEMESH_SHARED_EXPECTATION_REGEX_H_
#define SMOKEMESH_SHARED_EXPECTATION_REGEX_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smokemesh::shared {

// Whether `pattern` (RE2 syntax) is found anywhere in `text`. Time is linear in the text, memory is
// bounded. INVALID_ARGUMENT when the pattern is none.
absl::StatusOr<bool> RegexFound(std::string_view pattern, std::string_view text);

// INVALID_ARGUMENT when `pattern` is no pattern.
absl::Status CheckRegex(std::string_view pattern);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_EXPECTATION_REGEX_H_
