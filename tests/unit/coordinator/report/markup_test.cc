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

TEST(EscapeMarkupLines, KeepsLineEndsAndEscapesEachLine) {
  EXPECT_EQ(EscapeMarkupLines("a<\n\tb\n"), "a&lt;\n\\tb\n");
}

}  // namespace
}  // namespace smokemesh::coordinator
