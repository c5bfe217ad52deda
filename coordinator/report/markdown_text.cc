#include "coordinator/report/markdown_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "coordinator/report/markup.h"

namespace smokemesh::coordinator {
namespace {

size_t LongestRunOfBackticks(std::string_view text) {
  size_t longest = 0;
  size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace

std::string CodeSpan(std::string_view text) {
  if (text.empty()) return "";
  std::string code = SafeText(text);
  const std::string delimiter(LongestRunOfBackticks(code) + 1, '`');
  // One blank on either side is taken away again, unless there is nothing but blanks.
  const bool blank = code.find_first_not_of(' ') == std::string::npos;
  const auto is_edge = [](char c) { return c == '`' || c == ' '; };
  if (!blank && (is_edge(code.front()) || is_edge(code.back())))
    code = absl::StrCat(" ", code, " ");
  return absl::StrCat(delimiter, code, delimiter);
}

std::string CodeCell(std::string_view text) {
  // A table takes the `\` before a `|` away, in code too, whatever stands before it.
  return absl::StrReplaceAll(CodeSpan(text), {{"|", "\\|"}});
}

std::string CodeFence(const std::vector<std::string>& lines) {
  std::string body;
  for (const std::string& line : lines) absl::StrAppend(&body, SafeText(line), "\n");
  const std::string fence(std::max<size_t>(3, LongestRunOfBackticks(body) + 1), '`');
  return absl::StrCat(fence, "text\n", body, fence, "\n");
}

std::string CodeElement(std::string_view text) {
  return text.empty() ? "" : absl::StrCat("<code>", EscapeMarkup(text), "</code>");
}

}  // namespace smokemesh::coordinator
