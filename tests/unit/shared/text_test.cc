#include "shared/text.h"

#include <gtest/gtest.h>

namespace smokemesh::shared {
namespace {

TEST(EscapeControl, KeepsPrintableText) {
  for (const char* text : {"", "plain", "tschüß €𝄞", "back\\slash \"quoted\""}) {
    EXPECT_EQ(EscapeControl(text), text);
  }
}

TEST(EscapeControl, EscapesWhatCouldFoolATerminalOrALog) {
  EXPECT_EQ(EscapeControl("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(EscapeControl("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(EscapeControl(std::string("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(EscapeControl("\xc2\x9b"), "\\xc2\\x9b");  // CSI in one character
}

TEST(EscapeControl, EscapesInvalidUtf8) {
  for (const auto& [text, escaped] :
       {std::pair<const char*, const char*>{"\xff", "\\xff"},
        {"\xc3", "\\xc3"},
        {"\xc3(", "\\xc3("},
        {"\xc0\xaf", "\\xc0\\xaf"},                    // overlong
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},           // overlong
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // surrogate
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // above U+10FFFF
        {"\xf0\x9d\x84", "\\xf0\\x9d\\x84"},           // cut short
        {"\x80", "\\x80"}}) {
    EXPECT_EQ(EscapeControl(text), escaped);
  }
}

TEST(Shorten, LeavesShortText) {
  EXPECT_EQ(Shorten("abc", 3), "abc");
  EXPECT_EQ(Shorten("", 0), "");
}

TEST(Shorten, SaysHowMuchIsGone) {
  EXPECT_EQ(Shorten("abcdef", 4), "abcd…(2 bytes more)");
  EXPECT_EQ(Shorten("abcdef", 0), "…(6 bytes more)");
}

TEST(Shorten, DoesNotCutACharacter) {
  EXPECT_EQ(Shorten("aüb", 2), "a…(3 bytes more)");
  EXPECT_EQ(Shorten("aüb", 3), "aü…(1 bytes more)");
  EXPECT_EQ(Shorten("\x80\x80\x80", 1), "…(3 bytes more)");
}

TEST(DidYouMean, SuggestsTheNearestWord) {
  const std::vector<std::string> words = {"status", "header", "json", "body"};
  EXPECT_EQ(DidYouMean("stauts", words), " (did you mean \"status\"?)");
  EXPECT_EQ(DidYouMean("headers", words), " (did you mean \"header\"?)");
  EXPECT_EQ(DidYouMean("jso", words), " (did you mean \"json\"?)");
}

TEST(DidYouMean, SuggestsNothingWhenNothingIsNear) {
  const std::vector<std::string> words = {"status", "header"};
  EXPECT_EQ(DidYouMean("rows", words), "");
  EXPECT_EQ(DidYouMean("", words), "");
  EXPECT_EQ(DidYouMean(std::string(100'000, 's'), words), "");
  EXPECT_EQ(DidYouMean("x", {}), "");
}

}  // namespace
}  // namespace smokemesh::shared
