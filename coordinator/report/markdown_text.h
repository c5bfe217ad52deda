#ifndef SMOKEMESH_COORDINATOR_REPORT_MARKDOWN_TEXT_H_
#define SMOKEMESH_COORDINATOR_REPORT_MARKDOWN_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

namespace smokemesh::coordinator {

// Content of a run in GitHub's and GitLab's Markdown (github.github.com/gfm). All of it stands in
// code: there neither Markdown nor HTML is read, and neither site makes a link, a mention or an
// issue's number of it. Every function escapes as SafeText does.

// A code span, on one line. Its delimiter is longer than any run of backticks in `text`; no text
// gives none.
std::string CodeSpan(std::string_view text);

// A code span for a cell of a table: `|` would end the cell.
std::string CodeCell(std::string_view text);

// A fenced code block of these lines, each of which becomes one line. No line can close it.
std::string CodeFence(const std::vector<std::string>& lines);

// `<code>…</code>`, for within an HTML block, where Markdown is not read.
std::string CodeElement(std::string_view text);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_MARKDOWN_TEXT_H_
