#ifndef SMOKEMESH_SHARED_ENV_FILE_H_
#define SMOKEMESH_SHARED_ENV_FILE_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smokemesh::shared {

// Files of environment variables (`.env`). Shells, Docker and the dotenv libraries read them each
// in its own way; where they differ, a line is refused and the message says what all of them
// understand, since half a password is worse than none. Values are in no message.
//
//   NAME=value              to the end of the line, or to a ` #`; no blanks, quotes, `\` and `$`
//   NAME='value'            everything as it is, over several lines if need be
//   NAME="value"            also over several lines; `\n` `\r` `\t` `\\` `\"` `\$` are escapes
//   export NAME=value       the same
//   # comment
//
// `${OTHER}` without quotes or in double quotes is the value that OTHER has in the environment, or
// else on an earlier line: a file can put a URL together from parts without writing the password
// twice. It must be set, or it would silently be nothing. There is no other meaning of `$`:
// `$NAME`,
// `$(command)` and backticks are refused.

// A variable of a file.
struct EnvVariable {
  std::string name;
  std::string value;
  int line = 0;  // from 1
};

// Looks a name up in the environment; nothing when it is not set.
using EnvLookup = std::function<std::optional<std::string>(std::string_view name)>;

// Largest file that is read, in bytes.
inline constexpr size_t kMaxEnvFile = 256 << 10;

// Reads the text of a file, called `file` in messages. INVALID_ARGUMENT has every problem, one a
// line: `.env.staging:3: …`; a name that the file sets twice is one.
absl::StatusOr<std::vector<EnvVariable>> ParseEnvFile(std::string_view text, std::string_view file,
                                                      const EnvLookup& environment);

// Reads a file, or a pipe, with this process's environment. NOT_FOUND: it is not there.
absl::StatusOr<std::vector<EnvVariable>> ReadEnvFile(const std::string& path);

// Sets the variables that this process's environment does not have yet; one that is set, even to
// nothing, stays. Returns the names of those that it set. No other thread may exist.
std::vector<std::string> SetMissing(const std::vector<EnvVariable>& variables);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_ENV_FILE_H_
