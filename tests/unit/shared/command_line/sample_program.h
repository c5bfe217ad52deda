#ifndef SMOKEMESH_TESTS_UNIT_SHARED_COMMAND_LINE_SAMPLE_PROGRAM_H_
#define SMOKEMESH_TESTS_UNIT_SHARED_COMMAND_LINE_SAMPLE_PROGRAM_H_

#include "shared/command_line/program.h"

namespace smokemesh::shared {

// `tool cook DISH [GUEST...]` with an option of every sort, and `tool list`.
inline Program SampleProgram() {
  Program program;
  program.main.name = "tool";
  program.main.help = "Does things";
  program.main.options = {HelpOption()};
  program.version = "1.2";
  Command cook;
  cook.name = "cook";
  cook.help = "Cook a dish: it's \"good\"";
  cook.group = "Kitchen";
  cook.description = ".not a request\n\n'nor this: a\\b – `c` [x]:y";
  cook.arguments = {{.name = "DISH", .help = "A recipe", .kind = ValueKind::kFile},
                    {.name = "GUEST", .help = "Who comes", .required = false, .repeated = true}};
  cook.options = {
      {.name = "heat",
       .letter = 't',
       .value = "DEGREES",
       .help = "How hot [in °C]: 100",
       .group = "Fire"},
      {.name = "fuel",
       .value = "KIND",
       .help = "What burns",
       .group = "Fire",
       .kind = ValueKind::kChoice,
       .choices = {"gas", "wood"}},
      {.name = "spice", .value = "NAME", .help = "Again", .group = "Taste", .repeated = true},
      {.name = "salt", .value = "N", .help = "Pinches", .group = "Taste", .optional_value = true},
      {.name = "out",
       .value = "DIR",
       .help = "Where to",
       .group = "Taste",
       .kind = ValueKind::kFolder},
      {.name = "quiet", .letter = 'q', .help = "No talk", .group = "Taste"},
      HelpOption()};
  cook.examples = {{"tool cook soup.txt", "soup"}};
  cook.exit_codes = {{"0", "it is good"}};
  Command list;
  list.name = "list";
  list.help = "List dishes";
  list.group = "Kitchen";
  list.options = {HelpOption()};
  program.commands = {cook, list};
  program.environment = {{"TOOL_HOME", "Where it lives"}};
  return program;
}

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_TESTS_UNIT_SHARED_COMMAND_LINE_SAMPLE_PROGRAM_H_
