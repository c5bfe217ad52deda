#ifndef SMOKEMESH_COORDINATOR_CLI_GITHUB_STEP_H_
#define SMOKEMESH_COORDINATOR_CLI_GITHUB_STEP_H_

#include <string>

#include "absl/status/status.h"
#include "coordinator/cli/command_line.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// The step of GitHub Actions that this process is, as its runner describes it (docs.github.com,
// "Variables" and "Workflow commands for GitHub Actions").
struct GithubStep {
  bool runner = false;       // GITHUB_ACTIONS is `true`: a runner reads what is printed
  std::string summary_file;  // GITHUB_STEP_SUMMARY; empty: not set
  std::string output_file;   // GITHUB_OUTPUT; empty: not set
};
GithubStep ReadGithubStep(const Environment& environment);

// Most bytes of the summary of a step: the runner takes 1 MiB for all that a step writes.
inline constexpr size_t kMaxGithubSummary = 900 << 10;

// `::add-mask::` for what is secret of the variables that `plan` names, that are not in its
// `public_env` and that this process has: of a URL its credentials, else the whole value. Empty
// without a runner, which would be the only reader to whom this shows no secret. To be printed
// before anything else.
std::string GithubMasks(const v1::Plan& plan, const Environment& environment);

// Appends the Markdown report to the step's summary, cut so that the whole file has at most
// kMaxGithubSummary bytes. FAILED_PRECONDITION: it cannot be written, or has no room left.
absl::Status AppendGithubSummary(const v1::Run& run, const std::string& file);

// Appends the outputs of the step. FAILED_PRECONDITION: it cannot be written.
absl::Status AppendGithubOutputs(const v1::Run& run, const std::string& file);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_GITHUB_STEP_H_
