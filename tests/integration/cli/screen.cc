#include "tests/integration/cli/screen.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace smokemesh::testing {
namespace {

std::string Joined(const std::vector<std::string>& characters) {
  std::string line;
  for (const std::string& character : characters) line += character.empty() ? " " : character;
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

size_t LengthOf(char first) {
  const auto byte = static_cast<uint8_t>(first);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

}  // namespace

void Screen::Feed(std::string_view bytes) {
  for (const char c : bytes) {
    pending_ += c;
    if (pending_[0] == '\x1b') {
      if (pending_.size() == 1) continue;
      if (pending_[1] != '[') {
        unknown_.push_back("ESC " + pending_.substr(1));
        pending_.clear();
      } else if (pending_.size() > 2 && c >= 0x40 && c <= 0x7e) {
        Sequence(pending_.substr(2, pending_.size() - 3), c);
        pending_.clear();
      }
      continue;
    }
    if (pending_.size() < LengthOf(pending_[0])) continue;
    const std::string character = std::exchange(pending_, "");
    if (static_cast<uint8_t>(character[0]) < 0x20 || character[0] == 0x7f) {
      Control(character[0]);
    } else {
      Take(character);
    }
  }
}

void Screen::Resize(int columns, int rows) {
  columns_ = columns;
  rows_ = rows;
  for (auto& line : lines_) {
    if (line.size() > static_cast<size_t>(columns)) line.resize(static_cast<size_t>(columns));
  }
  while (lines_.size() > static_cast<size_t>(rows)) {
    scrolled_.push_back(Joined(lines_.front()));
    lines_.erase(lines_.begin());
    row_ = std::max(0, row_ - 1);
  }
  column_ = std::min(column_, columns - 1);
}

std::vector<std::string> Screen::Lines() const {
  std::vector<std::string> lines;
  for (const auto& line : lines_) lines.push_back(Joined(line));
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string Screen::Text() const {
  std::string text;
  for (const std::string& line : Lines()) text += line + "\n";
  return text;
}

std::vector<std::string>& Screen::Row() {
  if (static_cast<size_t>(row_) >= lines_.size()) lines_.resize(static_cast<size_t>(row_) + 1);
  return lines_[static_cast<size_t>(row_)];
}

void Screen::Take(const std::string& character) {
  if (column_ >= columns_) {
    ++wraps_;
    Control('\n');
    column_ = 0;
  }
  std::vector<std::string>& line = Row();
  if (line.size() <= static_cast<size_t>(column_)) line.resize(static_cast<size_t>(column_) + 1);
  line[static_cast<size_t>(column_++)] = character;
}

void Screen::Control(char c) {
  if (c == '\r') {
    column_ = 0;
  } else if (c == '\n') {
    if (++row_ >= rows_) {
      scrolled_.push_back(Joined(lines_.front()));
      lines_.erase(lines_.begin());
      row_ = rows_ - 1;
    }
    Row();
  } else {
    unknown_.push_back("control " + std::to_string(static_cast<int>(c)));
  }
}

void Screen::Sequence(const std::string& parameters, char final_byte) {
  switch (final_byte) {
    case 'm':
      ++colors_;
      return;
    case 'A':
      row_ = std::max(0, row_ - std::max(1, std::atoi(parameters.c_str())));
      return;
    case 'K':
      if (!parameters.empty()) break;
      if (Row().size() > static_cast<size_t>(column_)) Row().resize(static_cast<size_t>(column_));
      return;
    case 'J':
      if (!parameters.empty()) break;
      if (Row().size() > static_cast<size_t>(column_)) Row().resize(static_cast<size_t>(column_));
      lines_.resize(static_cast<size_t>(row_) + 1);
      return;
    default:
      break;
  }
  unknown_.push_back("CSI " + parameters + final_byte);
}

}  // namespace smokemesh::testing
