#ifndef SMOKEMESH_SHARED_COMMAND_LINE_COMPLETION_H_
#define SMOKEMESH_SHARED_COMMAND_LINE_COMPLETION_H_

#include <string>

#include "shared/command_line/program.h"

namespace smokemesh::shared {

// Scripts that let a shell complete commands, options, choices and file names of a program. They
// start no process.

// For bash 3.2 and newer, without the package bash-completion.
std::string BashCompletion(const Program& program);
// For zsh: to be sourced after `compinit`, or a file `_PROGRAM` in a folder of `fpath`.
std::string ZshCompletion(const Program& program);
// For fish 3.0 and newer.
std::string FishCompletion(const Program& program);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_COMMAND_LINE_COMPLETION_H_
