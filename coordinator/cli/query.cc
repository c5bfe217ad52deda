#include "coordinator/cli/query.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/terminal.h"
#include "shared/credentials/client_security.h"

namespace smokemesh::coordinator {

int QueryFailed(const std::string& coordinator, const absl::Status& status) {
  const int code = ExitCodeForError(status);
  if (code == kExitUnreachable && !coordinator.empty()) {
    std::string hint = shared::SecurityHint(std::string(status.message()));
    if (hint.empty()) {
      hint = "; start one with `smokemesh serve`, or name another with --coordinator";
    }
    Complain(absl::StrCat("no coordinator answers at ", coordinator, ": ", status.message(), hint));
  } else {
    Complain(std::string(status.message()));
  }
  return code;
}

}  // namespace smokemesh::coordinator
