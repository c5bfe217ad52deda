#ifndef SMOKEMESH_SHARED_COMMAND_LINE_MAN_PAGE_H_
#define SMOKEMESH_SHARED_COMMAND_LINE_MAN_PAGE_H_

#include <string>

#include "shared/command_line/program.h"

namespace smokemesh::shared {

// The manual page of a command in section 1, as roff with the macros of man(7): ASCII, the same
// bytes for the same program.
std::string ManPage(const Program& program, const Command& command);

// `smokemesh-run`: how the page is called.
std::string ManPageName(const Program& program, const Command& command);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_COMMAND_LINE_MAN_PAGE_H_
