#include "coordinator/report/markup.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_replace.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

std::string ByLine(std::string_view text, std::string (*escape)(std::string_view)) {
  std::string out;
  while (true) {
    const size_t end = text.find('\n');
    out += escape(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string SafeText(std::string_view text) {
  return absl::StrReplaceAll(shared::EscapeControl(text), {{"\xe2\x80\xaa", "\\u202a"},
                                                           {"\xe2\x80\xab", "\\u202b"},
                                                           {"\xe2\x80\xac", "\\u202c"},
                                                           {"\xe2\x80\xad", "\\u202d"},
                                                           {"\xe2\x80\xae", "\\u202e"},
                                                           {"\xe2\x81\xa6", "\\u2066"},
                                                           {"\xe2\x81\xa7", "\\u2067"},
                                                           {"\xe2\x81\xa8", "\\u2068"},
                                                           {"\xe2\x81\xa9", "\\u2069"},
                                                           {"\xe2\x80\xa8", "\\u2028"},
                                                           {"\xe2\x80\xa9", "\\u2029"},
                                                           {"##[", "#\\#["},
                                                           {"##vso[", "#\\#vso["},
                                                           {"##teamcity[", "#\\#teamcity["}});
}

std::string EscapeMarkup(std::string_view text) {
  // U+FFFE and U+FFFF are valid UTF-8 and forbidden in XML.
  return absl::StrReplaceAll(SafeText(text), {{"&", "&amp;"},
                                              {"<", "&lt;"},
                                              {">", "&gt;"},
                                              {"\"", "&quot;"},
                                              {"'", "&#39;"},
                                              {"\xef\xbf\xbe", "\\ufffe"},
                                              {"\xef\xbf\xbf", "\\uffff"}});
}

std::string SafeLines(std::string_view text) {
  return ByLine(text, [](std::string_view line) { return NoCommand(SafeText(line)); });
}

std::string NoCommand(std::string_view line) {
  size_t at = 0;
  while (at < line.size()) {
    if (line[at] == '\x1b') {
      at = std::min(line.find('m', at), line.size() - 1);
    } else if (line[at] != ' ' && static_cast<uint8_t>(line[at]) < 0x80) {
      break;
    }
    ++at;
  }
  std::string out(line);
  if (line.substr(at, 2) == "::") out.insert(at, 1, '\\');
  return out;
}

std::string EscapeMarkupLines(std::string_view text) { return ByLine(text, EscapeMarkup); }

}  // namespace smokemesh::coordinator
