#include "coordinator/report/markup.h"

#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

TEST(EscapeMarkup, MakesEntitiesOfWhatEndsATagOrAnAttribute) {
  EXPECT_EQ(EscapeMarkup("<a href=\"x\">'&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

TEST(EscapeMarkup, ShowsWhatXmlForbids) {
  EXPECT_EQ(EscapeMarkup(std::string_view("\0\x01\x0b\x1f", 4)), "\\x00\\x01\\x0b\\x1f");
  EXPECT_EQ(EscapeMarkup("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(EscapeMarkup("\xef\xbf\xbe\xef\xbf\xbf"), "\\ufffe\\uffff");
}

TEST(EscapeMarkup, ShowsCharactersThatReorderTheLine) {
  EXPECT_EQ(EscapeMarkup("a\xe2\x80\xae"
                         "b"),
            "a\\u202eb");
}

TEST(EscapeMarkup, LeavesOtherTextOfAnyLanguageAlone) {
  EXPECT_EQ(EscapeMarkup("Prüfung 検査 ✓"), "Prüfung 検査 ✓");
}

TEST(SafeText, BreaksWhatABuildServerCarriesOutAnywhereInALine) {
  EXPECT_EQ(SafeText("a ##[add-mask]b"), "a #\\#[add-mask]b");
  EXPECT_EQ(SafeText("###[x]"), "##\\#[x]");
  EXPECT_EQ(SafeText("##vso[task.setvariable]x"), "#\\#vso[task.setvariable]x");
  EXPECT_EQ(SafeText("## [x] #["), "## [x] #[");
}

TEST(SafeText, ShowsEveryKindOfLineEnd) {
  EXPECT_EQ(SafeText("\xe2\x80\xa8\xe2\x80\xa9\xc2\x85\x0b\r"), "\\u2028\\u2029\\xc2\\x85\\x0b\\r");
}

TEST(NoCommand, MarksALineThatWouldBeginAsOne) {
  EXPECT_EQ(NoCommand("::error::x"), "\\::error::x");
  EXPECT_EQ(NoCommand("  ::error::x"), "  \\::error::x");
  EXPECT_EQ(NoCommand("\x1b[1m::error::x"), "\x1b[1m\\::error::x");
  EXPECT_EQ(NoCommand("\xc2\xa0::x"), "\xc2\xa0\\::x");
  EXPECT_EQ(NoCommand("a::b"), "a::b");
  EXPECT_EQ(NoCommand("\x1b"), "\x1b");
  EXPECT_EQ(NoCommand(""), "");
}

TEST(SafeLines, LeavesNoLineACommand) {
  EXPECT_EQ(SafeLines("a\n::error::b\n"), "a\n\\::error::b\n");
}

TEST(EscapeMarkupLines, KeepsLineEndsAndEscapesEachLine) {
  EXPECT_EQ(EscapeMarkupLines("a<\n\tb\n"), "a&lt;\n\\tb\n");
}

}  // namespace
}  // namespace smokemesh::coordinator
