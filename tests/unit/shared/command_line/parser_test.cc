#include "shared/command_line/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/shared/command_line/sample_program.h"

namespace smokemesh::shared {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ParserTest : public testing::Test {
 protected:
  ParsedLine Parse(const std::vector<std::string>& arguments) {
    return ParseLine(program_, arguments);
  }
  Values Good(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "cook");
    const ParsedLine line = Parse(arguments);
    EXPECT_EQ(line.problem, "");
    return line.values;
  }

  const Program program_ = SampleProgram();
};

TEST_F(ParserTest, ReadsOptionsInEveryForm) {
  for (const std::vector<std::string>& form :
       std::vector<std::vector<std::string>>{{"soup", "--heat", "90"},
                                             {"--heat=90", "soup"},
                                             {"-t", "90", "soup"},
                                             {"-t90", "soup"},
                                             {"-qt", "90", "soup"}}) {
    const Values values = Good(form);
    EXPECT_EQ(values.Get("heat"), "90");
    EXPECT_EQ(values.Get("DISH"), "soup");
    EXPECT_FALSE(values.Has("fuel"));
  }
  EXPECT_TRUE(Good({"soup", "-q"}).Has("quiet"));
  EXPECT_FALSE(Good({"soup"}).Has("quiet"));
}

TEST_F(ParserTest, AnOptionalValueSwallowsNothing) {
  const Values values = Good({"--salt", "soup", "guest"});
  EXPECT_TRUE(values.Has("salt"));
  EXPECT_EQ(values.Get("salt"), "");
  EXPECT_EQ(values.Get("DISH"), "soup");
  EXPECT_THAT(values.All("GUEST"), ElementsAre("guest"));
  EXPECT_EQ(Good({"soup", "--salt=3"}).Get("salt"), "3");
  EXPECT_FALSE(Good({"soup"}).Has("salt"));
}

TEST_F(ParserTest, RepeatsWhatMayBeGivenAgain) {
  EXPECT_THAT(Good({"soup", "--spice", "a", "--spice=b"}).All("spice"), ElementsAre("a", "b"));
  EXPECT_EQ(Parse({"cook", "x", "--heat", "1", "--heat", "2"}).problem, "--heat is given twice");
}

TEST_F(ParserTest, ValuesWithBracketsAndEqualsSignsStayWhole) {
  EXPECT_THAT(Good({"soup", "--spice", "[a,b]", "--spice", "c=d"}).All("spice"),
              ElementsAre("[a,b]", "c=d"));
}

TEST_F(ParserTest, TwoDashesEndTheOptions) {
  const Values values = Good({"--", "--heat", "-q"});
  EXPECT_EQ(values.Get("DISH"), "--heat");
  EXPECT_THAT(values.All("GUEST"), ElementsAre("-q"));
  EXPECT_THAT(Good({"a", "--", "--", "b"}).All("GUEST"), ElementsAre("--", "b"));
  EXPECT_EQ(Good({"-"}).Get("DISH"), "-");
  EXPECT_EQ(Parse({"cook", "x", "--heat", "--"}).problem, "--heat needs a value: DEGREES");
}

TEST_F(ParserTest, HelpComesBeforeEverythingElse) {
  EXPECT_TRUE(Parse({"cook", "--help"}).help);
  EXPECT_TRUE(Parse({"cook", "--nonsense", "-h"}).help);
  EXPECT_EQ(Parse({"--help"}).command, &program_.main);
}

TEST_F(ParserTest, EveryProblemIsOneSentence) {
  const struct {
    std::vector<std::string> arguments;
    const char* problem;
  } kCases[] = {
      {{"cok"}, "unknown command \"cok\" (did you mean \"cook\"?)"},
      {{"frobnicate"}, "unknown command \"frobnicate\": commands are cook, list"},
      {{"cook"}, "DISH is required: A recipe"},
      {{"list", "x"}, "unexpected argument \"x\": everything is given by options"},
      {{"cook", "x", "--hate", "1"}, "unknown option \"--hate\" (did you mean \"--heat\"?)"},
      {{"cook", "x", "--hate=1"}, "unknown option \"--hate\" (did you mean \"--heat\"?)"},
      {{"cook", "x", "-heat", "1"}, "unknown option \"-heat\" (did you mean \"--heat\"?)"},
      {{"cook", "x", "--he"}, "unknown option \"--he\" (did you mean \"--heat\"?)"},
      {{"cook", "x", "-z"}, "unknown option \"-z\""},
      {{"--heat", "1", "cook"}, "unknown option \"--heat\": options come behind the command"},
      {{"cook", "x", "--heat"}, "--heat needs a value: DEGREES"},
      {{"cook", "x", "-qt"}, "-t needs a value: DEGREES"},
      {{"cook", "x", "--heat", ""}, "--heat is empty: it needs a value: DEGREES"},
      {{"cook", "x", "--quiet=no"}, "--quiet takes no value"},
      {{"cook", "x", "--fuel", "wod"},
       "--fuel \"wod\" is none of gas, wood (did you mean \"wood\"?)"},
      {{"a\x1b[2Jb"}, "a\\x1b[2Jb"},
  };
  for (const auto& c : kCases) {
    EXPECT_THAT(Parse(c.arguments).problem, HasSubstr(c.problem));
  }
  EXPECT_THAT(Parse({}).problem, IsEmpty());
  EXPECT_EQ(Parse({}).command, &program_.main);
}

TEST_F(ParserTest, ANameThatIsNotDefinedEndsTheProcess) {
  EXPECT_DEATH(Good({"soup"}).Get("heet"), "no option or argument heet");
}

}  // namespace
}  // namespace smokemesh::shared
