#ifndef SMOKEMESH_SHARED_COMMAND_LINE_HELP_H_
#define SMOKEMESH_SHARED_COMMAND_LINE_HELP_H_

#include <string>

#include "shared/command_line/program.h"

namespace smokemesh::shared {

// What `--help` prints: usage, arguments, options under their headings, description, examples, exit
// codes; for the main command of a program the list of commands. Lines have at most 100 columns.
std::string HelpText(const Program& program, const Command& command);

// `-m, --select EXPR`, `--parallel[=N]`
std::string OptionHead(const Option& option);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_COMMAND_LINE_HELP_H_
