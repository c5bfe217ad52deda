#include "coordinator/cli/query.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/terminal.h"

namespace smokemesh::coordinator {

int QueryFailed(const std::string& coordinator, const absl::Status& status) {
  const int code = ExitCodeForError(status);
  if (code == kExitUnreachable && !coordinator.empty()) {
    Complain(absl::StrCat("no coordinator answers at ", coordinator, ": ", status.message(),
                          "; start one with `smokemesh serve`, or name another with "
                          "--coordinator"));
  } else {
    Complain(std::string(status.message()));
  }
  return code;
}

}  // namespace smokemesh::coordinator
