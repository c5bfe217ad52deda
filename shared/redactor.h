#ifndef SMOKEMESH_SHARED_REDACTOR_H_
#define SMOKEMESH_SHARED_REDACTOR_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "shared/mutex.h"

namespace smokemesh::shared {

// Hides known secret values in text that leaves the process. Thread-safe.
class Redactor {
 public:
  // Hides `secret` from now on, also in its percent-encoded, base64 and JSON-escaped forms. Values
  // shorter than 4 bytes are not hidden: they stand in too many places by chance.
  void Add(std::string_view secret) ABSL_LOCKS_EXCLUDED(mutex_);

  // Replaces every known secret in `text` by `***`, the longest first.
  std::string Redact(std::string_view text) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct LongestFirst {
    bool operator()(const std::string& a, const std::string& b) const {
      return a.size() != b.size() ? a.size() > b.size() : a < b;
    }
  };
  mutable Mutex mutex_;
  std::set<std::string, LongestFirst> secrets_ ABSL_GUARDED_BY(mutex_);
};

// Returns what must stay secret of `text`, a URL or a libpq key/value string: the password (as
// written and percent-decoded), the values of query parameters that libpq does not define as
// harmless, and the user name of an http(s) URL without a password. Empty when `text` is neither.
std::vector<std::string> CredentialsOf(std::string_view text);

// Whether `text` begins with a URL's scheme and `://`.
bool IsUrl(std::string_view text);

// Returns `text`, a URL or a libpq key/value string, with the password and the values of query
// parameters replaced by `***`. Text that is neither is returned as it is.
std::string WithoutCredentials(std::string_view text);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_REDACTOR_H_
