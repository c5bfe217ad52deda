#include "coordinator/report/text_layout.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "coordinator/report/markup.h"

namespace smokemesh::coordinator {
namespace {

bool StartsCharacter(char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }

struct Range {
  uint32_t first;
  uint32_t last;
};

// Source: Unicode 15, EastAsianWidth.txt (W and F), the blocks that hold them.
constexpr Range kWide[] = {
    {0x1100, 0x115f},  {0x231a, 0x231b}, {0x23e9, 0x23ec},   {0x2614, 0x2615},   {0x2705, 0x2705},
    {0x270a, 0x270b},  {0x2728, 0x2728}, {0x274c, 0x274c},   {0x2753, 0x2757},   {0x2e80, 0x303e},
    {0x3041, 0xa4cf},  {0xa960, 0xa97c}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
    {0x20000, 0x3fffd}};
// Combining marks and characters without width.
constexpr Range kNarrow[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},
                             {0x064b, 0x065f}, {0x200b, 0x200f}, {0x20d0, 0x20f0},
                             {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}};

template <size_t kCount>
bool IsIn(const Range (&ranges)[kCount], uint32_t character) {
  return std::any_of(std::begin(ranges), std::end(ranges), [character](const Range& range) {
    return range.first <= character && character <= range.last;
  });
}

// The character that begins at `text`, and its bytes.
uint32_t CharacterAt(std::string_view text, size_t* bytes) {
  const auto first = static_cast<uint8_t>(text[0]);
  const size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  uint32_t character = length == 1 ? first : first & (0xffu >> (length + 1));
  *bytes = 1;
  while (*bytes < std::min(length, text.size()) && !StartsCharacter(text[*bytes])) {
    character = character << 6 | (static_cast<uint8_t>(text[*bytes]) & 0x3fu);
    ++*bytes;
  }
  return character;
}

size_t WidthOfCharacter(uint32_t character) {
  if (character < 0x300) return 1;
  if (IsIn(kNarrow, character)) return 0;
  return IsIn(kWide, character) ? 2 : 1;
}

// Bytes of the beginning of `text` that fits into `columns`.
size_t BytesOf(std::string_view text, size_t columns) {
  size_t i = 0;
  while (i < text.size()) {
    size_t bytes = 0;
    const size_t width = WidthOfCharacter(CharacterAt(text.substr(i), &bytes));
    if (width > columns) break;
    columns -= width;
    i += bytes;
  }
  return i;
}

}  // namespace

std::string Painted(std::string_view text, Paint paint, bool color) {
  if (!color || paint == Paint::kNone || text.empty()) return std::string(text);
  const char* start = "";
  switch (paint) {
    case Paint::kGood:
      start = "\x1b[32m";
      break;
    case Paint::kBad:
      start = "\x1b[1;31m";
      break;
    case Paint::kWarn:
      start = "\x1b[33m";
      break;
    case Paint::kDim:
      start = "\x1b[2m";
      break;
    case Paint::kBold:
      start = "\x1b[1m";
      break;
    case Paint::kNone:
      break;
  }
  return std::string(start) + std::string(text) + "\x1b[0m";
}

Paint PaintOf(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_PASSED:
      return Paint::kGood;
    case v1::OUTCOME_FAILED:
      return Paint::kBad;
    case v1::OUTCOME_SKIPPED:
    case v1::OUTCOME_UNSPECIFIED:
      return Paint::kDim;
    default:
      return Paint::kWarn;
  }
}

Paint PaintOf(v1::Decision decision) {
  switch (decision) {
    case v1::DECISION_PROMOTE:
      return Paint::kGood;
    case v1::DECISION_ROLLBACK:
      return Paint::kBad;
    default:
      return Paint::kWarn;
  }
}

std::string SignOf(v1::Outcome outcome, bool unicode) {
  switch (outcome) {
    case v1::OUTCOME_PASSED:
      return unicode ? "✓" : "+";
    case v1::OUTCOME_FAILED:
      return unicode ? "✗" : "x";
    case v1::OUTCOME_SKIPPED:
      return unicode ? "–" : "-";
    case v1::OUTCOME_UNSPECIFIED:
      return unicode ? "·" : ".";
    default:
      return "!";
  }
}

size_t Columns(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    size_t bytes = 0;
    columns += WidthOfCharacter(CharacterAt(text, &bytes));
    text.remove_prefix(bytes);
  }
  return columns;
}

std::string FirstColumns(std::string_view text, size_t columns) {
  return std::string(text.substr(0, BytesOf(text, columns)));
}

std::string Ascii(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t bytes = 0;
    const uint32_t character = CharacterAt(text, &bytes);
    text.remove_prefix(bytes);
    switch (character) {
      case 0xb5:  // micro sign
        out += 'u';
        break;
      case 0x2013:
      case 0x2014:
        out += '-';
        break;
      case 0x2018:
      case 0x2019:
        out += '\'';
        break;
      case 0x201c:
      case 0x201d:
        out += '"';
        break;
      case 0x2026:  // what is cut off: Shorten
        out += '~';
        break;
      default:
        if (character < 0x80) {
          out += static_cast<char>(character);
        } else {
          out.append(WidthOfCharacter(character), '?');
        }
    }
  }
  return out;
}

std::string Padded(std::string_view text, size_t columns) {
  std::string out(text);
  const size_t have = Columns(text);
  if (have < columns) out.append(columns - have, ' ');
  return out;
}

std::vector<std::string> Wrapped(std::string_view text, int width) {
  const auto limit = static_cast<size_t>(std::max(width, 20));
  std::vector<std::string> lines;
  while (Columns(text) > limit) {
    const size_t hard = BytesOf(text, limit);
    size_t end = text.rfind(' ', hard);
    // A word that fills more than half of the line is cut rather than pushed to the next one.
    if (end == std::string_view::npos || end < hard / 2) end = hard;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  for (std::string& line : lines) line = NoCommand(line);
  return lines;
}

}  // namespace smokemesh::coordinator
