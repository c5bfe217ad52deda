#ifndef SMOKEMESH_COORDINATOR_REPORT_REPORTER_H_
#define SMOKEMESH_COORDINATOR_REPORT_REPORTER_H_

#include <string>

#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Reports only format: the verdict alone decides. Pure functions of a run.

struct TextOptions {
  bool color = false;
  bool unicode = true;
  int width = 100;  // columns
};

// Summary for a terminal: suites, failures worst first with expected and seen, rules, verdict.
std::string TextReport(const v1::Run& run, const TextOptions& options);

// The run as JSON, indented, keys stable: docs/reports.md describes them.
std::string JsonReport(const v1::Run& run);

// JUnit XML that GitLab, Jenkins and GitHub's actions read alike: docs/reports.md.
std::string JunitReport(const v1::Run& run);

// One self-contained HTML page.
std::string HtmlReport(const v1::Run& run);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_REPORTER_H_
