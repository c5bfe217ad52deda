#include "coordinator/report/text_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

using testing::ElementsAre;

TEST(Wrapped, BreaksAtBlanks) {
  EXPECT_THAT(Wrapped("one two three four five six", 20),
              ElementsAre("one two three four", "five six"));
}

TEST(Wrapped, CutsAWordThatFitsOnNoLine) {
  EXPECT_THAT(Wrapped(std::string(45, 'x'), 20),
              ElementsAre(std::string(20, 'x'), std::string(20, 'x'), "xxxxx"));
}

TEST(Wrapped, CountsCharactersAndNeverCutsOne) {
  std::string text;
  for (int i = 0; i < 21; ++i) text += "é";
  const std::vector<std::string> lines = Wrapped(text, 20);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(Columns(lines[0]), 20u);
  EXPECT_EQ(lines[1], "é");
}

TEST(Wrapped, GivesOneLineForNoText) { EXPECT_THAT(Wrapped("", 80), ElementsAre("")); }

TEST(Wrapped, LetsNoLineBeginAsABuildServersCommand) {
  EXPECT_THAT(Wrapped("nineteen characters ::error::stop", 20),
              ElementsAre("nineteen characters", "\\::error::stop"));
}

TEST(Columns, CountsWhatATerminalShows) {
  EXPECT_EQ(Columns("abc"), 3u);
  EXPECT_EQ(Columns("é✓–·"), 4u);
  EXPECT_EQ(Columns("検査"), 4u);
  EXPECT_EQ(Columns("🎉"), 2u);
  EXPECT_EQ(Columns("e\xcc\x81"), 1u);  // e and a combining accent
  EXPECT_EQ(Columns("a\xe2\x80\x8b"
                    "b"),
            2u);  // a blank without width
  EXPECT_EQ(Columns(""), 0u);
}

TEST(FirstColumns, CutsNoCharacter) {
  EXPECT_EQ(FirstColumns("検査の", 5), "検査");
  EXPECT_EQ(FirstColumns("abc", 2), "ab");
  EXPECT_EQ(FirstColumns("abc", 9), "abc");
  EXPECT_EQ(FirstColumns("e\xcc\x81x", 1), "e\xcc\x81");
  EXPECT_EQ(FirstColumns("abc", 0), "");
}

TEST(Ascii, KeepsTheColumns) {
  EXPECT_EQ(Ascii("83µs – “x”"), "83us - \"x\"");
  EXPECT_EQ(Ascii("検é\x1b[1m\n"), "???\x1b[1m\n");
  EXPECT_EQ(Ascii("e\xcc\x81"), "e");
}

TEST(Padded, FillsToColumnsNotToBytes) { EXPECT_EQ(Padded("é", 3), "é  "); }

TEST(Painted, WritesNoEscapeSequencesWithoutColor) {
  EXPECT_EQ(Painted("x", Paint::kBad, false), "x");
  EXPECT_EQ(Painted("x", Paint::kBad, true), "\x1b[1;31mx\x1b[0m");
}

}  // namespace
}  // namespace smokemesh::coordinator
