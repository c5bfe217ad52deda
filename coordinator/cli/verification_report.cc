#include "coordinator/cli/verification_report.h"

#include "absl/strings/str_cat.h"
#include "coordinator/report/json_parts.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

std::string DigestText(const std::string& digest) {
  return digest.empty() ? "no digest" : "sha256 " + SafeText(digest);
}

}  // namespace

std::string VerificationText(const v1::Run& run, const Verification& verification) {
  const int problems = static_cast<int>(verification.problems.size());
  std::string out = absl::StrCat(
      "Run ", SafeText(run.run_id()), " of ", SafeText(run.plan_name()), ", ",
      shared::FormatWallTime(shared::FromProto(run.create_time())), "\n", "looked at  ",
      Counted(verification.checks, "check"), ", ", Counted(verification.pairs, "pair"), ", ",
      Counted(verification.results, "stored result"), "\nplan       ",
      DigestText(run.plan_digest()), "\npolicy     ", DigestText(run.policy_digest()),
      "\nrecorded   ", VerdictLine(run.verdict()), "\n");
  if (problems == 0) {
    return out + "VERIFIED: the verdict follows from the stored evidence\n";
  }
  absl::StrAppend(&out, "made again ", VerdictLine(verification.verdict), "\n");
  for (const std::string& problem : verification.problems) {
    absl::StrAppend(&out, "problem    ", SafeText(problem), "\n");
  }
  return absl::StrCat(out, "NOT VERIFIED: ", Counted(problems, "problem"), "\n");
}

std::string VerificationJson(const v1::Run& run, const Verification& verification) {
  const Json document = {
      {"format", "smokemesh.verify.v1"},
      {"run_id", Text(run.run_id())},
      {"create_time", TimeOrNull(run.has_create_time(), run.create_time())},
      {"plan", {{"name", Text(run.plan_name())}, {"sha256", TextOrNull(run.plan_digest())}}},
      {"policy", {{"sha256", TextOrNull(run.policy_digest())}}},
      {"looked_at",
       {{"checks", verification.checks},
        {"pairs", verification.pairs},
        {"results", verification.results}}},
      {"recorded", VerdictJson(run.verdict())},
      {"made_again", VerdictJson(verification.verdict)},
      {"verified", verification.problems.empty()},
      {"problems", Texts(verification.problems)}};
  return document.dump(2) + "\n";
}

}  // namespace smokemesh::coordinator
