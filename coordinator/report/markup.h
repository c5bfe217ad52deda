#ifndef SMOKEMESH_COORDINATOR_REPORT_MARKUP_H_
#define SMOKEMESH_COORDINATOR_REPORT_MARKUP_H_

#include <string>
#include <string_view>

namespace smokemesh::coordinator {

// Makes any text safe to show on one line: control characters, line ends (U+2028 and U+2029 too)
// and invalid UTF-8 become visible escapes, and so do the characters that reorder the text around
// them.
// `##[`, `##vso[` and `##teamcity[`, which GitHub's and Azure's runners and TeamCity carry out
// wherever they stand in a line, get a `\` between the two `#`. Agents have escaped what they send;
// a coordinator trusts nobody.
std::string SafeText(std::string_view text);

// The same for text of several lines: `\n` stays, and every line is as NoCommand makes it.
std::string SafeLines(std::string_view text);

// A line that would begin with `::` gets a `\` before it: GitHub's runner carries such lines out.
// What a runner may take for blanks, and what colours a line, is passed over.
std::string NoCommand(std::string_view line);

// Makes any text safe as content or quoted attribute value of XML 1.0 and of HTML: `& < > " '`
// become entities, the rest is as SafeText makes it, and what XML 1.0 forbids is escaped too.
std::string EscapeMarkup(std::string_view text);

// The same for text of several lines: `\n` stays.
std::string EscapeMarkupLines(std::string_view text);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_MARKUP_H_
