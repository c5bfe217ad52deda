#include "coordinator/report/markdown_text.h"

#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

TEST(CodeSpan, HasADelimiterThatTheTextDoesNotHave) {
  EXPECT_EQ(CodeSpan("a"), "`a`");
  EXPECT_EQ(CodeSpan("a`b"), "``a`b``");
  EXPECT_EQ(CodeSpan("a``b`c"), "```a``b`c```");
}

TEST(CodeSpan, KeepsBackticksAndBlanksAtItsEdges) {
  EXPECT_EQ(CodeSpan("`a"), "`` `a ``");
  EXPECT_EQ(CodeSpan("a "), "` a  `");
  EXPECT_EQ(CodeSpan(" "), "` `");
  EXPECT_EQ(CodeSpan(""), "");
}

TEST(CodeSpan, IsOneLine) { EXPECT_EQ(CodeSpan("a\n\n# b\x1b"), "`a\\n\\n# b\\x1b`"); }

TEST(CodeCell, LetsNoBarEndTheCell) {
  EXPECT_EQ(CodeCell("a|b"), "`a\\|b`");
  EXPECT_EQ(CodeCell("a\\|b"), "`a\\\\|b`");
}

TEST(CodeFence, IsLongerThanAnyRunOfBackticksInIt) {
  EXPECT_EQ(CodeFence({"a", "b"}), "```text\na\nb\n```\n");
  EXPECT_EQ(CodeFence({"````", "b"}), "`````text\n````\nb\n`````\n");
  EXPECT_EQ(CodeFence({"a\n```\nb"}), "````text\na\\n```\\nb\n````\n");
}

TEST(CodeElement, EscapesHtml) {
  EXPECT_EQ(CodeElement("</code><b>@x"), "<code>&lt;/code&gt;&lt;b&gt;@x</code>");
}

}  // namespace
}  // namespace smokemesh::coordinator
