#include "shared/command_line/man_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/shared/command_line/sample_program.h"

namespace smokemesh::shared {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ManPage, HasTheSectionsOfAManual) {
  const Program program = SampleProgram();
  const std::string page = ManPage(program, program.commands[0]);
  EXPECT_THAT(page, StartsWith(".TH \"TOOL\\-COOK\" \"1\" \"\" \"tool 1.2\" \"User Commands\"\n"
                               ".SH NAME\ntool\\-cook \\- Cook a dish: it\\(aqs \\(dqgood\\(dq\n"));
  for (const char* part :
       {".SH SYNOPSIS\n\\fBtool cook\\fR [OPTIONS] DISH [GUEST...]\n", ".SH ARGUMENTS\n",
        ".SS Fire\n.TP\n\\fB\\-t\\fR, \\fB\\-\\-heat\\fR \\fIDEGREES\\fR\n", "One of gas, wood.\n",
        "\\fB\\-\\-salt\\fR[=\\fIN\\fR]\n", ".SH EXIT STATUS\n.TP\n\\fB0\\fR\nit is good.\n",
        ".SH EXAMPLES\n", "\\fBtool\\fR(1),\n\\fBtool\\-list\\fR(1)\n"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_THAT(ManPage(program, program.main), HasSubstr("\\fBtool\\-cook\\fR(1)\n"));
  EXPECT_EQ(ManPageName(program, program.commands[1]), "tool-list");
}

TEST(ManPage, NoTextIsARequestOrAnEscape) {
  const Program program = SampleProgram();
  const std::string page = ManPage(program, program.commands[0]);
  EXPECT_THAT(page, HasSubstr("\n\\&.not a request\n"));
  EXPECT_THAT(page, HasSubstr("\n\\&\\(aqnor this: a\\(rsb \\[u2013] \\(gac\\(ga [x]:y\n"));
  EXPECT_THAT(page, HasSubstr("[in \\[u00B0]C]"));
  for (const char c : page) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  EXPECT_THAT(page, Not(HasSubstr("\n.not")));
}

}  // namespace
}  // namespace smokemesh::shared
