#ifndef SMOKEMESH_COORDINATOR_CLI_TERMINAL_H_
#define SMOKEMESH_COORDINATOR_CLI_TERMINAL_H_

#include <string>
#include <string_view>

#include "coordinator/report/reporter.h"

namespace smokemesh::coordinator {

// What standard output or standard error can show.
struct Terminal {
  int descriptor = 1;
  bool interactive = false;  // somebody watches, and the cursor can be moved
  bool color = false;
  bool unicode = true;
};

// Looks at the descriptor and at TERM, LANG, LC_ALL and LC_CTYPE. A pipe gets no colour; it gets
// Unicode unless the locale says otherwise.
Terminal DescribeTerminal(int descriptor, bool no_color);

// What fits on the screen.
struct ScreenSize {
  int columns = 100;
  int rows = 24;
};

// The size now, at least 20 × 2; 100 × 24 when nobody watches or the terminal does not say.
ScreenSize SizeOf(const Terminal& terminal);

// Columns for a report: those that there are now, from 40 to 160; 100 when nobody watches.
int WidthOf(const Terminal& terminal);

// How a report is written for it.
TextOptions TextOptionsFor(const Terminal& terminal);

// Writes all of `text`. A reader that has gone away is no error.
void Write(const Terminal& terminal, std::string_view text);

// Writes `smokemesh: TEXT` to standard error, each line of it escaped.
void Complain(std::string_view text);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_TERMINAL_H_
