#ifndef SMOKEMESH_COORDINATOR_REPORT_REPORTER_H_
#define SMOKEMESH_COORDINATOR_REPORT_REPORTER_H_

#include <cstddef>
#include <string>

#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Reports only format: the verdict alone decides. Pure functions of a run.

struct TextOptions {
  bool color = false;
  bool unicode = true;
  int width = 100;  // columns
  // Every check, with its steps and what was seen, passed ones too.
  bool verbose = false;
};

// Summary for a terminal: suites, failures worst first with expected and seen, rules, verdict.
std::string TextReport(const v1::Run& run, const TextOptions& options);

// The run as JSON, indented, keys stable: docs/reports.md describes them.
std::string JsonReport(const v1::Run& run);

// JUnit XML that GitLab, Jenkins and GitHub's actions read alike: docs/reports.md.
std::string JunitReport(const v1::Run& run);

// One self-contained HTML page.
std::string HtmlReport(const v1::Run& run);

// TAP (testanything.org) that readers of version 13 and 14 take: one point for each check and
// agent, one for each rule, and one for the verdict, which is `ok` for PROMOTE alone.
std::string TapReport(const v1::Run& run);

// GitHub-flavoured Markdown, for merge requests and job summaries. At most `max_bytes`: the worst
// comes first, and what is left out is counted.
std::string MarkdownReport(const v1::Run& run, size_t max_bytes);

// What GitHub's runner reads from standard output (docs.github.com, "Workflow commands"): the text
// report between `::stop-commands::TOKEN` and `::TOKEN::`, so that nothing that a check saw can be
// a command, and then annotations: the verdict, rules and critical checks first, at most 10 errors
// and 10 warnings, the rest counted in a notice. `token` must be random.
std::string GithubReport(const v1::Run& run, const std::string& token);

// Lines to append to $GITHUB_OUTPUT: verdict, exit_code, run_id, summary, counts. `delimiter` must
// be random.
std::string GithubOutputs(const v1::Run& run, const std::string& delimiter);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_REPORTER_H_
