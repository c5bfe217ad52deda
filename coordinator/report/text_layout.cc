#include "coordinator/report/text_layout.h"

#include <algorithm>
#include <cstdint>

#include "coordinator/report/markup.h"

namespace smokemesh::coordinator {
namespace {

bool StartsCharacter(char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }

// Bytes of the first `columns` characters.
size_t BytesOf(std::string_view text, size_t columns) {
  size_t i = 0;
  for (; i < text.size(); ++i) {
    if (!StartsCharacter(text[i])) continue;
    if (columns-- == 0) break;
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
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), StartsCharacter));
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
