#ifndef SMOKEMESH_SHARED_TEMPLATE_TEMPLATE_H_
#define SMOKEMESH_SHARED_TEMPLATE_TEMPLATE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smokemesh::shared {

// Looks a name up; nothing when it is not set.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

// Replaces `${NAME}`, `${NAME:-default}` and `{{name}}` in `text`, once: what a value holds is not
// looked at again. `$${` is a literal `${`. A default is text without `}` that may hold further
// `${…}`, eight deep at most: `${A:-${B:-b}}`. It also stands in for an empty value, as in a shell;
// only then are the names in it looked up. Errors: NOT_FOUND for a name that is not set (the
// message names it and says what to do), INVALID_ARGUMENT for an opening without its end.
absl::StatusOr<std::string> Expand(std::string_view text, const Lookup& environment,
                                   const Lookup& variables);

// A name that a template uses.
struct Reference {
  enum class Kind { kEnvironment, kVariable };
  Kind kind;
  std::string name;
  bool has_default = false;
};

// The names in `text`, in order, those in defaults after the name that has the default.
// INVALID_ARGUMENT for an opening without its end or an empty name.
absl::StatusOr<std::vector<Reference>> References(std::string_view text);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_TEMPLATE_TEMPLATE_H_
