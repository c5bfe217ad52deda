#ifndef SMOKEMESH_SHARED_TEXT_H_
#define SMOKEMESH_SHARED_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace smokemesh::shared {

// Makes text from outside safe to print on one line: control characters, line ends and invalid
// UTF-8 become escapes (`\n`, `\x1b`, `\xff`).
std::string EscapeControl(std::string_view text);

// Cuts at a character border so that at most `max_bytes` remain, and says so:
// `…(312 bytes more)`. The note comes on top of `max_bytes`.
std::string Shorten(std::string_view text, size_t max_bytes);

// Returns the candidate nearest to `text` by edit distance, or an empty string when none is near
// enough to be a likely slip (a third of its length, at least 1).
std::string Nearest(std::string_view text, const std::vector<std::string>& candidates);

// Returns ` (did you mean "x"?)`, or an empty string when no candidate is near.
std::string DidYouMean(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_TEXT_H_
