#include "shared/command_line/help.h"

#include <gtest/gtest.h>

#include "tests/unit/shared/command_line/sample_program.h"

namespace smokemesh::shared {
namespace {

TEST(Help, ShowsACommand) {
  Program program = SampleProgram();
  program.commands[0].description = "One paragraph.\n\nAnother one.";
  EXPECT_EQ(HelpText(program, program.commands[0]), R"(Cook a dish: it's "good"

Usage: tool cook [OPTIONS] DISH [GUEST...]

  DISH                        A recipe
  GUEST                       Who comes

Fire:
  -t, --heat DEGREES          How hot [in °C]: 100
      --fuel KIND             What burns

Taste:
      --spice NAME            Again
      --salt[=N]              Pinches
      --out DIR               Where to
  -q, --quiet                 No talk

Other:
  -h, --help                  Show this help

One paragraph.

Another one.

Examples:
  tool cook soup.txt                                          soup

Exit codes:
  0         it is good
)");
}

TEST(Help, ShowsAProgram) {
  const Program program = SampleProgram();
  EXPECT_EQ(HelpText(program, program.main), R"(Does things

Usage: tool COMMAND [OPTIONS]

Kitchen:
  cook DISH GUEST             Cook a dish: it's "good"
  list                        List dishes

Other:
  -h, --help                  Show this help

Environment:
  TOOL_HOME                   Where it lives

`tool COMMAND --help` tells more about a command.
)");
}

TEST(Help, BreaksLongTextsAtBlanks) {
  Program program = SampleProgram();
  Option& option = program.commands[1].options[0];
  option.help.clear();
  for (int i = 0; i < 30; ++i) option.help += "längere ";
  const std::string text = HelpText(program, program.commands[1]);
  // 30 columns, then 8 words of 8 columns with a blank between them, then the next line.
  EXPECT_NE(
      text.find("  -h, --help                  längere längere längere längere längere längere "
                "längere längere\n                              längere"),
      std::string::npos)
      << text;
}

}  // namespace
}  // namespace smokemesh::shared
