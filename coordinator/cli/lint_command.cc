#include "coordinator/cli/lint_command.h"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/plan_file.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/cli/text_file.h"
#include "coordinator/plan/plan_schema.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"

namespace smokemesh::coordinator {

int Lint(const LintArguments& arguments) {
  Terminal out;
  out.descriptor = STDOUT_FILENO;
  Terminal err;
  err.descriptor = STDERR_FILENO;
  if (arguments.schema) {
    Write(out, PlanSchema());
    return 0;
  }
  int code = 0;
  for (const std::string& path : arguments.plans) {
    const std::string name = SafeText(NameOfFile(path));
    const absl::StatusOr<v1::Plan> plan = ReadPlanFile(path);
    if (plan.ok()) {
      Write(out,
            absl::StrCat(name, ": ", Counted(plan->checks_size(), "check"), ", no problems\n"));
      continue;
    }
    code = kExitUsage;
    // As compilers write it, without a name before it: editors jump to such lines.
    std::string lines(plan.status().message());
    const auto count = std::count(lines.begin(), lines.end(), '\n') + 1;
    Write(err, absl::StrCat(SafeLines(lines), "\n", name, ": ",
                            Counted(static_cast<int>(count), "problem"), "\n"));
  }
  return code;
}

}  // namespace smokemesh::coordinator
