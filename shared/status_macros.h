#ifndef SMOKEMESH_SHARED_STATUS_MACROS_H_
#define SMOKEMESH_SHARED_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The same shapes as abseil's own status_macros.h, which Debian's abseil does not have yet.

// Returns from the function if `expr`, an absl::Status, is an error.
#define RETURN_IF_ERROR(expr)                                                        \
  do {                                                                               \
    if (absl::Status status_macro = (expr); !status_macro.ok()) return status_macro; \
  } while (false)

// Evaluates `rexpr`, an absl::StatusOr<T>; returns its error, or moves its value into `lhs`.
#define ASSIGN_OR_RETURN(lhs, rexpr) \
  SMOKEMESH_ASSIGN_OR_RETURN_(SMOKEMESH_CONCAT_(status_or_macro_, __LINE__), lhs, rexpr)

#define SMOKEMESH_CONCAT_INNER_(a, b) a##b
#define SMOKEMESH_CONCAT_(a, b) SMOKEMESH_CONCAT_INNER_(a, b)
// NOLINTBEGIN(bugprone-macro-parentheses): `lhs` may declare a variable, `statusor` is a name.
#define SMOKEMESH_ASSIGN_OR_RETURN_(statusor, lhs, rexpr)  \
  auto statusor = (rexpr);                                 \
  if (!statusor.ok()) return std::move(statusor).status(); \
  lhs = std::move(statusor).value()
// NOLINTEND(bugprone-macro-parentheses)

#endif  // SMOKEMESH_SHARED_STATUS_MACROS_H_
