#ifndef SMOKEMESH_SHARED_COMMAND_LINE_SHELL_WORDS_H_
#define SMOKEMESH_SHARED_COMMAND_LINE_SHELL_WORDS_H_

#include <string>

namespace smokemesh::shared {

// `text` in single quotes, as sh, bash and zsh read it.
std::string ShellQuoted(const std::string& text);

// A name as part of the name of a shell function: `smokemesh_agent`.
std::string ShellName(const std::string& name);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_COMMAND_LINE_SHELL_WORDS_H_
