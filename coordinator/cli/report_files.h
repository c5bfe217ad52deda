#ifndef SMOKEMESH_COORDINATOR_CLI_REPORT_FILES_H_
#define SMOKEMESH_COORDINATOR_CLI_REPORT_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Makes the folder and proves that files can be written into it, so that a run does not end with
// nowhere to put its report.
absl::Status PrepareReportFolder(const std::string& folder);

// Writes report.html, junit.xml, report.json, report.txt, report.tap and report.md, each one whole
// or not at all. Tries all of them and returns the first error.
absl::Status WriteReports(const v1::Run& run, const std::string& folder);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_REPORT_FILES_H_
