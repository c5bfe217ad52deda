#include "coordinator/plan/selection.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace smokemesh::coordinator {
namespace {

bool Tags(std::string_view expression, const std::vector<std::string>& tags) {
  const auto selection = Selection::Parse(expression);
  EXPECT_TRUE(selection.ok()) << selection.status();
  return selection.ok() && selection->MatchesTags(tags);
}

std::string ErrorOf(std::string_view expression) {
  const auto selection = Selection::Parse(expression);
  return selection.ok() ? "" : std::string(selection.status().message());
}

TEST(SelectionTest, NotBindsTighterThanAndWhichBindsTighterThanOr) {
  EXPECT_TRUE(Tags("a or b and c", {"a"}));
  EXPECT_FALSE(Tags("(a or b) and c", {"a"}));
  EXPECT_TRUE(Tags("not a and b", {"b"}));
  EXPECT_FALSE(Tags("not (a or b)", {"b"}));
  EXPECT_TRUE(Tags("not not a", {"a"}));
  EXPECT_TRUE(Tags("a and b and c", {"a", "b", "c"}));
  EXPECT_FALSE(Tags("a and b and c", {"a", "c"}));
}

TEST(SelectionTest, AnEmptyExpressionSelectsEverything) {
  EXPECT_TRUE(Tags("", {}));
  EXPECT_TRUE(Tags("  \t", {"x"}));
  EXPECT_TRUE(Selection().MatchesTags({}));
  EXPECT_TRUE(Selection().MatchesName("x"));
}

TEST(SelectionTest, TagsAreWholeWordsWithCase) {
  EXPECT_FALSE(Tags("smoke", {"smoke-test", "Smoke"}));
  EXPECT_TRUE(Tags("team:core-1.x_y", {"team:core-1.x_y"}));
}

TEST(SelectionTest, NamesMatchByPartInAnyCase) {
  const auto selection = Selection::Parse("LOGIN and not slow");
  ASSERT_TRUE(selection.ok());
  EXPECT_TRUE(selection->MatchesName("user_Login_works"));
  EXPECT_FALSE(selection->MatchesName("slow_login"));
  EXPECT_FALSE(selection->MatchesName("logout"));
}

TEST(SelectionTest, ListsItsWordsInOrder) {
  const auto selection = Selection::Parse("b and (a or not c)");
  ASSERT_TRUE(selection.ok());
  EXPECT_EQ(selection->Words(), (std::vector<std::string>{"b", "a", "c"}));
}

TEST(SelectionTest, SaysInWhichColumnAnExpressionIsWrong) {
  EXPECT_EQ(ErrorOf("a b"), "column 3: \"and\" or \"or\" is missing before \"b\"");
  EXPECT_EQ(
      ErrorOf("a and"),
      "column 6: a word is missing before the end: write words joined by and, or, not, ( and )");
  EXPECT_EQ(ErrorOf("(a"), "column 3: a ) is missing before the end");
  EXPECT_EQ(ErrorOf("a)"), "column 2: a ) without its (");
  EXPECT_NE(ErrorOf("a && b"), "");
  EXPECT_NE(ErrorOf("or"), "");
  EXPECT_NE(ErrorOf("()"), "");
}

TEST(SelectionTest, BoundsDepthAndLength) {
  EXPECT_NE(ErrorOf(std::string(200, '(') + "a" + std::string(200, ')')), "");
  std::string nots;
  for (int i = 0; i < 200; ++i) nots += "not ";
  EXPECT_NE(ErrorOf(nots + "a"), "");
  EXPECT_NE(ErrorOf(std::string(5000, 'a')), "");
}

}  // namespace
}  // namespace smokemesh::coordinator
