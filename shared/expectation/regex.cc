#include "shared/expectation/regex.h"

#include <re2/re2.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::shared {
namespace {

constexpr int64_t kMaxMemory = 8 << 20;

// RE2 takes StringPiece, which is made from data and size alike in all of its releases.
re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

RE2::Options Options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemory);
  return options;
}

absl::Status Check(const RE2& regex) {
  if (regex.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", regex.pattern(), "\" is not a regular expression (RE2): ", regex.error()));
}

}  // namespace

absl::StatusOr<bool> RegexFound(std::string_view pattern, std::string_view text) {
  const RE2 regex(Piece(pattern), Options());
  RETURN_IF_ERROR(Check(regex));
  return RE2::PartialMatch(Piece(text), regex);
}

absl::Status CheckRegex(std::string_view pattern) { return Check(RE2(Piece(pattern), Options())); }

}  // namespace smokemesh::shared
