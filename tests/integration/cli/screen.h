#ifndef SMOKEMESH_TESTS_INTEGRATION_CLI_SCREEN_H_
#define SMOKEMESH_TESTS_INTEGRATION_CLI_SCREEN_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace smokemesh::testing {

// A terminal as far as the live view needs one (ECMA-48): characters, CR, LF, cursor up, erase to
// the end of the line and of the screen, colours. Everything else is a fault that it remembers.
// Every character takes one column.
class Screen {
 public:
  Screen(int columns, int rows) : columns_(columns), rows_(rows), lines_(1) {}

  void Feed(std::string_view bytes);
  // Lines that are too long now are cut.
  void Resize(int columns, int rows);

  // What is on the screen, blanks at the ends of lines left out, without empty lines below.
  std::vector<std::string> Lines() const;
  // The same as one text, a line end after each.
  std::string Text() const;
  // What has left the screen at its top.
  const std::vector<std::string>& scrolled() const { return scrolled_; }

  // How often a character had no room on its line.
  int wraps() const { return wraps_; }
  // How often a colour was asked for.
  int colors() const { return colors_; }
  // Escape sequences and control characters that it does not know.
  const std::vector<std::string>& unknown() const { return unknown_; }
  int cursor_column() const { return column_; }
  int cursor_row() const { return row_; }

 private:
  void Take(const std::string& character);
  void Control(char c);
  void Sequence(const std::string& parameters, char final_byte);
  std::vector<std::string>& Row();

  int columns_;
  int rows_;
  std::vector<std::vector<std::string>> lines_;  // of the screen: characters
  std::vector<std::string> scrolled_;
  int row_ = 0;
  int column_ = 0;
  int wraps_ = 0;
  int colors_ = 0;
  std::vector<std::string> unknown_;
  std::string pending_;  // bytes of an unfinished character or sequence
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_INTEGRATION_CLI_SCREEN_H_
