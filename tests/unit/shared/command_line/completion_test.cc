#include "shared/command_line/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/shared/command_line/sample_program.h"

namespace smokemesh::shared {
namespace {

using testing::HasSubstr;

// That shells understand the scripts is tested with the shells: tests/integration/cli.

TEST(Completion, OfBashKnowsWhatBelongsBehindAnOption) {
  const std::string script = BashCompletion(SampleProgram());
  EXPECT_THAT(script, HasSubstr("        --heat | -t) what=nothing ;;\n"
                                "        --fuel) what=words words='gas wood' ;;\n"
                                "        --spice) what=nothing ;;\n"
                                "        --out) what=folder ;;\n"
                                "        *) free=yes what=file ;;\n"));
  EXPECT_THAT(script, HasSubstr("complete -F _tool tool\n"));
}

TEST(Completion, OfZshEscapesItsTexts) {
  const std::string script = ZshCompletion(SampleProgram());
  EXPECT_THAT(script, HasSubstr("'(-t --heat)--heat=[How hot \\[in °C\\]\\: 100]:DEGREES: '"));
  EXPECT_THAT(script, HasSubstr("'*--spice=[Again]:NAME: '"));
  EXPECT_THAT(script, HasSubstr("'--salt=-[Pinches]::N: '"));
  EXPECT_THAT(script, HasSubstr("'cook:Cook a dish\\: it'\\''s \"good\"'"));
}

TEST(Completion, OfFishOffersFilesOnlyWhereTheyGo) {
  const std::string script = FishCompletion(SampleProgram());
  const std::string begin = "complete -c tool -n '__tool_command cook'";
  EXPECT_THAT(script, HasSubstr(begin + " -l fuel -x -a 'gas wood' -d 'What burns'\n"));
  EXPECT_THAT(script, HasSubstr(begin + " -l salt -d 'Pinches'\n"));
  EXPECT_THAT(script, HasSubstr(begin + " -F\n"));
  EXPECT_THAT(script, HasSubstr("-a cook -d 'Cook a dish: it\\'s \"good\"'\n"));
}

TEST(Completion, WorksForAProgramWithoutCommands) {
  Program program = SampleProgram();
  program.main = program.commands[0];
  program.main.name = "cook-it";
  program.commands.clear();
  EXPECT_THAT(BashCompletion(program), HasSubstr("complete -F _cook_it cook-it\n"));
  EXPECT_THAT(BashCompletion(program), HasSubstr("source <(cook-it --completion bash)"));
  EXPECT_THAT(ZshCompletion(program), HasSubstr("  _arguments -s -S \\\n"));
  EXPECT_THAT(FishCompletion(program), HasSubstr("complete -c cook-it -l fuel -x"));
}

}  // namespace
}  // namespace smokemesh::shared
