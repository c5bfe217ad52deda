#include "shared/yaml/strict_yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace smokemesh::shared {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  bool has_tree = false;
  std::string problems;
};

Outcome Read(const std::string& yaml) {
  std::vector<Problem> problems;
  const auto root = ReadStrictYaml(yaml, "plan.yaml", "plan", "a name", &problems);
  return {root.has_value(), FormatProblems(problems)};
}

std::string Repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(StrictYamlTest, KeepsOrderQuotesAndPlaces) {
  std::vector<Problem> problems;
  const auto root =
      ReadStrictYaml("b: 1\na:\n  - 'x'\n  - {k: v}\n", "plan.yaml", "plan", "a name", &problems);
  ASSERT_TRUE(root.has_value());
  EXPECT_TRUE(problems.empty());
  ASSERT_EQ(root->keys.size(), 2u);
  EXPECT_EQ(root->keys[0].text, "b");
  EXPECT_EQ(root->keys[1].position.line, 2);
  const YamlNode& list = *root->Find("a");
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_TRUE(list.items[0].quoted);
  EXPECT_EQ(list.items[0].position.line, 3);
  EXPECT_EQ(list.items[0].position.column, 5);
  EXPECT_FALSE(list.items[1].Find("k")->quoted);
}

TEST(StrictYamlTest, ReadsJson) {
  const Outcome outcome = Read("{\"name\": \"x\", \"checks\": [{\"a\": null, \"b\": [1, true]}]}");
  EXPECT_TRUE(outcome.has_tree);
  EXPECT_EQ(outcome.problems, "");
}

TEST(StrictYamlTest, ReadsWindowsLineEndsAndAByteOrderMark) {
  EXPECT_EQ(Read("\xEF\xBB\xBFname: x\r\nb: y\r\n").problems, "");
}

// The bombs that crash, exhaust or mislead other readers.
TEST(StrictYamlTest, RefusesEveryBombQuickly) {
  const struct {
    const char* name;
    std::string yaml;
    const char* message;
  } bombs[] = {
      {"billion laughs",
       "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c "
       "[*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n",
       "plan.yaml:1:4: anchors"},
      {"a list that holds itself", "&a [*a, 1]", "anchors"},
      {"nested flow lists", std::string(100'000, '['), "32 levels"},
      {"nested block lists", Repeat("- ", 100'000), "32 levels"},
      {"nested maps", Repeat("{a: ", 100'000), "32 levels"},
      {"more values than allowed", "a: [" + Repeat("1,", 60'000) + "1]", "more than 50000 values"},
      {"more bytes than allowed", std::string((1 << 20) + 1, 'a'), "at most 1048576"},
      {"duplicate keys", "a: 1\nb: 2\na: 3\n",
       "plan.yaml:3:1: \"a\" is here twice: the first one is "
       "on line 1"},
      {"a second document", "a: 1\n---\na: 2\n", "plan.yaml:2:"},
  };
  for (const auto& bomb : bombs) {
    const auto start = std::chrono::steady_clock::now();
    const Outcome outcome = Read(bomb.yaml);
    EXPECT_THAT(outcome.problems, HasSubstr(bomb.message)) << bomb.name;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << bomb.name;
  }
}

TEST(StrictYamlTest, RefusesWhatHasTwoMeanings) {
  EXPECT_THAT(Read("a: &x 1\n").problems, HasSubstr("plan.yaml:1:4: anchors"));
  EXPECT_THAT(Read("a: &x\n").problems, HasSubstr("plan.yaml:1:4: anchors"));
  EXPECT_THAT(Read("a: *x\n").problems, HasSubstr("aliases (*name) are not supported"));
  EXPECT_THAT(Read("a: !!int 1\n").problems, HasSubstr("plan.yaml:1:4: tags"));
  EXPECT_THAT(Read("a: ! 1\n").problems, HasSubstr("plan.yaml:1:4: tags"));
  EXPECT_THAT(Read("ü: ! 1\n").problems, HasSubstr("plan.yaml:1:4: tags"));
  EXPECT_THAT(Read("a: !x {b: 1}\n").problems, HasSubstr("plan.yaml:1:4: tags"));
  EXPECT_THAT(Read("<<: {a: 1}\n").problems, HasSubstr("plan.yaml:1:1: merge keys"));
  EXPECT_THAT(Read("? [a, b]\n: 1\n").problems, HasSubstr("a key must be a word"));
  EXPECT_THAT(Read("{a: 1, a: 2}\n").problems, HasSubstr("plan.yaml:1:8: \"a\" is here twice"));
  EXPECT_EQ(Read("a: '!x'\nb: \"&y\"\n'<<': 1\n").problems, "");
}

TEST(StrictYamlTest, ReportsSeveralProblemsInOnePass) {
  EXPECT_EQ(Read("a: &x 1\na: 2\nb: !t 3\n").problems,
            "plan.yaml:1:4: anchors (&name) are not supported: write the value out, or use a "
            "variable\n"
            "plan.yaml:2:1: \"a\" is here twice: the first one is on line 1\n"
            "plan.yaml:3:4: tags (!name) are not supported: fields have the types of the plan "
            "reference; write text in quotes\n");
}

TEST(StrictYamlTest, HelpsWithATemplateThatLacksQuotes) {
  EXPECT_THAT(Read("a: {{uuid}}\n").problems, HasSubstr("put it in quotes: \"{{name}}\""));
}

TEST(StrictYamlTest, ExplainsBrokenYamlInPlainWords) {
  EXPECT_THAT(Read("a:\n\tb: 1\n").problems, HasSubstr("plan.yaml:2:1: a tab cannot indent"));
  EXPECT_THAT(Read("a:\n  b: 1\n c: 2\n").problems, HasSubstr("plan.yaml:3:2: the indentation"));
  EXPECT_THAT(Read("a: [1, 2\nb: 3\n").problems, HasSubstr("a list in […] does not end"));
  EXPECT_THAT(Read("a: {b: 1\n").problems, HasSubstr("a map in {…} does not end"));
  EXPECT_THAT(Read("a: b: c\n").problems, HasSubstr("plan.yaml:1:5: \": \" cannot stand here"));
  EXPECT_THAT(Read("a: \"b\n").problems, HasSubstr("the closing quote is missing"));
  EXPECT_THAT(Read("a: \"\\q\"\n").problems, HasSubstr("write a backslash as \\\\"));
  EXPECT_THAT(Read("a: @b\n").problems, HasSubstr("put the value in quotes"));
  EXPECT_THAT(Read("a: ]\n").problems, HasSubstr("plan.yaml:1:4:"));
}

TEST(StrictYamlTest, RefusesWhatIsNoText) {
  EXPECT_THAT(Read("a: \xff\n").problems, HasSubstr("plan.yaml:1:4: the character \\xff"));
  EXPECT_THAT(Read(std::string("a: b\0c\n", 7)).problems, HasSubstr("plan.yaml:1:5:"));
  EXPECT_THAT(Read("a: \x1b[31m\n").problems, HasSubstr("\\x1b"));
  EXPECT_THAT(Read("a: \"\\0\"\n").problems, HasSubstr("a NUL character"));
  EXPECT_THAT(Read(std::string("a\0:\0 \0b\0", 8)).problems, HasSubstr("save the file as UTF-8"));
}

TEST(StrictYamlTest, RefusesAnEmptyFile) {
  for (const char* yaml : {"", "\n\n", "# only a comment\n", "---\n", "~"}) {
    EXPECT_THAT(Read(yaml).problems, HasSubstr("the plan is empty")) << yaml;
    EXPECT_FALSE(Read(yaml).has_tree);
  }
}

}  // namespace
}  // namespace smokemesh::shared
