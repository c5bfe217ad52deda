#include "coordinator/cli/verify_command.h"

#include <unistd.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/query.h"
#include "coordinator/cli/records.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/cli/verification_report.h"
#include "coordinator/run/verification.h"
#include "coordinator/verdict/clean_up_verdict.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kExitNotVerified = 1;

}  // namespace

int VerifyRun(const VerifyArguments& arguments) {
  const std::string& coordinator = arguments.source.coordinator;
  const absl::StatusOr<std::unique_ptr<Records>> records = OpenRecords(arguments.source);
  if (!records.ok()) return QueryFailed(coordinator, records.status());
  const absl::StatusOr<v1::RunRecord> record = (*records)->GetRecord(arguments.run_id);
  if (!record.ok()) return QueryFailed(coordinator, record.status());
  const v1::Run& run = record->run();
  if (IsCleanUp(run)) {
    Complain(absl::StrCat("run ", run.run_id(),
                          " only cleans up after others: it has no verdict to verify"));
    return kExitUsage;
  }
  if (run.state() != v1::Run::STATE_FINISHED) {
    Complain(absl::StrCat("run ", run.run_id(),
                          " is still open: its record can be verified when it has ended"));
    return kExitNoVerdict;
  }
  const Verification verification = VerifyRecord(*record);
  Terminal out;
  out.descriptor = STDOUT_FILENO;
  Write(out, arguments.output == Output::kJson ? VerificationJson(run, verification)
                                               : VerificationText(run, verification));
  return verification.problems.empty() ? 0 : kExitNotVerified;
}

}  // namespace smokemesh::coordinator
