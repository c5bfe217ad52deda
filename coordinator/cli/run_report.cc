#include "coordinator/cli/run_report.h"

#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/github_step.h"
#include "coordinator/cli/report_files.h"
#include "coordinator/report/reporter.h"
#include "shared/uuid.h"

namespace smokemesh::coordinator {
namespace {

void ComplainUnless(const absl::Status& status, const char* option) {
  if (!status.ok()) Complain(absl::StrCat(option, ": ", status.message()));
}

std::string GithubReportOf(const v1::Run& run) { return GithubReport(run, shared::RandomUuid()); }

void WriteForGithub(const v1::Run& run, const Environment& environment) {
  const GithubStep step = ReadGithubStep(environment);
  if (step.summary_file.empty()) {
    Complain("--github: GITHUB_STEP_SUMMARY is not set: no step summary is written");
  } else {
    ComplainUnless(AppendGithubSummary(run, step.summary_file), "--github");
  }
  if (step.output_file.empty()) {
    Complain("--github: GITHUB_OUTPUT is not set: no outputs are written");
  } else {
    ComplainUnless(AppendGithubOutputs(run, step.output_file), "--github");
  }
}

std::string Printed(const v1::Run& run, const RunArguments& arguments, const Terminal& terminal) {
  switch (arguments.output) {
    case Output::kJson:
      return JsonReport(run);
    case Output::kTap:
      return TapReport(run);
    case Output::kGithub:
      return GithubReportOf(run);
    case Output::kText:
      break;
  }
  if (arguments.github) return GithubReportOf(run);  // the text report is in it
  TextOptions options = TextOptionsFor(terminal);
  options.verbose = arguments.verbose;
  return TextReport(run, options);
}

}  // namespace

Terminal ProgressTerminal(const RunArguments& arguments) {
  const int descriptor = arguments.output == Output::kText ? STDOUT_FILENO : STDERR_FILENO;
  return DescribeTerminal(descriptor, arguments.no_color);
}

Terminal GithubTerminal(const RunArguments& arguments) {
  const bool is_another = arguments.output == Output::kJson || arguments.output == Output::kTap;
  return DescribeTerminal(is_another ? STDERR_FILENO : STDOUT_FILENO, arguments.no_color);
}

void ReportRun(const v1::Run& run, const RunArguments& arguments, const Environment& environment) {
  if (!arguments.report.empty()) {
    ComplainUnless(WriteReports(run, arguments.report), "--report");
  }
  if (arguments.github) WriteForGithub(run, environment);
  const Terminal out = DescribeTerminal(STDOUT_FILENO, arguments.no_color);
  const Terminal github = GithubTerminal(arguments);
  if (arguments.github && github.descriptor != out.descriptor) Write(github, GithubReportOf(run));
  Write(out, Printed(run, arguments, out));
}

}  // namespace smokemesh::coordinator
